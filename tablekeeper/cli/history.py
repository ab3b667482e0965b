"""The command history: who changed which field of one record, sensitive values as mask and token only."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sync.admit import SOURCE as IMPORT
from tablekeeper.cli.explain import Failed
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.showing import Showing

SOMEBODY = "表格用户"
"""Google Sheets does not say who typed."""
IMPORTED = "导入"


@app.command()
def history(
    uid: Annotated[str, typer.Argument(metavar="UID", help="The record's 记录编号.")],
    field: Annotated[str, typer.Option(help="Only this field's, by header or key.")] = "",
    json: JsonOption = False,
) -> None:
    """Everything that happened to one record, oldest first."""
    with opened() as archive, archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        rows = unit.lists.history(uid)
        changes = [_change(showing, row) for row in rows]
        found = [change for change in changes if field in ("", change["key"], change["field"])]
        where = next((one for one in archive.config.tables if unit.records.get(one, uid)), None)
        title = f"{showing.table(where)} {showing.key(where, uid)}" if where else uid
    if where is None and not rows:
        raise Failed(f"the archive has no record {uid}", advice="the 记录编号 is the last column of a table")
    if json:
        print_json({"uid": uid, "record": title, "history": found})
    else:
        _print(title, found)


def _change(showing: Showing, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": row["at"],
        "time": showing.moment(row["at"]),
        "key": row["field"],
        "field": showing.field(row["table"], row["field"]),
        "before": showing.value(row["table"], row["field"], row["before"]),
        "after": showing.value(row["table"], row["field"], row["after"]),
        "replica": row["replica"],
        "by": row["actor"] or (IMPORTED if row["replica"] == IMPORT else SOMEBODY),
    }


def _print(title: str, found: list[dict[str, Any]]) -> None:
    made = table("时间", "字段", "原值", "新值", "来源", title=title)
    for one in found:
        add_row(
            made, (one["time"], one["field"], one["before"], one["after"], f"{one['replica']} {one['by']}")
        )
    out.print(made)
