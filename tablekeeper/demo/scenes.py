"""A morning at the office, scene by scene: what a clerk does, and what they should see after it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from tablekeeper.demo.cast import (
    BIRTH,
    CUSTOMERS,
    GENDER,
    HOLDER,
    IDENTITY,
    MOBILE,
    NAME,
    NUMBER,
    POLICIES,
    STAFF,
    STATUS,
    mistyped,
)
from tablekeeper.demo.office import Cells, NotSeen, Office, wait_for
from tablekeeper.demo.play import ERROR, NOTE, Moment, Play, refused, sealed, text_of
from tablekeeper.demo.traffic import Call, calm, is_write

STAFF_NUMBER, STAFF_NAME, SUPERIOR = "工号", "姓名", "直属主管"
OCCUPATION, HOURS, REMARKS, UID = "职业", "方便联系时段", "备注", "记录编号"
BORN = date(1990, 3, 7)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. `play` acts, waits and keeps moments; it returns a closing remark, or raises NotSeen."""

    title: str
    shown: str
    play: Callable[[Play], str]


def appointed_manager(play: Play) -> str:
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


def new_customer(play: Play) -> str:
    screen = play.office.airtable
    identity, mobile = play.secret(play.cast.identity_number(BORN, "女")), play.secret(play.cast.mobile())
    record = screen.add(CUSTOMERS, {NAME: "林"})
    screen.type(CUSTOMERS, record, NAME, "林晓雨")
    screen.type(CUSTOMERS, record, IDENTITY, identity[:9])
    play.keep("输入中", screen.row(CUSTOMERS, record) or {}, {}, "airtable")
    screen.edit(CUSTOMERS, record, {GENDER: "女", BIRTH: BORN.isoformat()})
    screen.type(CUSTOMERS, record, MOBILE, mobile)
    screen.type(CUSTOMERS, record, IDENTITY, identity)
    number = str(wait_for("新客户得到客户编号", lambda: (screen.row(CUSTOMERS, record) or {}).get(NUMBER)))
    rows = play.until(
        "新客户在两边都已加密",
        number,
        lambda airtable, sheets: all(
            sealed(row, header) for row in (airtable, sheets) for header in (IDENTITY, MOBILE)
        ),
    )
    play.keep("之后", *rows, "airtable")
    return f"{number} 的身份证号码和手机号码都只剩掩码和代码,表格里也有了这一行"


def wrong_identity_number(play: Play) -> str:
    customer, screen = play.cast.next(), play.office.sheets
    right = play.secret(play.cast.identity_number(customer.born, customer.gender))
    wrong = play.secret(mistyped(right))
    place = play.place(customer.number)
    screen.edit(CUSTOMERS, place, {IDENTITY: f"'{wrong}"})
    play.look("输错一位", customer.number, "sheets")
    rows = play.until("错误得到说明", customer.number, lambda _, sheets: refused(sheets, IDENTITY))
    play.keep("说明", *rows, "sheets")
    screen.edit(CUSTOMERS, play.place(customer.number), {IDENTITY: f"'{right}"})
    rows = play.until(
        "更正在两边生效",
        customer.number,
        lambda airtable, sheets: (
            sealed(sheets, IDENTITY)
            and sheets.get(STATUS) != ERROR
            and airtable.get(IDENTITY) == sheets.get(IDENTITY) != rows[0].get(IDENTITY)
        ),
    )
    play.keep("更正后", *rows, "sheets")
    return "错的号码立刻加密,没有到另一张表去"


def half_typed_phone(play: Play) -> str:
    customer, screen = play.cast.next(), play.office.airtable
    mobile = play.secret(play.cast.mobile())
    screen.type(CUSTOMERS, customer.record_id, MOBILE, play.secret(mobile[:8]))
    play.look("只输8位", customer.number, "airtable")
    rows = play.until("半个号码得到说明", customer.number, lambda airtable, _: refused(airtable, MOBILE))
    play.keep("说明", *rows, "airtable")
    screen.type(CUSTOMERS, customer.record_id, MOBILE, mobile)
    rows = play.until(
        "完整号码在两边生效",
        customer.number,
        lambda airtable, sheets: (
            sealed(airtable, MOBILE)
            and airtable.get(STATUS) != ERROR
            and airtable.get(MOBILE) == sheets.get(MOBILE) != rows[1].get(MOBILE)
        ),
    )
    play.keep("输完后", *rows, "airtable")
    return "未输完的号码多等一会儿才判断,表格一直保留原来的号码"


