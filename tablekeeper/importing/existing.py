"""What the archive already holds, as far as an import asks: who goes by a key, a secret number, a name."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sync.connection import Uid
from sync.secrets import vault_field
from sync.store.records import Record, Records, State
from validators.schema import FieldKey, TableKey
from vault.plaintext import Plaintext
from vault.vault import Vault

IN_USE = (State.ARRIVING, State.HELD, State.WAITING, State.LIVE)


class Existing(Protocol):
    """The archive before the import. Archived records count as absent: the engine explains a clash with one."""

    def by_key(self, table: TableKey, keys: Iterable[str]) -> Mapping[str, Uid]:
        """Who goes by these business keys."""
        ...

    def by_secret(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        """Whose searchable sensitive field holds this canonical text."""
        ...

    def holders(self, table: TableKey, key: FieldKey, text: str) -> set[Uid]:
        """Whose unique plain field holds this canonical text."""
        ...

    def get_many(self, table: TableKey, uids: Iterable[Uid]) -> Mapping[Uid, Record]:
        """Records by uid."""
        ...

    def all(self, table: TableKey) -> Iterable[Record]:
        """Every record in use."""
        ...


class Empty:
    """An archive without records."""

    def by_key(self, table: TableKey, keys: Iterable[str]) -> Mapping[str, Uid]:
        return {}

    def by_secret(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        return set()

    def holders(self, table: TableKey, key: FieldKey, text: str) -> set[Uid]:
        return set()

    def get_many(self, table: TableKey, uids: Iterable[Uid]) -> Mapping[Uid, Record]:
        return {}

    def all(self, table: TableKey) -> Iterable[Record]:
        return ()


class Archive:
    """The archive as hub and vault know it, within one unit of work."""

    def __init__(self, records: Records, vault: Vault) -> None:
        self._records, self._vault = records, vault

    def by_key(self, table: TableKey, keys: Iterable[str]) -> Mapping[str, Uid]:
        return self._records.by_key(table, [key for key in keys if key])

    def by_secret(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        subjects = {sealed.subject for sealed in self._vault.matches(vault_field(table, key), text)}
        found = self._records.get_many(table, subjects)
        return {uid for uid, record in found.items() if record.state in IN_USE}

    def holders(self, table: TableKey, key: FieldKey, text: str) -> set[Uid]:
        return self._records.holders(table, key, [text]).get(text, set())

    def get_many(self, table: TableKey, uids: Iterable[Uid]) -> Mapping[Uid, Record]:
        return self._records.get_many(table, uids)

    def all(self, table: TableKey) -> Iterable[Record]:
        return self._records.of_table(table, *IN_USE)
