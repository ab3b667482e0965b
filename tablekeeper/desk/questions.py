"""What a person asks by giving numbers: whether somebody in the archive has them. Each is counted before anything is answered."""

from sync.connection import Uid
from sync.engine import Engine
from sync.secrets import vault_field
from sync.store.records import Records
from tablekeeper.desk.telling import Mistaken
from tablekeeper.importing.existing import Archive as InArchive
from validators.schema import FieldKey, FieldType, TableKey
from vault.asked import Asked, Question
from vault.masks import mask
from vault.plaintext import Plaintext

TOO_MANY = "今天试过的号码太多,明天恢复;急用请联系主管"
NUMBER_LENGTH, BIRTH = 18, slice(6, 14)


class Questioned(InArchive):
    """The archive as one person asks it; `require_answerable` before what it said is shown."""

    def __init__(self, records: Records, engine: Engine) -> None:
        super().__init__(records, engine.vault)
        self._engine = engine
        self._asked: dict[tuple[TableKey, FieldKey, Plaintext[str]], Question] = {}

    def by_secret(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        """See Existing; the same number asked again in one go is one question."""
        self._asked[table, key, text] = Question(
            vault_field(table, key), self._near(table, key, text.expose())
        )
        return super().by_secret(table, key, text)

    def require_answerable(self, place: str) -> None:
        """Count what was asked. Raises Mistaken when it was too much of one kind; then nothing of it may be told."""
        if self._asked and Asked(self._engine.vault).note(place, self._asked.values()):
            raise Mistaken(TOO_MANY)

    def _near(self, table: TableKey, key: FieldKey, text: str) -> str:
        """Whoever tries identity numbers through knows the birth date, which stands beside the mask; else the mask is known."""
        field = self._engine.schema.tables[table].fields[key]
        if field.type is FieldType.IDNO and len(text) == NUMBER_LENGTH:
            return text[BIRTH]
        return mask(field.sensitive.mask, text, masks=self._engine.masks) if field.sensitive else ""
