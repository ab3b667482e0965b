"""What is typed into the intake form, and what the archive's rules say of it. Judged in memory; stored only when it is right."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from sync.admit import NewRow, enter
from sync.connection import Uid
from sync.correct import SOURCE
from sync.engine import Engine
from sync.guesses import note_findings
from sync.store.hub import Unit
from sync.uid import new_uid
from tablekeeper.desk.questions import TOO_MANY, Questioned
from tablekeeper.desk.telling import Mistaken
from tablekeeper.importing.existing import Archive as InArchive
from tablekeeper.importing.preview import Judge, Judged
from validators.identity import facts_of
from validators.issues import Issue, Rejection
from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, FieldType, SchemaConfig, TableKey
from vault.guesses import Guesses
from vault.plaintext import Plaintext


@dataclass(frozen=True, slots=True)
class Forms:
    """The two tables of the form: the person, and the contract that belongs to a person by its subject link."""

    person: TableKey
    contract: TableKey | None
    link: FieldKey | None


def forms_of(schema: SchemaConfig) -> Forms | None:
    """The tables that a new customer goes into; None where no table keeps people."""
    person = next((key for key, table in schema.tables.items() if table.subject == "self"), None)
    if person is None:
        return None
    for key, table in schema.tables.items():
        link = table.links.get(table.subject or "")
        if link is not None and link.to == person and link.required:
            return Forms(person, key, table.subject)
    return Forms(person, None, None)


def entered(field_config: FieldConfig) -> bool:
    """Whether people fill this field: what the system computes is left out."""
    return field_config.computed is None and field_config.type is not FieldType.MULTILINK


@dataclass(slots=True)
class Draft:
    """The cells of the form, by table and field; blank ones are absent."""

    forms: Forms
    cells: dict[TableKey, dict[FieldKey, Raw]] = field(default_factory=dict, repr=False)

    def put(self, table: TableKey, key: FieldKey, raw: Raw) -> None:
        """A field was filled or emptied."""
        filled = self.cells.setdefault(table, {})
        if raw in (None, "", [], False):
            filled.pop(key, None)
        else:
            filled[key] = raw

    def of(self, table: TableKey) -> Mapping[FieldKey, Raw]:
        """What is filled of a table."""
        return self.cells.get(table, {})

    def rows(self, engine: Engine) -> list[NewRow]:
        """The rows that the form makes: a person, a contract, or a contract of a person who is named in it."""
        rows: list[NewRow] = []
        person = self.forms.person
        if self.of(person):
            rows.append(NewRow(person, _uid(engine), self.of(person)))
        if self.forms.contract and self.of(self.forms.contract):
            named = self.forms.link in self.of(self.forms.contract)
            links = {self.forms.link: rows[0].uid} if rows and self.forms.link and not named else {}
            rows.append(NewRow(self.forms.contract, _uid(engine), self.of(self.forms.contract), links))
        return rows


def _uid(engine: Engine) -> Uid:
    return new_uid(engine.clock(), secrets.randbits)


class WithoutSecrets(InArchive):
    """The archive as the form sees it while somebody types: whether another has the same number is told on saving only."""

    def by_secret(self, table: TableKey, key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        return set()


Found = dict[tuple[TableKey, FieldKey], Issue]


def judge(engine: Engine, draft: Draft) -> Found:
    """What is wrong or missing, by field; errors before hints. Says nothing of what others have in the vault."""
    with engine.hub.reading() as unit:
        existing = WithoutSecrets(unit.records, engine.vault)
        return _by_field(_judged(engine, existing, draft.rows(engine)))


def _judged(engine: Engine, existing: InArchive, rows: list[NewRow]) -> list[Judged]:
    judge_ = Judge(engine.schema, existing, engine.today(), parser=engine.parser, rules=engine.rules)
    return judge_.judge(rows)


def _by_field(judged: Iterable[Judged]) -> Found:
    found: Found = {}
    for one in judged:
        for issue in sorted(one.checked.issues, key=lambda issue: not issue.holds):
            for key in issue.fields:
                found.setdefault((one.row.table, key), issue)
    return found


@dataclass(frozen=True, slots=True)
class Entered:
    """A record that was made from the form."""

    table: str
    uid: Uid
    number: str


class Unfit(Mistaken):
    """Something in the form does not pass; `found` says what, by field."""

    def __init__(self, found: Found) -> None:
        super().__init__("有内容需要改正,见各栏的说明")
        self.found = found


def save(engine: Engine, draft: Draft, *, actor: str) -> list[Entered]:
    """Take the form's rows into vault and hub. Raises Unfit, or Mistaken when there is nothing to save or too much was tried."""
    rows = draft.rows(engine)
    if not rows:
        raise Mistaken("还没有填写内容")
    # Whether a number is somebody's is asked last, so that nothing is learned by forms that cannot be saved.
    _require_fit(judge(engine, draft))
    _require_fit(_told(engine, rows, f"{SOURCE} {actor}"))
    enter(engine, rows, actor=actor)
    with engine.hub.reading() as unit:
        return [_entered(engine, unit, row) for row in rows]


def _require_fit(found: Found) -> None:
    if any(issue.holds for issue in found.values()):
        raise Unfit(found)


def _told(engine: Engine, rows: list[NewRow], place: str) -> Found:
    """What there is to say, also whether somebody else has the same number: counted, for it would confirm guesses."""
    if Guesses(engine.vault).spent(place, {("", "")}):
        raise Mistaken(TOO_MANY)
    with engine.hub.reading() as unit:
        existing = Questioned(unit.records, engine)
        judged = _judged(engine, existing, rows)
    existing.require_answerable(place)
    for one in judged:
        note_findings(engine, place, one.row.table, [one.checked])
    return _by_field(judged)


def _entered(engine: Engine, unit: Unit, row: NewRow) -> Entered:
    record = unit.records.get(row.table, row.uid)
    return Entered(engine.schema.tables[row.table].name, row.uid, record.key if record else row.uid)


@dataclass(frozen=True, slots=True)
class Told:
    """What an identity number tells of its bearer, as the form takes it over."""

    cells: Mapping[FieldKey, Raw]
    region: str


def told_by_number(engine: Engine, table: TableKey, draft: Draft) -> Told | None:
    """Birth date, sex and region of registration by the number in the form; None while there is no valid one."""
    fields = engine.schema.tables[table].fields
    number_key = next((key for key, one in fields.items() if one.type is FieldType.IDNO), None)
    if number_key is None or number_key not in draft.of(table):
        return None
    kind = fields[number_key].document
    cells = {key: draft.of(table).get(key) for key in (number_key, kind) if key}
    parsed = engine.parser.parse(table, cells, today=engine.today())
    number, document = parsed[number_key], parsed.get(kind or "")
    if not isinstance(number, str) or isinstance(document, Rejection):
        return None
    facts = facts_of(document if isinstance(document, str) else None, number)
    region = _region(number) if facts.region else ""
    told: dict[FieldKey, Raw] = {
        "birth_date": facts.birth.isoformat() if facts.birth else None,
        "gender": facts.sex,
        "region": region or None,
    }
    # The fields that hold these facts go by the rules' own words for them.
    return Told({key: raw for key, raw in told.items() if raw is not None and key in fields}, region)


def _region(number: str) -> str:
    """Where the number was given out, as far as the library's list of districts knows."""
    try:
        place = ric.get_birth_place(number)
    except ValidationError:
        return ""
    return "".join(dict.fromkeys((place.get("province", ""), place.get("county", ""))))
