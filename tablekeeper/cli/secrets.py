"""The commands find and reveal: sensitive values, for a purpose and on record."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from sync.connection import Uid
from sync.secrets import shown_text, vault_field
from tablekeeper.archive import Archive
from tablekeeper.cli.acting import Acting, UserOption, acting
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened, opened_vault
from tablekeeper.cli.output import JsonOption
from tablekeeper.config import Config
from tablekeeper.showing import Showing
from tablekeeper.typed import canonical, holders, readable_text
from validators.schema import FieldKey, TableKey
from vault.masks import split_cell
from vault.plaintext import Plaintext
from vault.vault import Sealed

Purpose = Annotated[str, typer.Option(help="What for: one of `vault.purposes` in config.yaml.")]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: never the value."""

    table: str
    key: str
    uid: Uid
    field: str
    mask: str
    token: str
    link: str | None


@app.command()
def find(
    field: Annotated[str, typer.Argument(metavar="FIELD", help="Header or key: 身份证号码, mobile, ...")],
    purpose: Purpose = "核对身份",
    user: UserOption = "",
    json: JsonOption = False,
) -> None:
    """Who has this value? Asks for it on the terminal, or reads one line of standard input; shows masks and links."""
    with opened() as archive:
        fields = searchable(archive.config, field)
        person = acting(archive.vault, user)
        text = _asked(field)
        found = [place for one in fields for place in _find(archive, person, *one, text, purpose)]
    if json:
        print_json({"found": [asdict(place) for place in found]})
    else:
        _print(found)


@app.command()
def reveal(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token in the cell's brackets.")],
    purpose: Purpose,
    user: UserOption = "",
    json: JsonOption = False,
) -> None:
    """The value behind a token, on standard output. On record: who, when, what for."""
    with opened_vault() as (config, vault):
        # Whoever copies the whole cell means its token.
        stand_in = split_cell(token)
        token = stand_in.token if stand_in and stand_in.token else token.strip()
        opened = acting(vault, user).reveal(token, purpose)
        value = _readable(config, vault.look_up([token])[token], opened)
    if json:
        print_json({"value": value})
    else:
        typer.echo(value)


def searchable(config: Config, wanted: str) -> list[tuple[TableKey, FieldKey]]:
    """The searchable fields that go by this name. Raises Misused, naming those that can be searched."""
    fields = [
        (table, key, field)
        for table, spec in config.tables.items()
        for key, field in spec.fields.items()
        if field.sensitive and field.sensitive.search
    ]
    found = [
        (table, key)
        for table, key, field in fields
        if wanted in (key, field.name, vault_field(table, key), *field.aliases)
    ]
    if not found:
        names = "、".join(dict.fromkeys(field.name for _, _, field in fields))
        raise Misused(f"{wanted} cannot be searched", advice=f"these can: {names}")
    return found


def _asked(field: str) -> str:
    """The value, from the terminal without echo or from standard input; never from the arguments, which others can see."""
    asked = sys.stdin.isatty()
    text = str(typer.prompt(field, hide_input=True, err=True) if asked else sys.stdin.readline()).strip()
    if not text:
        raise Misused("no value was given", advice="type it when asked, or give one line on standard input")
    return text


def _find(
    archive: Archive, person: Acting, table: TableKey, key: FieldKey, text: str, purpose: str
) -> Iterator[Place]:
    value = canonical(archive.engine, table, key, text)
    name = vault_field(table, key)
    found = person.find(name, value, purpose)
    with archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        for sealed in found:
            for uid in holders(unit, table, key, sealed):
                yield Place(
                    table=showing.table(table),
                    key=showing.key(table, uid),
                    uid=uid,
                    field=showing.field(table, key),
                    mask=shown_text(sealed),
                    token=sealed.token,
                    link=archive.link(table, uid),
                )


def _readable(config: Config, sealed: Sealed, value: Plaintext[str]) -> str:
    """The value as people read it: a list of options is kept as JSON."""
    table, _, key = sealed.field.partition(".")
    field = config.tables[table].fields.get(key) if table in config.tables else None
    return readable_text(field, value) if field and field.sensitive and sealed.valid else value.expose()


def _print(found: Sequence[Place]) -> None:
    for place in found:
        out.print(f"{place.table} {place.key}  {place.field} {place.mask}")
        if place.link:
            out.print(f"  {place.link}", soft_wrap=True)
    if not found:
        out.print("nobody in the archive has this value")
