"""A morning at the office as a list of scenes: what a clerk does, and which column the audience looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from tablekeeper.demo.at_once import killed_daemon, same_field, two_fields
from tablekeeper.demo.at_the_keyboard import (
    edited_mask,
    half_typed_phone,
    new_customer,
    pasted_token,
    phone_in_prose,
    wrong_identity_number,
)
from tablekeeper.demo.cast import IDENTITY, MOBILE, NAME, OCCUPATION, REMARKS, STAFF, SUPERIOR
from tablekeeper.demo.in_departments import DUE, department_edits
from tablekeeper.demo.office import Office
from tablekeeper.demo.play import Play
from tablekeeper.demo.with_whole_rows import (
    appointed_manager,
    copied_for_the_wife,
    deleted_with_contracts,
    deleted_without_contracts,
    sorted_tab,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. `play` acts, waits and keeps moments; it returns a closing remark, or raises NotSeen."""

    title: str
    shown: str
    play: Callable[[Play], str]


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
    Scene("财务部在自己的表格里改保单", DUE, department_edits),
    Scene("守护进程正在写时断电(kill -9)", NAME, killed_daemon),
)


def morning(office: Office) -> tuple[Scene, ...]:
    """The scenes to play: somebody has to be a manager, or nobody gets a mail."""
    managed = any(row.get(SUPERIOR) for row in office.airtable.rows(STAFF).values())
    return MORNING if managed else (APPOINTMENT, *MORNING)
