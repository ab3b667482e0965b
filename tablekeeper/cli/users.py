"""The commands below vault user: who may use the vault. Keys are asked for or made, never taken from the arguments."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import out, print_json
from tablekeeper.cli.opening import actor, opened_vault
from tablekeeper.cli.output import JsonOption, add_row, day, table
from tablekeeper.cli.vaults import vault as vault_commands
from vault.alarms import acknowledge, open_alarms
from vault.user_keys import new_key
from vault.users import User, Users

user = typer.Typer(help="Who may open, compare and find values.", no_args_is_help=True)
vault_commands.add_typer(user, name="user")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the user signs in as, such as li.na.")]
Approver = Annotated[
    str, typer.Option("--approved-by", help="Who approved it: another person than the user.")
]
Until = Annotated[
    str, typer.Option("--until", metavar="DATE", help="The last day; else vault.user_days from now.")
]
Generate = Annotated[bool, typer.Option("--generate", help="Make a key and print it, once.")]


@user.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="One of `vault.roles` in config.yaml.")],
    title: Annotated[str, typer.Option(help="Who the person is, for colleagues and auditors.")],
    approved_by: Approver,
    until: Until = "",
    generate: Generate = False,
    json: JsonOption = False,
) -> None:
    """Add a user. The key is asked for, or read as one line of standard input, or made with --generate."""
    with opened_vault() as (_, vault):
        key = _new_key(name, vault.random_bytes, generate=generate)
        added = Users(vault).add(
            name,
            title=title,
            role=role,
            approved_by=approved_by,
            key=key,
            actor=actor(),
            expires_on=_day(until),
        )
    _tell(added, "added", json=json, key=key if generate else "")


@user.command()
def disable(name: Name, json: JsonOption = False) -> None:
    """Refuse a user from now on, in open sessions too."""
    with opened_vault() as (_, vault):
        changed = Users(vault).disable(name, actor=actor())
    _tell(changed, "disabled", json=json)


@user.command()
def enable(name: Name, approved_by: Approver, json: JsonOption = False) -> None:
    """Let a disabled user act again."""
    with opened_vault() as (_, vault):
        changed = Users(vault).enable(name, approved_by=approved_by, actor=actor())
    _tell(changed, "enabled", json=json)


@user.command()
def renew(name: Name, approved_by: Approver, until: Until = "", json: JsonOption = False) -> None:
    """Approve a user for another term."""
    with opened_vault() as (_, vault):
        changed = Users(vault).renew(name, approved_by=approved_by, actor=actor(), expires_on=_day(until))
    _tell(changed, "renewed", json=json)


@user.command()
def key(name: Name, generate: Generate = False, json: JsonOption = False) -> None:
    """Give a user a new key; the old one ends."""
    with opened_vault() as (_, vault):
        fresh = _new_key(name, vault.random_bytes, generate=generate)
        changed = Users(vault).set_key(name, fresh, actor=actor())
    _tell(changed, "has a new key", json=json, key=fresh if generate else "")


@user.command("list")
def list_users(json: JsonOption = False) -> None:
    """Everybody who was ever added, and until when they may act."""
    with opened_vault() as (config, vault):
        users = Users(vault).all()
        today = config.vault.day(vault.clock())
    if json:
        print_json({"users": [{**asdict(one), "state": _state(one, today)} for one in users]})
        return
    made = table("name", "title", "role", "approved by", "until", "state")
    for one in users:
        add_row(made, (one.name, one.title, one.role, one.approved_by, one.expires_on, _state(one, today)))
    out.print(made if users else "nobody yet: the holder of the root key acts; add users with vault user add")


@vault_commands.command()
def alarms(
    seen: Annotated[bool, typer.Option("--acknowledge", help="You have looked into all of them.")] = False,
    json: JsonOption = False,
) -> None:
    """Who passed a budget or guessed, until somebody acknowledges it."""
    with opened_vault() as (_, vault):
        found = open_alarms(vault)
        count = acknowledge(vault, actor=actor()) if seen else 0
    if json:
        print_json({"alarms": [asdict(one) for one in found], "acknowledged": count})
        return
    for one in found:
        out.print(f"{one.at:%Y-%m-%d %H:%M} UTC  {one.kind}  {one.actor or 'unknown name'}  {one.what}")
    out.print(f"{count} acknowledged" if seen else f"{len(found)} open alarm(s)")


def _new_key(name: str, random_bytes: Callable[[int], bytes], *, generate: bool) -> str:
    if generate:
        return new_key(random_bytes)
    if sys.stdin.isatty():
        return str(typer.prompt(f"new key of {name}", hide_input=True, confirmation_prompt=True, err=True))
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise Misused("no key was given", advice="give it as one line of standard input, or add --generate")
    return given


def _day(text: str) -> date | None:
    return day(text) if text else None


def _state(one: User, today: date) -> str:
    if one.disabled:
        return "disabled"
    return "expired" if one.expires_on < today else "active"


def _tell(changed: User, what: str, *, json: bool, key: str = "") -> None:
    if json:
        print_json({**asdict(changed), **({"key": key} if key else {})})
        return
    out.print(f"{changed.name} ({changed.role}) {what}; may act until {changed.expires_on}")
    if key:
        out.print(f"key, shown this once: {key}")
