"""A scene in a department's own spreadsheet: what it may change goes everywhere, what it may only see comes back."""

from tablekeeper.demo.cast import POLICIES
from tablekeeper.demo.office import wait_for
from tablekeeper.demo.play import NOTE, Moment, Play, text_of

FINANCE = "财务部"
POLICY, DUE, PRODUCT = "保单号", "下期应缴日", "产品名称"
NEW_DUE = "2027-03-31"
WITHDRAWN = "已撤回"


def department_edits(play: Play) -> str:
    """The finance department changes a date that it keeps, and a product name that it does not."""
    screen = play.office.departments[FINANCE]
    number = text_of(next(row[POLICY] for row in screen.rows(POLICIES) if row.get(PRODUCT)))
    before = (screen.row(POLICIES, POLICY, number) or {})[PRODUCT]
    place = screen.places(POLICIES, POLICY, number)[0]
    screen.edit(POLICIES, place, {DUE: NEW_DUE, PRODUCT: "自行改名"})
    _keep(play, "两处修改后", number)
    wait_for("产品名称恢复并说明", lambda: _came_back(play, number, before))
    wait_for("下期应缴日到了 Airtable", lambda: _airtable(play, number).get(DUE) == NEW_DUE)
    _keep(play, "之后", number)
    hidden = "核保结论" not in screen.headers(POLICIES)
    return f"{DUE}由财务部维护,到了各处;{PRODUCT}不归它改,已撤回并说明" + (
        ";核保结论不在它的表里" if hidden else ""
    )


def _came_back(play: Play, number: str, product: str) -> bool:
    row = play.office.departments[FINANCE].row(POLICIES, POLICY, number) or {}
    return row.get(PRODUCT) == product and WITHDRAWN in row.get(NOTE, "")


def _airtable(play: Play, number: str) -> dict[str, object]:
    return dict(next(iter(play.office.airtable.find(POLICIES, POLICY, number).values()), {}))


def _keep(play: Play, when: str, number: str) -> None:
    row = play.office.departments[FINANCE].row(POLICIES, POLICY, number) or {}
    there = _airtable(play, number)
    play.moments.append(
        Moment(
            when,
            text_of(there.get(DUE)),
            text_of(row.get(DUE)),
            text_of(row.get("校验状态")),
            text_of(row.get(NOTE)),
        )
    )
