"""Masking goes on while a table is frozen: plaintext is taken out of torn rows though nobody may say whose it is.

Nothing is merged. The value waits in the vault under a subject of its own, and is judged when the row is whole again.
"""

from collections.abc import Mapping, Sequence

import structlog

from validators.schema import FieldKey, TableConfig, TableKey
from vault.masks import cell_text, split_cell
from vault.plaintext import Plaintext
from vault.vault import Sealed, Secret
from vault.windows import Shown, Windows

from .connection import SeenRow, Uid, Update
from .engine import Engine, Replica
from .secrets import tokens_in, vault_field
from .stages import Known
from .uid import new_uid

log = structlog.get_logger("sync")

FROZEN_MASK = "暂存"
"""Shown instead of a mask: even the readable part might be of somebody else."""


def was_taken_out(sealed: Sealed) -> bool:
    """Whether a token stands for a value that was taken out of a torn row; it is live until the value was judged."""
    return not sealed.valid and sealed.mask == FROZEN_MASK


def taken_out(config: TableConfig, known: Sequence[Known], sealed: Mapping[str, Sealed]) -> dict[str, Uid]:
    """Which row each value that waits was taken out of: of several that show it the one that bears its uid, for a copy is a
    new row, else the uppermost."""
    found: dict[str, Uid] = {}
    for row in sorted(known, key=lambda one: (one.fresh, one.row.position)):
        for token in tokens_in(row.row.cells.get(key) for key in config.sensitive):
            if token in sealed and was_taken_out(sealed[token]) and sealed[token].waits:
                found.setdefault(token, row.uid)
    return found


def mask_torn(engine: Engine, replica: Replica, table: TableKey, rows: Sequence[SeenRow]) -> None:
    """Seal and overwrite the plaintext in rows of a torn table, new ones and copies among them. Raises ServiceError."""
    named = [(row.uid or new_uid(engine.clock(), engine.random_bits), row) for row in rows]
    found = [(name, row, key) for name, row in named for key in _plaintext(engine, table, row)]
    if not found:
        return
    sealed = engine.vault.seal([_secret(engine, table, row, key) for _, row, key in found])
    cells: dict[int, dict[FieldKey, str]] = {}
    for (_, row, key), one in zip(found, sealed, strict=True):
        cells.setdefault(id(row), {})[key] = cell_text(FROZEN_MASK, one.token)
    operations = [_masking(name, row, cells[id(row)]) for name, row in named if id(row) in cells]
    windows = Windows(engine.vault)
    windows.note(replica.name, _shown(found, sealed), readers=replica.config.people)
    outcome = replica.connection.apply(table, operations)
    masked = {one.uid for one in outcome.written}
    windows.end(replica.name, [(name, vault_field(table, key)) for name, _, key in found if name in masked])
    log.info("torn_rows_masked", replica=replica.name, table=table, rows=len(outcome.written))


def _masking(name: Uid, row: SeenRow, cells: Mapping[FieldKey, str]) -> Update:
    """The write that takes plaintext out of one row. One that bears no uid is known by all that it shows."""
    before = {key: row.cells[key] for key in cells} if row.uid else dict(row.cells)
    return Update(name, row.row_id, row.position, bool(row.uid), before, cells)


def _shown(found: Sequence[tuple[Uid, SeenRow, FieldKey]], sealed: Sequence[Sealed]) -> list[Shown]:
    return [
        Shown(name, one.field, one.subject, one.token, row.author(key) or "")
        for (name, row, key), one in zip(found, sealed, strict=True)
    ]


def _plaintext(engine: Engine, table: TableKey, row: SeenRow) -> list[FieldKey]:
    return [
        key
        for key in engine.schema.tables[table].sensitive
        if row.cells.get(key) is not None and split_cell(str(row.cells[key])) is None
    ]


def _secret(engine: Engine, table: TableKey, row: SeenRow, key: FieldKey) -> Secret:
    # A new subject for each value: the uid that the row shows may be another person's.
    nobody = new_uid(engine.clock(), engine.random_bits)
    return Secret(vault_field(table, key), nobody, Plaintext(str(row.cells[key])), FROZEN_MASK, valid=False)
