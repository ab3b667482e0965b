"""What a person types, in the form that the vault keeps; what the vault keeps, as people read it; and the records that show it."""

from sync.connection import Uid
from sync.engine import Engine
from sync.secrets import LIST_SEPARATOR, from_text, readable, sealable
from sync.store.hub import Unit
from sync.store.records import Record
from validators.issues import Rejection
from validators.schema import FieldConfig, FieldKey, TableKey
from validators.text import normalise_identifier
from validators.values import Value, dump_value
from vault.plaintext import Plaintext
from vault.vault import Sealed


def canonical(engine: Engine, table: TableKey, key: FieldKey, text: str) -> Plaintext[str]:
    """The text as it would be sealed; what is no valid value, such as the last four digits, only without its blanks."""
    parsed = engine.parser.parse(table, {key: text}, today=engine.today())[key]
    if parsed is None or isinstance(parsed, Rejection):
        return Plaintext(normalise_identifier(text))
    return sealable(parsed)


def readable_text(field: FieldConfig, sealed: Plaintext[str]) -> str:
    """A sealed value as people read it: a list of options is kept as JSON. A held value is whatever was typed."""
    try:
        return readable(from_text(field, sealed))
    except (ValueError, ArithmeticError):
        return sealed.expose()


def words(value: Value) -> str:
    """A plain value as people read it."""
    if isinstance(value, frozenset):
        return LIST_SEPARATOR.join(sorted(value))
    return "是" if value is True else str(dump_value(value))


def holders(unit: Unit, table: TableKey, key: FieldKey, sealed: Sealed) -> dict[Uid, Record]:
    """The records that show this token: that of the person itself, or those that refer to it; by uid, in its order."""
    subject = sealed.subject
    uids = {subject} | {uid for other, uid, _ in unit.records.referrers([subject]) if other == table}
    found = unit.records.get_many(table, uids)
    return {uid: record for uid, record in sorted(found.items()) if record.values.get(key) == sealed.token}
