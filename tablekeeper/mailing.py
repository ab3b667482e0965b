"""What the mails need of the application: links to rows on each side, and how the archive runs."""

from collections.abc import Iterable, Mapping

from jobs.digest import Place
from jobs.digest_page import Anchor, Facts
from jobs.fact_words import FactWords, fact_words
from jobs.figures import figures
from jobs.key_figures import key_figures
from jobs.outbox import Outbox
from jobs.preview import Archive as DigestArchive
from jobs.words import english_terms, words_of
from tablekeeper.archive import Archive
from tablekeeper.case_ends import erasable
from tablekeeper.keeping_notes import BACKUP, CHECKS, LEAK_SCAN, LEAKS_FOUND
from tablekeeper.status import MAILS_SINCE, standing
from vault.masks import mask
from vault.report import RESTORE_DRILL


def digest_archive(archive: Archive) -> DigestArchive:
    """The archive as the digest jobs see it."""
    config = archive.config
    return DigestArchive(
        name=config.archive.name,
        hub=archive.hub,
        schema=config,
        config=config,
        masks=config.masks,
        links=lambda places: links(archive, places),
        open=archive.vault.open_for_check,
        desk_url=config.archive.desk_url,
        locale=config.archive.locale,
        facts=lambda: facts(archive),
        figures=lambda: leaders_figures(archive),
        todo=lambda: todo_link(archive),
    )


def links(archive: Archive, places: Iterable[Place]) -> Mapping[Place, tuple[Anchor, ...]]:
    """Where a person sees these records: the row in the first replica of each service that has it.

    Reads beside a unit that may be open already, so it must not wait for one.
    """
    by_table: dict[str, list[str]] = {}
    for table, uid in places:
        by_table.setdefault(table, []).append(uid)
    found: dict[Place, dict[str, Anchor]] = {}
    sides = words_of(archive.config.archive.locale, {}).sides
    with archive.hub.reading() as unit:
        for replica in archive.engine.replicas:
            label = sides.get(replica.config.service, replica.name)
            for table, uids in by_table.items():
                for uid, state in unit.seen.get_many(replica.name, table, uids).items():
                    url = replica.connection.url(table, state.row_id, state.position)
                    if url:
                        found.setdefault((table, uid), {}).setdefault(label, Anchor(label, url))
    return {place: tuple(anchors.values()) for place, anchors in found.items()}


def todo_link(archive: Archive) -> str:
    """Where the to-do table begins, on the first side that has it."""
    table = archive.config.todo.table
    if table is None:
        return ""
    with archive.hub.reading() as unit:
        first = next((each.uid for each in unit.records.of_table(table)), None)
    anchors = links(archive, [(table, first)]).get((table, first), ()) if first else ()
    return anchors[0].url if anchors else ""


def facts(archive: Archive) -> Facts:
    """How the archive runs: for operations in full, below every mail in two lines; nothing personal."""
    now, clock = standing(archive), archive.engine.clock()
    words = _fact_words(archive)
    lag = {
        words.said(name): _ago((clock - last).total_seconds(), words) if last else words.unknown
        for name, last in now.last_cycle.items()
    }
    checks = archive.hub.bindings(CHECKS)
    called = {LEAK_SCAN: words.leak_scan, RESTORE_DRILL: words.restore_drill, BACKUP: words.backup}
    noted = {name: words.check(checks.get(key)) for key, name in called.items()}
    counted = {
        words.held: sum(now.held.values()),
        words.conflicts: now.conflicts,
        words.deletions: now.deletions,
        words.alarms: now.alarms,
        words.erasable: len(erasable(archive)),
        words.mails: sum(now.mails.values()),
        words.config_refused: int(now.config_refused is not None),
        words.frozen: sum(map(len, now.frozen.values())),
        words.left: sum(map(len, now.left.values())),
    }
    lines = [(words.total, str(sum(now.records.values()))), (words.waiting, str(sum(now.waiting.values())))]
    lines += [(name, str(count)) for name, count in counted.items()]
    lines += [(words.last_sync.format(name=name), ago) for name, ago in lag.items()] + list(noted.items())
    lines += [
        (words.unwritten.format(name=words.said(name)), str(count)) for name, count in now.unwritten.items()
    ]
    lines += _refused(archive, words)
    synced = words.between.join(f"{name} {ago}" for name, ago in lag.items())
    return Facts(
        operations=tuple(lines),
        footer=(
            words.last_sync.format(name=synced),
            " · ".join(
                f"{called[key]}{words.colon}{noted[called[key]]}" for key in (LEAK_SCAN, RESTORE_DRILL)
            ),
        ),
        troubles=sum(bool(count) for count in counted.values()) + (int(checks.get(LEAKS_FOUND) or 0) > 0),
    )


def _fact_words(archive: Archive) -> FactWords:
    config = archive.config
    return fact_words(config.archive.locale, english_terms(config, config.mail.english))


def _refused(archive: Archive, words: FactWords) -> list[tuple[str, str]]:
    """Addresses that a mail server refuses; others got theirs."""
    outbox = Outbox(archive.hub, archive.engine.clock)
    found = outbox.refused(archive.engine.clock() - MAILS_SINCE)
    return [
        (words.refused_mails.format(address=mask("email", address, masks=archive.config.masks)), str(count))
        for address, count in found.items()
    ]


def leaders_figures(archive: Archive) -> tuple[tuple[str, str], ...]:
    """The figures of the config, and how many records and open items there are; reads every record."""
    config, today = archive.config, archive.engine.today()
    words = _fact_words(archive)
    kinds = {each.id: each.kind for each in config.reminders}
    with archive.hub.reading() as unit:
        return (
            *key_figures(unit, config, config.figures, today, words),
            *figures(unit, config, kinds, today, words),
        )


def _ago(seconds: float, words: FactWords) -> str:
    if seconds < 120:
        return words.seconds.format(count=seconds)
    return (
        words.minutes.format(count=seconds / 60)
        if seconds < 7200
        else words.hours.format(count=seconds / 3600)
    )
