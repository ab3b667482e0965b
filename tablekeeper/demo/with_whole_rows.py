"""Scenes with whole rows: appointed, sorted, copied, deleted."""

from tablekeeper.demo.cast import (
    BIRTH,
    BORN,
    CUSTOMERS,
    GENDER,
    HOLDER,
    IDENTITY,
    MOBILE,
    NAME,
    NUMBER,
    POLICIES,
    STAFF,
    STAFF_NAME,
    STAFF_NUMBER,
    SUPERIOR,
    UID,
)
from tablekeeper.demo.office import NotSeen, wait_for
from tablekeeper.demo.play import NOTE, Moment, Play, sealed, text_of
from tablekeeper.demo.traffic import calm, is_write


def appointed_manager(play: Play) -> str:
    """Everybody in 员工与部门 gets the first of them as 直属主管."""
    screen = play.office.airtable
    people = sorted(screen.rows(STAFF).items(), key=lambda entry: text_of(entry[1].get(STAFF_NUMBER)))
    (chief, row), others = people[0], people[1:]
    screen.edit_all(STAFF, {record: {SUPERIOR: [chief]} for record, _ in others})
    number, last = row[STAFF_NUMBER], others[-1][1][STAFF_NUMBER]
    rows = play.until(
        "表格里也有了直属主管",
        last,
        lambda _, sheets: sheets.get(SUPERIOR) == number,
        table=STAFF,
        key=STAFF_NUMBER,
    )
    play.moments.append(Moment("登记后", f"链接到 {row[STAFF_NAME]}", text_of(rows[1].get(SUPERIOR))))
    return f"{len(others)} 位同事归 {number} 管:Airtable 里是记录链接,表格里是工号"


def sorted_tab(play: Play) -> str:
    """The whole tab in another order: a moved row costs no write."""
    calm(play.stage)  # What the last scene changed may still be on its way to the departments.
    screen, since = play.office.sheets, play.stage.last_request()
    before = _first_names(play)
    screen.sort(CUSTOMERS, NAME)
    play.moments += [Moment("排序前", "不变", before), Moment("排序后", "不变", _first_names(play))]
    calm(play.stage)
    writes = sum(is_write(call) for call in play.stage.requests_since(since))
    if writes:
        raise NotSeen(f"排序之后不应有写入,却有 {writes} 次")
    return "整张表换了顺序,守护进程一格也没有写"


def _first_names(play: Play) -> str:
    column = play.office.sheets.headers(CUSTOMERS).index(NAME)
    lines = play.office.sheets.tab(CUSTOMERS).get_values("2:4")
    return "、".join(line[column] for line in lines)


def copied_for_the_wife(play: Play) -> str:
    """A row copied with everything in it, then changed for another person."""
    husband, screen = play.cast.next(), play.office.sheets
    original = play.office.sheets.row(CUSTOMERS, NUMBER, husband.number) or {}
    identity = play.secret(play.cast.identity_number(BORN, "女"))
    copy = screen.copy_row(CUSTOMERS, play.place(husband.number))
    changes = {NUMBER: "", NAME: "沈若兰", GENDER: "女", BIRTH: BORN.isoformat(), IDENTITY: f"'{identity}"}
    screen.edit(CUSTOMERS, copy, changes)
    play.keep("粘贴后", {}, screen.line(CUSTOMERS, copy), "sheets")
    wife = wait_for("妻子得到自己的编号", lambda: screen.line(CUSTOMERS, copy).get(NUMBER))
    rows = play.until(
        "妻子在两边都有自己的一行",
        wife,
        lambda airtable, sheets: (
            all(sealed(row, MOBILE) and sealed(row, IDENTITY) for row in (airtable, sheets))
            and sheets[UID] != original[UID]
            and sheets[MOBILE] != original[MOBILE]
        ),
    )
    play.keep("妻子", *rows, "sheets")
    play.look("丈夫", husband.number, "sheets")
    if play.both(husband.number)[1].get(MOBILE) != original[MOBILE]:
        raise NotSeen("丈夫的一行不应改变")
    return f"妻子是 {wife}:电话为她重新加密(代码不同),丈夫的一行没有变"


def deleted_with_contracts(play: Play) -> str:
    """A customer with policies, deleted."""
    customer, screen = play.cast.holder, play.office.airtable
    play.look("之前", customer.number, "airtable")
    held = _policies_of(play, customer.record_id)
    screen.delete(CUSTOMERS, customer.record_id)
    play.look("删除后", customer.number, "airtable")
    rows = play.until(
        "名下有保单的客户回来并说明",
        customer.number,
        lambda airtable, sheets: bool(airtable and sheets) and "已还原" in airtable.get(NOTE, ""),
    )
    play.keep("之后", *rows, "airtable")
    again = next(iter(screen.find(CUSTOMERS, NUMBER, customer.number)))
    wait_for("保单重新指向此客户", lambda: _policies_of(play, again) == held)
    return f"名下有 {held} 份保单,不能这样消失:这一行和保单的链接都回来了"


def _policies_of(play: Play, record_id: str) -> int:
    rows = play.office.airtable.rows(POLICIES).values()
    return sum(record_id in row.get(HOLDER, ()) for row in rows)


def deleted_without_contracts(play: Play) -> str:
    """The wife, who has no policies, deleted."""
    screen = play.office.sheets
    found = play.office.airtable.find(CUSTOMERS, NAME, "沈若兰")
    number = text_of(next(iter(found.values()), {}).get(NUMBER)) or play.cast.next().number
    play.look("之前", number, "sheets")
    screen.delete(CUSTOMERS, play.place(number))
    wait_for("没有保单的客户在另一边也归档", lambda: not any(play.both(number)))
    play.look("之后", number, "sheets")
    return f"{number} 名下没有保单:两边都不再显示,档案仍可恢复"
