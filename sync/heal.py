"""Rows whose uid cell somebody emptied, wrote over or left behind: recognised by what they show, they get their own uid back."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from validators.issues import Rejection
from validators.raw import Raw
from validators.rows import Parsed
from validators.schema import SELECTS, FieldKey, FieldType, TableConfig, TableKey
from vault.masks import tokens_within
from vault.plaintext import Plaintext

from .connection import SeenRow, Uid
from .engine import Engine, Replica
from .identify import Identified
from .secrets import sealable, tokens_in
from .store.hub import Unit
from .store.records import UNBORN
from .store.seen import Mark, SeenState
from .torn import shows_nobody

TELLING_MIN = 2
"""Values by which a row is recognised that stands elsewhere: one alone may be anybody's."""
CHOSEN = SELECTS | {FieldType.BOOL}
"""What many rows share."""

Shown = Parsed | Plaintext[str]
"""What a cell shows, as it is compared."""


def leave_numbers_behind(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
) -> Identified:
    """Where somebody cut out rows without their hidden column and pasted them elsewhere, what is left are no rows any more.

    Their uids count as vanished then, and are to be blanked there, so that `heal_numbers` knows the rows by what they show.
    That all of them stand elsewhere is the proof: where one does not, the tab may be torn.
    """
    config = engine.schema.tables[table]
    left = {
        uid: row
        for uid, row in found.changed
        if uid in known and not (row.row_id or row.partial) and shows_nobody(config, row)
    }
    if not left:
        return found
    rows = by_business_key(engine, table, (row for row in found.unnumbered if not row.row_id))
    owners = {uid: key for key, uid in unit.records.by_key(table, rows).items() if uid in left}
    states = unit.seen.get_many(replica.name, table, owners)
    for uid in left:
        pasted = rows.get(owners.get(uid, ""), ())
        if not any(_is_same(engine, table, row, known[uid], states[uid]) for row in pasted):
            return found
    return replace(
        found,
        changed=tuple((uid, row) for uid, row in found.changed if uid not in left),
        stray=(*found.stray, *left.values()),
        present=found.present - left.keys(),
        moved={uid: position for uid, position in found.moved.items() if uid not in left},
        gone=found.gone | left.keys(),
    )


def keep_settling_numbers(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, found: Identified
) -> None:
    """Journal the uids of rows that showed them while they settled, and stand without as they did then: of what was typed
    into such a row nothing was taken in yet, so that neither its business key nor what is known of it need be the same."""
    lost = {
        row.uid: engine.fingerprint(replace(row, uid=""))
        for row in engine.settling.numbered(replica.name, table)
        if row.uid in found.gone
    }
    if not lost:
        return
    bare = (row for row in (*found.unnumbered, *found.stray) if not (row.row_id or row.partial))
    standing = {engine.fingerprint(replace(row, uid="")) for row in bare}
    kept = {uid: print_ for uid, print_ in lost.items() if print_ in standing}
    unit.numbering.begin(replica.name, table, kept, engine.clock())


def heal_numbers(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
) -> None:
    """Journal the uids of rows that stand without, so that they are given those and no others.

    A row is the one that vanished if it bears its business key, and shows either all that it showed or one of its
    stand-ins, which nobody can make up. Of a record that never went live the key is enough: it stands nowhere else, so
    that all there is of it stands in that row; or, where the write that was to number it failed, most of what it showed,
    at its place or with proof. A copy is not meant: beside it the original still stands, or did when its uid was blanked.
    """
    if not found.gone:
        return
    nameless = _unclaimed(engine, unit, replica, table, [row for row in found.unnumbered if not row.row_id])
    if not nameless:
        return
    rows = by_business_key(engine, table, nameless)
    claimed = _claimed(engine, unit, replica, table, found)
    vanished = found.gone - claimed
    unread = unit.numbering.unread(replica.name, table, found.gone)
    states = unit.seen.get_many(replica.name, table, vanished | unread)
    # By the key that it shows now, or by the one that it was last known to show: another replica may have changed it since.
    owners = {key: uid for key, uid in unit.records.by_key(table, rows).items() if uid in vanished}
    former = {str(states[uid].base.get(engine.schema.tables[table].key)): uid for uid in vanished}
    owners |= {key: uid for key, uid in former.items() if key in rows}
    records = unit.records.get_many(table, {*owners.values(), *unread})
    unborn = {uid for uid, record in records.items() if record.state in UNBORN}
    waiting = [states[uid] for uid in sorted((unread & unborn) - claimed)]
    healed = _typed_on(engine, table, nameless, waiting)
    taken = {*healed.values()}
    healed |= {
        uid: print_
        for key, uid in owners.items()
        for row in rows[key]
        if uid not in healed
        and (print_ := engine.fingerprint(row)) not in taken
        and (uid in unborn or _is_same(engine, table, row, known[uid], states[uid]))
    }
    unit.numbering.begin(replica.name, table, healed, engine.clock())