def sorted_tab(play: Play) -> str:
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


def two_fields(play: Play) -> str:
    customer = play.cast.next()
    play.look("之前", customer.number, "airtable")
    play.office.airtable.edit(CUSTOMERS, customer.record_id, {OCCUPATION: "园艺师"})
    play.office.sheets.edit(CUSTOMERS, play.place(customer.number), {HOURS: "工作日晚上"})
    rows = play.until(
        "两处修改都到了两边",
        customer.number,
        lambda airtable, sheets: all(
            row.get(OCCUPATION) == "园艺师" and row.get(HOURS) == "工作日晚上" for row in (airtable, sheets)
        ),
    )
    play.keep("之后", *rows, "airtable")
    return f"同一行,一边改{OCCUPATION},一边改{HOURS}:两处都留下"


def same_field(play: Play) -> str:
    customer = play.cast.next()
    play.office.airtable.edit(CUSTOMERS, customer.record_id, {OCCUPATION: "护士"})
    play.office.sheets.edit(CUSTOMERS, play.place(customer.number), {OCCUPATION: "教师"})
    play.look("同时修改", customer.number, "sheets")
    rows = play.until(
        "两边一致,未采用的一方得到说明",
        customer.number,
        lambda airtable, sheets: (
            airtable.get(OCCUPATION) == sheets.get(OCCUPATION)
            and any("未采用" in row.get(NOTE, "") for row in (airtable, sheets))
        ),
    )
    play.keep("之后", *rows, "sheets" if "未采用" in rows[1].get(NOTE, "") else "airtable")
    return "先到者留下;另一个值写进校验说明,也记在冲突清单里"


def pasted_token(play: Play) -> str:
    customer, other, screen = play.cast.next(), play.cast.next(), play.office.airtable
    mine = (screen.row(CUSTOMERS, customer.record_id) or {})[MOBILE]
    foreign = (screen.row(CUSTOMERS, other.record_id) or {})[MOBILE]
    screen.edit(CUSTOMERS, customer.record_id, {MOBILE: foreign})
    play.look("粘贴", customer.number, "airtable")
    rows = play.until(
        "别人的代码被还原并说明",
        customer.number,
        lambda airtable, sheets: (
            airtable.get(MOBILE) == mine == sheets.get(MOBILE) and "已还原" in airtable.get(NOTE, "")
        ),
    )
    play.keep("之后", *rows, "airtable")
    return "别人的代码在这里不算数"


def edited_mask(play: Play) -> str:
    customer, screen = play.cast.next(), play.office.sheets
    mine = (screen.row(CUSTOMERS, NUMBER, customer.number) or {})[MOBILE]
    screen.edit(CUSTOMERS, play.place(customer.number), {MOBILE: mine[:3] + "**1" + mine[6:]})
    play.look("改了星号", customer.number, "sheets")
    rows = play.until(
        "改坏的掩码被还原并说明",
        customer.number,
        lambda airtable, sheets: (
            airtable.get(MOBILE) == mine == sheets.get(MOBILE) and "已还原" in sheets.get(NOTE, "")
        ),
    )
    play.keep("之后", *rows, "sheets")
    return "号码没有丢:它在保险库里"


def phone_in_prose(play: Play) -> str:
    customer, mobile = play.cast.next(), play.secret(play.cast.mobile())
    play.office.airtable.edit(CUSTOMERS, customer.record_id, {REMARKS: f"儿子电话{mobile},周末联系"})
    play.look("写入备注", customer.number, "airtable")
    rows = play.until(
        "备注里的号码在两边都已加密",
        customer.number,
        lambda airtable, sheets: (
            "〔" in airtable.get(REMARKS, "") and airtable.get(REMARKS) == sheets.get(REMARKS)
        ),
    )
    play.keep("之后", *rows, "airtable")
    return "文字留下,号码就地加密"


