"""What an error means to the person at the page, in their words; never a value."""

import re

from sqlalchemy.exc import DBAPIError

from sync.correct import CannotCorrect
from sync.errors import ServiceError
from sync.resolve import CannotResolve
from sync.restore import CannotRestore
from tablekeeper.importing.workbook import ImportProblem
from vault.errors import ClockSetBack, Refused, SubjectErased, VaultUnavailable

BUSY = "系统正忙,请稍后再试"
_WORDS: dict[type[Exception], str] = {
    SubjectErased: "此人的资料已依法删除,不再保存",
    CannotResolve: "这条冲突已有变化,请刷新页面后再看",
    VaultUnavailable: BUSY,
    ClockSetBack: "服务器的时间不对,暂不能查看,请联系系统运维",
    DBAPIError: BUSY,
    ServiceError: "已保存在档案中;在线表格暂时连不上,稍后自动写入",
}

_FULL_WIDTH = dict(zip(",:;?!", "\uff0c\uff1a\uff1b\uff1f\uff01", strict=True))
_AFTER_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff\u201d\u300d\u3015])[,:;?!]")


class Mistaken(Exception):
    """The person has to do something else first; the message says what."""


def told(error: Exception) -> str | None:
    """The words for an expected error; None for one that nobody expected."""
    if isinstance(error, CannotCorrect):
        return f"{error.issue.message} → {error.issue.mend}"
    if isinstance(error, ImportProblem):
        return f"{error.message} → {error.advice}"
    if isinstance(error, CannotRestore | Mistaken):
        return str(error)
    if isinstance(error, Refused):
        return error.words
    return next((words for kind, words in _WORDS.items() if isinstance(error, kind)), None)


def staff(words: str) -> str:
    """The program's own words with the punctuation that Chinese readers expect. Not for values: those are shown as they are."""
    return _AFTER_CHINESE.sub(lambda sign: _FULL_WIDTH[sign[0]], words)
