"""Scenes in which things meet: two people in one row, and a daemon that dies while it writes."""

from collections.abc import Iterable

from tablekeeper.demo.cast import (
    BIRTH,
    BORN,
    CUSTOMERS,
    GENDER,
    HOURS,
    IDENTITY,
    MOBILE,
    NAME,
    OCCUPATION,
)
from tablekeeper.demo.office import Cells, NotSeen, wait_for
from tablekeeper.demo.play import NOTE, Moment, Play, sealed
from tablekeeper.demo.traffic import Call, calm, is_write


def two_fields(play: Play) -> str:
    """Two people change different fields of one row."""
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
    """Two people change one field of one row."""
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


def killed_daemon(play: Play) -> str:
    """The daemon killed between its write to Sheets and the answer, and started again."""
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
