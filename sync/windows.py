"""Keeps count of the plaintext that stood in cells: noted when it was read, ended when the write over it is confirmed."""

from collections.abc import Iterator, Sequence

from validators.schema import TableKey
from vault.guesses import Cell
from vault.windows import Shown, Windows

from .connection import Outcome
from .engine import Engine, Replica
from .guesses import is_typed
from .plan import Plan
from .protect import whose
from .secrets import vault_field
from .stages import Checked, Protected


def note_plaintext(
    engine: Engine, replica: Replica, table: TableKey, checked: Sequence[Checked], sealed: Sequence[Protected]
) -> None:
    """Plaintext stands in cells of these rows until they are written. Durable."""
    found = [
        one for row, safe in zip(checked, sealed, strict=True) for one in _shown(engine, table, row, safe)
    ]
    Windows(engine.vault).note(replica.name, found, readers=replica.config.people)


def end_plaintext(engine: Engine, replica: Replica, table: TableKey, plan: Plan, outcome: Outcome) -> None:
    """What was written over is masked; removed rows show nothing any more."""
    cells: set[Cell] = {
        (one.uid, vault_field(table, key)) for one in outcome.written for key in plan.written.get(one.uid, ())
    }
    removed = set(outcome.removed)
    cells |= {(uid, vault_field(table, key)) for uid in removed for key in engine.schema.tables[table].fields}
    if cells:
        Windows(engine.vault).end(replica.name, cells)


def _shown(engine: Engine, table: TableKey, row: Checked, safe: Protected) -> Iterator[Shown]:
    decoded, config = row.decoded, engine.schema.tables[table]
    uid, subject = decoded.known.uid, whose(row, table, engine.schema)
    row_shown = decoded.known.row
    for key in config.sensitive:
        plain = decoded.typed.get(key) is not None or key in decoded.bad_text
        if plain and is_typed(decoded, key):
            held = safe.held.get(key)
            token = held.token if held else safe.shown.get(key)
            typed_by = row_shown.author(key) or ""
            yield Shown(uid, vault_field(table, key), subject, str(token or ""), typed_by)
    for key in safe.rewrite - config.sensitive.keys() - safe.mended.keys():
        if config.fields[key].free_text:
            # Numbers in prose belong to third parties: they are sealed under the row itself.
            yield Shown(uid, vault_field(table, key), uid, "", row_shown.author(key) or "")
