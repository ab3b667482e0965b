"""Once a day the values that were cleared long ago are destroyed; not what the hub still names, nor what a legal hold keeps."""

from collections.abc import Sequence

from jobs.archive_register import Register
from sync.named_tokens import named_tokens
from tablekeeper.archive import Archive
from tablekeeper.keeping import shelf_of
from vault.purging import Expired, expired


def purge_cleared(archive: Archive) -> int:
    """Destroy what is expired and free; how many values."""
    found = expired(archive.vault)
    return archive.vault.purge(spare=_kept(archive, found)) if found else 0


def _kept(archive: Archive, found: Sequence[Expired]) -> set[str]:
    held = _held(archive, {one.subject for one in found})
    replicas = [replica.name for replica in archive.engine.replicas]
    with archive.hub.reading() as unit:
        named = {one.token for one in named_tokens(unit, archive.config, replicas)}
    return named | {one.token for one in found if one.subject in held}


def _held(archive: Archive, subjects: set[str]) -> set[str]:
    """The persons whose file is held for the law, in the tables or in the archive."""
    table, judge = archive.config.archiving.table, shelf_of(archive).judge
    shelved = {uid for entry in Register(archive.hub).all() if entry.held for _, uid in entry.members}
    if table is None:
        return shelved
    with archive.hub.reading() as unit:
        people = unit.records.get_many(table, sorted(subjects)).values()
        return shelved | {one.uid for one in people if judge.is_held(one)}
