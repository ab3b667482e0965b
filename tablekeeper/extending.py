"""After a changed config the daemon makes the columns and tables that it asks for, as `setup` would; nobody has to be there."""

import structlog

from sync.engine import Replica
from sync.errors import ServiceError
from sync.setting_up import remember_left, set_up
from tablekeeper.archive import Archive

log = structlog.get_logger("daemon")


def extend(archive: Archive) -> None:
    """Set up every replica; one that fails does not stop the others, and is left for `tablekeeper setup`."""
    for replica in archive.engine.replicas:
        try:
            _extend(archive, replica)
        except ServiceError as error:
            log.warning(
                "tables_not_extended", replica=replica.name, message=error.message, advice=error.advice
            )


def _extend(archive: Archive, replica: Replica) -> None:
    wanted = replica.connection.setup(dry_run=True)
    adopted = [change.table for change in wanted if change.adopted]
    if adopted:
        # Rows that nobody has looked at must not be worked with unseen.
        message = f"{', '.join(adopted)}: what stands there already has to be looked at first"
        advice = "tablekeeper setup, then tablekeeper sync --dry-run"
        log.warning("tables_not_extended", replica=replica.name, message=message, advice=advice)
    elif any(not change.why for change in wanted):
        changes = set_up(replica.connection, archive.hub)
        log.info(
            "tables_extended",
            replica=replica.name,
            changes=[f"{one.table}: {one.what}" for one in changes if not one.why],
            left=[f"{one.table}: {one.what}" for one in changes if one.why],
        )
    else:
        remember_left(archive.hub, replica.name, wanted)
