"""The table 系统状态: the daemon's heartbeat and key figures, for staff to see."""

from collections.abc import Mapping
from datetime import datetime

from sync.connection import Bindings
from sync.errors import NotFound, TableMissing

from .blueprint import DATETIME_OPTIONS, PLAIN_TEXTS, TEXT, Column, TableBlueprint
from .bound import SETUP_ADVICE, field_binding, table_binding
from .cells import encode
from .client import AirtableClient
from .listing import chunks

STATUS_TABLE = "系统状态"
SUBJECT, CONTENT, UPDATED, WARNING = "项目", "内容", "更新时间", "提示"
STOPPED = "⚠ 同步已停止,请勿录入身份证、电话、账号,请用「查看」页录入"
STALE_MIN = 60
ROWS_MAX = 10

WARNING_FORMULA = f'IF(DATETIME_DIFF(NOW(),{{{UPDATED}}},\'minutes\')>{STALE_MIN},"{STOPPED}","")'
WARNING_TYPES = frozenset({"formula", *PLAIN_TEXTS})

# Not every plan lets a token create a formula; the warning is then a standing sentence on the column.
STANDING_WARNING = Column(
    WARNING, WARNING, TEXT, WARNING_TYPES, description=f"更新时间早于 {STALE_MIN} 分钟前,就是:{STOPPED}"
)
STATUS_BLUEPRINT = TableBlueprint(
    STATUS_TABLE,
    STATUS_TABLE,
    (
        Column(SUBJECT, SUBJECT, TEXT, PLAIN_TEXTS),
        Column(CONTENT, CONTENT, TEXT, PLAIN_TEXTS),
        Column(UPDATED, UPDATED, "dateTime", frozenset({"dateTime"}), DATETIME_OPTIONS),
        Column(
            WARNING,
            WARNING,
            "formula",
            WARNING_TYPES,
            {"formula": WARNING_FORMULA},
            otherwise=STANDING_WARNING,
        ),
    ),
)


def stamp(client: AirtableClient, bindings: Bindings, values: Mapping[str, str], *, now: datetime) -> None:
    """One row per key: its figure, and when it was written. Raises `TableMissing`."""
    missing = TableMissing(client.service, STATUS_TABLE, advice=SETUP_ADVICE)
    table_id = bindings.get(table_binding(STATUS_TABLE))
    subject, content, updated = (
        bindings.get(field_binding(STATUS_TABLE, name)) for name in (SUBJECT, CONTENT, UPDATED)
    )
    if not (table_id and subject and content and updated):
        raise missing
    rows = [{subject: key, content: value, updated: encode(now)} for key, value in values.items()]
    try:
        for batch in chunks(rows, ROWS_MAX):
            client.upsert(table_id, batch, key=subject, typecast=False, repeatable=True)
    except NotFound:
        raise missing from None
