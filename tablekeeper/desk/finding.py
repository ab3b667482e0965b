"""Finds records by what a customer says: identity number, phone, account, policy number, name. Shows masks, opens nothing.

Sensitive fields are looked up in the vault's keyed index, budgeted and audited there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.connection import Uid
from sync.secrets import sealable, vault_field
from sync.store.records import Record
from tablekeeper.archive import Archive
from tablekeeper.desk.sheet import STATES, label_of
from tablekeeper.desk.telling import Mistaken
from tablekeeper.typed import holders
from validators.issues import Rejection
from validators.schema import FieldKey, FieldType, TableKey
from validators.text import normalise_identifier, normalise_text
from vault.access import Access
from vault.audit import Act
from vault.config import PLAIN
from vault.errors import BudgetReached, PurposeUnknown, Refused
from vault.plaintext import Plaintext
from vault.usage import use, used
from vault.users import Users

FOUND_MAX = 20
SEARCHES_MAX = 200
"""By one person on one day, whatever they search by."""
SHORTEST_NAME = 2
NUMBERED = (FieldType.IDNO, FieldType.PHONE, FieldType.ACCOUNT, FieldType.EMAIL)
"""What a text can be told to be by its form, so that one search looks in few fields."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found, and by which field."""

    uid: Uid
    table: str
    number: str
    label: str
    field: str
    mask: str
    state: str
    url: str | None


def find_records(archive: Archive, access: Access, text: str, purpose: str) -> Sequence[Hit]:
    """The records that this text leads to. Raises Mistaken, and what the vault refuses."""
    wanted = normalise_text(text)
    if len(wanted) < SHORTEST_NAME:
        raise Mistaken("请至少输入两个字")
    _count(archive, access, purpose)
    hits: dict[Uid, Hit] = {}
    for hit in (*_by_secret(archive, access, wanted, purpose), *_by_name_or_number(archive, wanted)):
        hits.setdefault(hit.uid, hit)
    return list(hits.values())[:FOUND_MAX]


def _count(archive: Archive, access: Access, purpose: str) -> None:
    """Searching names and numbers opens nothing; it is on record and has a limit all the same. Raises kinds of Refused."""
    vault, user = archive.vault, access.user
    with vault.store.writing() as connection:
        refusal: Refused | None = Users(vault).standing(connection, user.name)
        if purpose not in archive.config.vault.purposes:
            refusal = refusal or PurposeUnknown("the purpose must be one of the config's")
        if used(vault, connection, actor=user.name, what=PLAIN) >= SEARCHES_MAX:
            refusal = refusal or BudgetReached(f"{user.name} has searched {SEARCHES_MAX} times today")
        if refusal is None:
            use(vault, connection, actor=user.name, what=PLAIN)
        listed = "" if isinstance(refusal, PurposeUnknown) else purpose
        action = "find_refused" if refusal else "find"
        act = Act(user.name, action, field=PLAIN, purpose=listed, reason=refusal.reason if refusal else "")
        vault.chain.append(connection, [act])
    if refusal:
        raise refusal


def _by_secret(archive: Archive, access: Access, text: str, purpose: str) -> Iterator[Hit]:
    for table, key, value in _meant(archive, text):
        name = vault_field(table, key)
        if not access.may("find", name):
            continue
        for sealed in access.find(name, value, purpose):
            with archive.hub.reading() as unit:
                for record in holders(unit, table, key, sealed).values():
                    yield _hit(archive, record, archive.config.tables[table].fields[key].name, sealed.mask)


def _meant(archive: Archive, text: str) -> Iterator[tuple[TableKey, FieldKey, Plaintext[str]]]:
    """The searchable fields whose value this text can be, with its canonical form."""
    engine = archive.engine
    for table, config in archive.config.tables.items():
        for key, field in config.sensitive.items():
            told_by_form = field.type in NUMBERED or key == config.label
            if field.sensitive and field.sensitive.search and told_by_form:
                parsed = engine.parser.parse(table, {key: text}, today=engine.today())[key]
                if parsed is not None and not isinstance(parsed, Rejection):
                    yield table, key, sealable(parsed)


def _by_name_or_number(archive: Archive, text: str) -> Iterator[Hit]:
    number = normalise_identifier(text)
    with archive.hub.reading() as unit:
        for table, config in archive.config.tables.items():
            uids = [*unit.records.by_key(table, {number, text}).values()]
            named = unit.records.named(table, text, most=FOUND_MAX) if config.label else []
            records = unit.records.get_many(table, [*uids, *named])
            for uid in dict.fromkeys([*uids, *named]):
                by = config.fields[config.key if uid in uids else config.label or config.key]
                yield _hit(archive, records[uid], by.name, "")


def _hit(archive: Archive, record: Record, field: str, mask: str) -> Hit:
    config = archive.config.tables[record.table]
    return Hit(
        uid=record.uid,
        table=config.name,
        number=record.key or record.uid,
        label=label_of(config, record),
        field=field,
        mask=mask,
        state=STATES[record.state],
        url=archive.link(record.table, record.uid),
    )
