"""What the mails need of the application: links to rows on each side, and how the archive runs."""

from collections.abc import Iterable, Mapping

from jobs.digest import Anchor, Facts, Place
from jobs.figures import figures
from jobs.preview import Archive as DigestArchive
from tablekeeper.archive import Archive
from tablekeeper.status import CycleNotes, standing

SIDES = {"airtable": "Airtable", "sheets": "表格"}
CHECKS = {"leak_scan": "最近明文检查", "restore_drill": "最近恢复演练"}
"""Checks that other jobs note under `checks` in the hub, and what mails call them."""
NOTHING_KNOWN = "无记录"


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
    with archive.hub.reading() as unit:
        for replica in archive.engine.replicas:
            label = SIDES.get(replica.config.service, replica.name)
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
    notes = CycleNotes(archive.hub)
    lag = {
        name: _ago((clock - last).total_seconds()) if (last := notes.last(name)) else NOTHING_KNOWN
        for name in now.last_cycle
    }
    checks = archive.hub.bindings("checks")
    noted = {name: checks.get(key) or NOTHING_KNOWN for key, name in CHECKS.items()}
    held, waiting = sum(now.held.values()), sum(now.waiting.values())
    counted = {
        "未生效的行": held,
        "未解决的冲突": now.conflicts,
        "待确认的删除": now.deletions,
        "未送达的邮件": sum(now.mails.values()),
    }
    lines = [("记录总数", str(sum(now.records.values()))), ("等待中的行", str(waiting))]
    lines += [(name, str(count)) for name, count in counted.items()]
    lines += [(f"上次同步 {name}", ago) for name, ago in lag.items()] + list(noted.items())
    lines += [(f"{name} 待写入的行", str(count)) for name, count in now.unwritten.items()]
    with archive.hub.reading() as unit:
        kinds = {each.id: each.kind for each in archive.config.reminders}
        numbers = figures(unit, archive.config, kinds, archive.engine.today())
    return Facts(
        operations=tuple(lines),
        figures=numbers,
        footer=(
            "上次同步:" + "、".join(f"{name} {ago}" for name, ago in lag.items()),
            " · ".join(f"{name}:{what}" for name, what in noted.items()),
        ),
        troubles=sum(bool(count) for count in counted.values()),
    )


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} 秒前"
    return f"{seconds / 60:.0f} 分钟前" if seconds < 7200 else f"{seconds / 3600:.0f} 小时前"
