"""The sections `options`, `tables` and `rules` of `config.yaml`: which tables exist and what a field may hold.

Models only describe; judging values is `fields.py`, judging rows is `rules.py`.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

TableKey = str
FieldKey = str

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,59}$"
Key = Annotated[str, Field(pattern=KEY_PATTERN)]


class Section(BaseModel):
    """Base of every model of the configuration: immutable, and an unknown key is a problem, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class FieldType(StrEnum):
    """What a field holds. The forms on each service are in `sync/airtable` and `sync/sheets`."""

    TEXT = "text"
    LONGTEXT = "longtext"
    DATE = "date"
    DATETIME = "datetime"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    PERCENT = "percent"
    BOOL = "bool"
    SELECT = "select"
    MULTISELECT = "multiselect"
    LINK = "link"
    MULTILINK = "multilink"
    PHONE = "phone"
    EMAIL = "email"
    IDNO = "idno"
    ACCOUNT = "account"


NUMBERS = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.MONEY, FieldType.PERCENT})
TEXTS = frozenset({FieldType.TEXT, FieldType.LONGTEXT, FieldType.PHONE, FieldType.IDNO, FieldType.ACCOUNT})
"""What every service holds as plain text, so that a wrong value can stand there too."""
LINKS = frozenset({FieldType.LINK, FieldType.MULTILINK})
SELECTS = frozenset({FieldType.SELECT, FieldType.MULTISELECT})
DECIMALS: Mapping[FieldType, int] = {
    FieldType.INT: 0,
    FieldType.DECIMAL: 2,
    FieldType.MONEY: 2,
    FieldType.PERCENT: 4,
}


class Level(StrEnum):
    """How a rule speaks. ERROR cannot be true and holds the fields it reads; HINT is missing or doubtful."""

    ERROR = "错误"
    HINT = "提示"