def deleted_with_contracts(play: Play) -> str:
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
    screen = play.office.sheets
    found = play.office.airtable.find(CUSTOMERS, NAME, "沈若兰")
    number = text_of(next(iter(found.values()), {}).get(NUMBER)) or play.cast.next().number
    play.look("之前", number, "sheets")
    screen.delete(CUSTOMERS, play.place(number))
    wait_for("没有保单的客户在另一边也归档", lambda: not any(play.both(number)))
    play.look("之后", number, "sheets")
    return f"{number} 名下没有保单:两边都不再显示,档案仍可恢复"


def killed_daemon(play: Play) -> str:
    names, stage = ["江远", "江帆", "江澜", "江月"], play.stage
    since = stage.last_request()
    # The service takes the rows at once, and its answer takes its time: nobody but Sheets knows that they stand there.
    stage.order_fault("slow", r"^sheets POST .*:batchUpdate$")
    play.office.airtable.add_all(CUSTOMERS, [_brother(play, name) for name in names])
    wait_for("守护进程写表格", lambda: _wrote_to_sheets(stage.requests_since(since)))
    stage.daemon.kill()
    _count_names(play, "kill -9", names)
    stage.daemon.start()
    wait_for("四位新客户在两边都已加密", lambda: _all_stand(play, names))
    calm(stage)
    _count_names(play, "重启后", names)
    if not _all_stand(play, names):
        raise NotSeen("每位新客户在每边应恰有一行")
    return "答复还没收到就被杀:重启后认出已写的行,没有一行重复或丢失"


def _brother(play: Play, name: str) -> Cells:
    identity, mobile = play.cast.identity_number(BORN, "男"), play.cast.mobile()
    return {
        NAME: name,
        GENDER: "男",
        BIRTH: BORN.isoformat(),
        MOBILE: play.secret(mobile),
        IDENTITY: play.secret(identity),
    }


def _wrote_to_sheets(calls: Iterable[Call]) -> bool:
    return any(is_write(call) and call["service"] == "sheets" for call in calls)


def _all_stand(play: Play, names: list[str]) -> bool:
    on_airtable = [row for row in play.office.airtable.rows(CUSTOMERS).values() if row.get(NAME) in names]
    on_sheets = [row for row in play.office.sheets.rows(CUSTOMERS) if row.get(NAME) in names]
    return all(
        sorted(row[NAME] for row in rows) == sorted(names)
        and all(sealed(row, header) for row in rows for header in (IDENTITY, MOBILE))
        for rows in (on_airtable, on_sheets)
    )


def _count_names(play: Play, when: str, names: list[str]) -> None:
    on_airtable = sum(row.get(NAME) in names for row in play.office.airtable.rows(CUSTOMERS).values())
    on_sheets = sum(row.get(NAME) in names for row in play.office.sheets.rows(CUSTOMERS))
    play.moments.append(Moment(when, f"{on_airtable} 行", f"{on_sheets} 行"))


APPOINTMENT = Scene("台账里没有主管:在 Airtable 里补登", SUPERIOR, appointed_manager)
MORNING = (
    Scene("在 Airtable 里逐字录入新客户", IDENTITY, new_customer),
    Scene("在表格里输错身份证号码,再更正", IDENTITY, wrong_identity_number),
    Scene("手机号码只输了一半就走开", MOBILE, half_typed_phone),
    Scene("把表格按姓名排序", NAME, sorted_tab),
    Scene("在表格里复制一行给客户的妻子", MOBILE, copied_for_the_wife),
    Scene("两人同时改同一行的不同栏", OCCUPATION, two_fields),
    Scene("两人同时改同一格", OCCUPATION, same_field),
    Scene("把另一位客户的密文粘贴过来", MOBILE, pasted_token),
    Scene("双击改了星号", MOBILE, edited_mask),
    Scene("把电话写进备注", REMARKS, phone_in_prose),
    Scene("删除名下有保单的客户", NAME, deleted_with_contracts),
    Scene("删除没有保单的客户", NAME, deleted_without_contracts),
    Scene("守护进程正在写时断电(kill -9)", NAME, killed_daemon),
)


def morning(office: Office) -> tuple[Scene, ...]:
    """The scenes to play: somebody has to be a manager, or nobody gets a mail."""
    managed = any(row.get(SUPERIOR) for row in office.airtable.rows(STAFF).values())
    return MORNING if managed else (APPOINTMENT, *MORNING)
