"""Scenes in which somebody types into one row: slowly, wrongly, halfway, or where it does not belong."""

from tablekeeper.demo.cast import (
    BIRTH,
    BORN,
    CUSTOMERS,
    GENDER,
    IDENTITY,
    MOBILE,
    NAME,
    NUMBER,
    REMARKS,
    STATUS,
    mistyped,
)
from tablekeeper.demo.office import wait_for
from tablekeeper.demo.play import ERROR, NOTE, Play, refused, sealed


def new_customer(play: Play) -> str:
    """A new customer, key by key, with half a number in between."""
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
    """An identity number with one wrong digit, explained, then mended."""
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
    """A phone number that breaks off, explained once it is sure that nobody types on, then completed."""
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


def pasted_token(play: Play) -> str:
    """Another customer's stand-in, pasted over one's own."""
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
    """One star of a mask replaced by a digit."""
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
    """A phone number in the middle of a remark."""
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
