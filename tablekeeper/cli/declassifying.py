"""The command vault declassify: one of the two users who let a sensitive field stand in the clear from now on."""

from collections.abc import Mapping
from typing import Annotated

import typer

from sync.secrets import vault_field
from tablekeeper.cli.acting import UserOption, key_of
from tablekeeper.cli.explain import Misused, Waits
from tablekeeper.cli.main import out, print_json
from tablekeeper.cli.opening import actor, opened_vault
from tablekeeper.cli.output import JsonOption
from tablekeeper.cli.reasons import reason_option
from tablekeeper.cli.vaults import vault as vault_commands
from validators.schema import TableConfig, TableKey
from vault.declassifying import APPROVERS_MIN, approve, approvers
from vault.users import Users


@vault_commands.command()
def declassify(
    field: Annotated[str, typer.Argument(metavar="TABLE.FIELD", help="As in config.yaml.")],
    reason: Annotated[str, reason_option("Why its values may stand in the clear.")],
    user: UserOption = "",
    json: JsonOption = False,
) -> None:
    """Approve that a sensitive field becomes plain. Two users do so; then config.yaml may be changed. Both are on record."""
    with opened_vault() as (config, vault):
        name = _known(config.tables, field)
        users = Users(vault)
        if not users.any():
            raise Misused("this needs two users of the vault", advice="tablekeeper vault user add")
        who = user or actor()
        approve(vault, users.sign_in(who, key_of(who)), [name], reason=reason)
        found = sorted(approvers(vault, name))
    enough = len(found) >= APPROVERS_MIN
    if json:
        print_json({"field": field, "approved_by": found, "enough": enough})
    elif enough:
        names = ", ".join(found)
        out.print(
            f"{field}: approved by {names}; in config.yaml, in place of `sensitive`: plain: {{approved_by: [{names}], reason: …}}",
            soft_wrap=True,
            markup=False,
        )
    if not enough:
        raise Waits(f"{field}: another user must approve", advice="the same command, by another user")


def _known(tables: Mapping[TableKey, TableConfig], field: str) -> str:
    """The field's name in the vault. Raises Misused."""
    table, _, key = field.partition(".")
    if table not in tables or key not in tables[table].fields:
        raise Misused(f"config.yaml has no field {field}", advice="write it as customers.mobile")
    return vault_field(table, key)