def _unclaimed(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[SeenRow]
) -> list[SeenRow]:
    """The rows that are not about to get a uid already. Of rows that are alike, those beyond the uids that wait for them."""
    prints = [engine.fingerprint(row) for row in rows]
    waiting = {one: len(uids) for one, uids in unit.numbering.waiting(replica.name, table, prints).items()}
    unclaimed = []
    for row, one in zip(rows, prints, strict=True):
        waiting[one] = waiting.get(one, 0) - 1
        if waiting[one] < 0:
            unclaimed.append(row)
    return unclaimed


def _claimed(engine: Engine, unit: Unit, replica: Replica, table: TableKey, found: Identified) -> set[Uid]:
    """The uids that wait for rows which stand there as they were."""
    prints = [engine.fingerprint(row) for row in found.unnumbered if not row.row_id]
    return {uid for uids in unit.numbering.waiting(replica.name, table, prints).values() for uid in uids}


def _typed_on(
    engine: Engine, table: TableKey, rows: Sequence[SeenRow], states: Sequence[SeenState]
) -> dict[Uid, bytes]:
    """The rows in which somebody typed after the write that was to number them failed, by the uid that each was to get.

    Of several that may be it, it is the one with the same name, then the one that shows most, then the one at its place: a
    copy was given something else.
    """
    config = engine.schema.tables[table]
    if not states:
        return {}
    shown = [(row, _comparable(engine, table, row)) for row in rows]
    secrets = _opened(engine, table, states)
    likely = [
        (likeness, row, state)
        for row, values in shown
        for state in states
        if (likeness := _likeness(config, row.position, values, state, secrets[state.uid]))
    ]
    found: dict[Uid, bytes] = {}
    taken: set[int] = set()
    for _, row, state in sorted(likely, key=lambda one: one[0], reverse=True):
        if state.uid not in found and row.position not in taken:
            found[state.uid] = engine.fingerprint(row)
            taken.add(row.position)
    return found


def _comparable(engine: Engine, table: TableKey, row: SeenRow) -> Mapping[FieldKey, Shown]:
    """What a row shows, but for links, which show what their records are called now. Secrets as they would be sealed, valid
    or not: where no write reached the row, they stand there as they were typed."""
    config = engine.schema.tables[table]
    cells = {key: row.cells.get(key) for key in config.fields.keys() - config.links.keys()}
    parsed: Mapping[FieldKey, Shown] = engine.parser.parse(table, cells, today=engine.today())
    secrets = {key: _sealable(parsed[key], cells[key]) for key in config.sensitive.keys() & cells.keys()}
    return {**parsed, **secrets}


def _sealable(value: Shown, raw: Raw) -> Shown:
    if raw is None or value is None:
        return None
    return Plaintext(str(raw)) if isinstance(value, Rejection) else sealable(value)


def _opened(
    engine: Engine, table: TableKey, states: Sequence[SeenState]
) -> dict[Uid, Mapping[FieldKey, Plaintext[str]]]:
    """The secrets that rows showed."""
    sensitive = engine.schema.tables[table].sensitive.keys()
    tokens = {state.uid: _tokens(state, sensitive) for state in states}
    opened = engine.vault.open_for_check({token for held in tokens.values() for token in held.values()})
    return {
        uid: {key: opened[token] for key, token in held.items() if token in opened}
        for uid, held in tokens.items()
    }