class Sensitive(Section):
    """A field whose value lives in the vault; its cells show a mask and a token."""

    mask: str
    search: bool = False
    """Whether `find` and uniqueness may look the value up by keyed index. Never for health, income or other small sets."""
    field_class: str | None = Field(default=None, alias="class")
    """Which budget and which roles it belongs to, where its type and mask do not say: `identity`, `contact`, ..."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Abroad(Section):
    """Who decided that a plain personal field (C2) may stand in an overseas cloud, and why."""

    approved_by: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class Plain(Section):
    """Two people who decided that a field which was sensitive may stand in the clear from now on, and why."""

    approved_by: tuple[str, ...] = Field(min_length=2)
    reason: str = Field(min_length=1)


class OptionList(Section):
    """The allowed values of a select, in order, and other spellings of them."""

    values: tuple[str, ...] = Field(min_length=1)
    aliases: dict[str, str] = {}

    def resolve(self, text: str) -> str | None:
        """The option that `text` names, or None."""
        return text if text in self.values else self.aliases.get(text)


def _option_list(value: object) -> object:
    return {"values": value} if isinstance(value, list) else value


Options = Annotated[OptionList, BeforeValidator(_option_list)]


class FieldConfig(Section):
    """One field of a table. `name` is the header staff see and may be renamed; the key never changes."""

    name: str = Field(min_length=1, max_length=80)
    type: FieldType
    aliases: tuple[str, ...] = ()
    """Other headers under which an import finds this field."""
    note: str | None = None
    """Shown on the column's header in the tables."""

    level: Literal["C1", "C2"] = "C1"
    sensitive: Sensitive | None = None
    abroad: Abroad | None = None
    plain: Plain | None = None
    """Needed once, where a field that was sensitive becomes plain."""

    required: bool = False
    """A new record is created elsewhere only when this is filled; clearing it is undone. Blank is an error."""
    identity: bool = False
    """May be blank, but while it holds a wrong value a new record is not created elsewhere."""
    expected: bool = False
    """Blank is a hint, and later a reminder."""
    unique: bool = False
    shared_max: int | None = Field(default=None, ge=1)
    """More records than this with one value are a hint (phone numbers)."""

    options: str | None = None
    to: str | None = None
    """Key of the table a link points to."""
    document: str | None = None
    """For `idno`: the field that names the kind of document."""
    pattern: str | None = None
    shape: str | None = None
    """What `pattern` asks for, in the words of staff."""
    upper: bool = False
    min: Decimal | None = None
    max: Decimal | None = None
    above: Decimal | None = None
    """Values must be greater than this."""
    min_length: int | None = None
    max_length: int | None = None
    decimals: int | None = Field(default=None, ge=0, le=6)
    not_future: bool = False
    free_text: bool = False
    """Whether staff write prose here: searched for identity numbers, cards and phones that do not belong."""

    default: str | bool | None = None
    """Filled into a new record when blank; `today` in a date field is the day of creation."""
    auto: str | None = None
    """Numbers a new record when blank, such as `C{seq:08}`."""
    computed: str | None = None
    """CEL; the daemon writes the value and undoes edits."""
    copy_to_new: bool = Field(default=False, alias="copy")
    """Whether a row pasted for another person keeps this field."""
    conflict: str = "first"
    """`first`, `hold`, or the name of the replica that wins."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def precision(self) -> int:
        """Decimal places at which numbers of this field are equal."""
        return DECIMALS.get(self.type, 0) if self.decimals is None else self.decimals

    @property
    def stored_as_text(self) -> bool:
        """Whether the services hold this field as plain text: a mask does not fit a number or select cell."""
        return self.sensitive is not None


class ViewConfig(Section):
    """A named sort order offered to staff."""

    name: str
    sort: tuple[str, ...] = Field(min_length=1)
    """Field keys; a leading `-` sorts descending."""


class TableConfig(Section):
    """One table of the archive. The order of `fields` is the order of columns."""

    name: str = Field(min_length=1, max_length=80)
    key: str
    """The business key: what staff call a record by."""
    label: str | None = None
    """The field that names a record in mails, masked there."""
    subject: str | None = None
    """`self`, or the link that leads to the person whom sensitive values belong to."""
    owner: str | None = None
    """The link to the member of staff who looks after a record; may lead on through a link: `customer_no.agent_no`."""
    fields: dict[Key, FieldConfig] = Field(min_length=1)
    views: tuple[ViewConfig, ...] = ()

    def of_type(self, *types: FieldType) -> Iterator[tuple[FieldKey, FieldConfig]]:
        """The fields of these types, in column order."""
        return ((key, field) for key, field in self.fields.items() if field.type in types)

    @cached_property
    def sensitive(self) -> dict[FieldKey, FieldConfig]:
        """The fields whose values live in the vault."""
        return {key: field for key, field in self.fields.items() if field.sensitive}

    @cached_property
    def links(self) -> dict[FieldKey, FieldConfig]:
        """The fields that refer to other records."""
        return dict(self.of_type(*LINKS))


class RuleConfig(Section):
    """A rule across fields, as a CEL expression that must be true.

    Variables are the field keys of the table; a link is a map of the other record's plain fields (`customer_no.status`);
    `today` is a timestamp. A rule is passed over while a field it names is blank, unless that field is listed in `blanks`.
    """

    id: str = Field(pattern=r"^[A-Z]\d{2,3}$")
    table: str
    level: Level = Level.ERROR
    when: str | None = None
    check: str
    message: str = Field(min_length=1, max_length=60)
    """What is wrong, in the words of staff; never a value."""
    mend: str = Field(min_length=1, max_length=60)
    blanks: tuple[str, ...] = ()
    law: str | None = None


class SchemaConfig(Section):
    """Everything that says what a valid row is."""

    options: dict[Key, Options] = {}
    tables: dict[Key, TableConfig] = Field(min_length=1)
    rules: tuple[RuleConfig, ...] = ()

    def options_of(self, field: FieldConfig) -> OptionList:
        """The option list of a select field."""
        assert field.options is not None, "only selects have options"
        return self.options[field.options]

    def rules_of(self, table: TableKey) -> tuple[RuleConfig, ...]:
        """The rules of one table, in the order of the configuration."""
        return tuple(rule for rule in self.rules if rule.table == table)