def _tokens(state: SeenState, sensitive: Set[FieldKey]) -> dict[FieldKey, str]:
    shown = {**state.base, **{key: held.token for key, held in state.held.items() if not held.mended}}
    return {key: str(shown[key]) for key in sensitive if shown.get(key) is not None}


def _likeness(
    config: TableConfig,
    position: int,
    shown: Mapping[FieldKey, Shown],
    state: SeenState,
    secrets: Mapping[FieldKey, Plaintext[str]],
) -> tuple[bool, int, bool] | None:
    """Whether a row is named as another was, how much it shows of that, and whether it stands there; None: it is not the same.

    It is if it shows more than half. Elsewhere somebody may have typed much the same for another person: there its name and
    number must stand as they did, or what nobody else may have, and options are no proof. At its place less than half will
    do, where that is proof and nothing that nobody else may have became another.
    """
    # A number in prose was sealed, and may stand there still.
    plain = {
        key: value
        for key, value in state.base.items()
        if key not in config.sensitive and not tokens_within(str(value))
    }
    stood: Mapping[FieldKey, Shown] = {**plain, **secrets}
    told = stood.keys() & shown.keys()
    same = {key for key in told if shown[key] == stood[key]}
    stays = position == state.position
    named = {config.key, config.label} & told <= same
    proven = len([key for key in same if config.fields[key].type not in CHOSEN]) >= TELLING_MIN
    own = {key for key in told if config.fields[key].unique}
    mostly = len(same) * 2 > len(told)
    here = stays and (mostly or (proven and own <= same))
    elsewhere = mostly and proven and (named or bool(own & same))
    return (named, len(same), stays) if here or elsewhere else None


def _is_same(engine: Engine, table: TableKey, row: SeenRow, mark: Mark, state: SeenState) -> bool:
    if mark.fingerprint == engine.fingerprint(replace(row, uid=mark.uid)) or _shows_all(
        engine, table, row, state
    ):
        return True
    sensitive = engine.schema.tables[table].sensitive
    stand_ins = tokens_in(row.cells.get(key) for key in sensitive)
    return bool(stand_ins & {str(state.base[key]) for key in sensitive if key in state.base})


def _shows_all(engine: Engine, table: TableKey, row: SeenRow, state: SeenState) -> bool:
    """Whether a row shows all that was agreed on, links apart. A row has no fingerprint until it was written."""
    sensitive, shown = engine.schema.tables[table].sensitive.keys(), _comparable(engine, table, row)
    secrets = _tokens(state, sensitive)
    sealed = {key for key, value in state.base.items() if tokens_within(str(value))}
    plain = shown.keys() - sensitive - sealed - state.held.keys()
    waits = {key: one.text for key, one in state.held.items() if not one.token}
    return (
        all(shown[key] == state.base.get(key) for key in plain)
        and all(row.cells.get(key) == text for key, text in waits.items())
        and all(_is_agreed(row.cells.get(key), secrets.get(key)) for key in sensitive)
    )


def _is_agreed(cell: Raw, token: str | None) -> bool:
    """Whether a sensitive cell shows this stand-in, or nothing where there is none."""
    return tokens_in([cell]) == {token} if token else cell in (None, "")


def is_named(engine: Engine, unit: Unit, table: TableKey, row: SeenRow, uid: Uid) -> bool:
    """Whether a row shows the business key of this record."""
    record = unit.records.get(table, uid)
    return record is not None and record.key in by_business_key(engine, table, [row])


def by_business_key(engine: Engine, table: TableKey, rows: Iterable[SeenRow]) -> dict[str, list[SeenRow]]:
    """Rows by the business key that they show; those without a right one are left out."""
    key = engine.schema.tables[table].key
    found: dict[str, list[SeenRow]] = {}
    for row in rows:
        value = engine.parser.parse(table, {key: row.cells.get(key)}, today=engine.today())[key]
        if isinstance(value, str):
            found.setdefault(value, []).append(row)
    return found
