"""The fixed words of mails, in Chinese and English. Titles, kinds and names of tables are the configuration's own; `terms` translate them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jobs.config import MANAGERS, OWNERS
from jobs.reminder_config import ARCHIVABLE, DESTROYABLE, Priority
from jobs.titles import Title
from validators.schema import SchemaConfig

COLUMNS_MAX = 3
COLUMN = "{field}"
"""Where a configured title names the column it is about."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Braces are filled in by whoever uses a sentence."""

    language: str
    buckets: tuple[str, str, str, str, str]
    nobody: str
    away: str
    subject: str
    operations_subject: str
    figures_subject: str
    good: str
    bad: str
    now: str
    legal_now: str
    nothing_now: str
    urgent_now: str
    total: str
    nothing: str
    nothing_long: str
    whose: Mapping[str, str]
    of_department: str
    week: str
    in_charge: str
    items: str
    law: str
    new: str
    kind: str
    sides: Mapping[str, str]
    desk: str
    more: str
    today: str
    overdue: str
    left: str
    priorities: dict[Priority, str]
    top: str
    weekdays: tuple[str, ...]
    holiday: str
    holiday_free: str
    first_days: str
    first_days_list: str
    wrong_list: str
    hidden: str
    automatic: str
    stop: str
    between: str
    either: str
    bracket: str
    sections: Mapping[str, str]
    about_columns: str
    and_more: str
    found: str
    parts: Mapping[str, str]
    operations: str
    figures: str
    terms: Mapping[str, str] = field(default_factory=dict)

    def bracketed(self, note: str) -> str:
        """A note behind what it is about; nothing where there is none."""
        return self.bracket.format(note=note) if note else ""

    def titled(self, title: Title) -> str:
        """What is to be done, and about which columns or what a job found."""
        words = self.said(title.words)
        if title.part:
            kind, _, place = title.part.partition(": ")
            part = self.parts.get(kind, title.part).format(place=self.said(place))
            return self.found.format(title=words, part=part, count=title.count)
        columns = self.between.join(map(self.said, title.columns[:COLUMNS_MAX]))
        if COLUMN in words or not columns:
            return words.replace(COLUMN, columns)
        more = self.and_more.format(count=len(title.columns)) if len(title.columns) > COLUMNS_MAX else ""
        return self.about_columns.format(title=words, columns=columns + more)

    def said(self, text: str) -> str:
        """What the configuration calls so, in this language, as far as `mail.english` has it."""
        return self.terms.get(text, text)


CHINESE = Words(
    language="zh-CN",
    buckets=("逾期", "今天", "7天内", "30天内", "30天以后"),
    nobody="无人负责",
    away="休假中",
    subject="【{archive}】{day} 待办 {total} 项\uff08{overdue} 逾期\uff0c{urgent} 紧急\uff09",
    operations_subject="【{archive}】{day} 运行情况\uff1a{state}",
    figures_subject="【{archive}】{day} 档案概况",
    good="正常",
    bad="有 {count} 件事要看",
    now="今天必须处理 {count} 项",
    legal_now="\uff08法定时限 {count} 项\uff09",
    nothing_now="今天没有必须处理的事项",
    urgent_now="有 {count} 项紧急，请尽快处理",
    total="共 {total} 项\uff0c逾期 {overdue} 项\uff0c紧急 {urgent} 项",
    nothing="今天没有待办",
    nothing_long="今天没有待办\uff1a{whose}客户档案没有到期或要更正的内容。",
    whose={OWNERS: "您的", MANAGERS: "您团队的"},
    of_department="{name}",
    week="与一周前相比\uff1a新增 {new} 项\uff0c办结 {done} 项。",
    in_charge="负责人",
    items="{bucket}\uff08{count} 项\uff09",
    law="法定时限",
    new="新提醒",
    kind="〔{kind}〕",
    sides={"airtable": "Airtable", "sheets": "表格"},
    desk="查看页",
    more="另有 {count} 项\uff0c请在「提醒与待办」中查看。",
    today="今天",
    overdue="逾期{days}天",
    left="还有{days}天",
    priorities={each: each.value for each in Priority},
    top="最急\uff1a{what}",
    weekdays=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    holiday="明天起放假 {days} 天\uff08{first}至{last}\uff09\uff0c期间到期 {count} 项\uff0c已列在下面\uff0c请在放假前处理。",
    holiday_free="明天起放假 {days} 天\uff08{first}至{last}\uff09\uff0c期间没有到期事项。",
    first_days="档案刚刚导入\uff1a至 {until} 只列法定时限\uff0c其余 {count} 项先计数\uff0c不必现在处理。",
    first_days_list="其余按类型\uff1a{kinds}",
    wrong_list="不是我的\uff1f把「{fields}」改对\uff0c明早自动转走。",
    hidden="姓名已隐去部分。证件、电话、健康和财务内容不会出现在邮件里\uff0c请点链接到表格中查看。",
    automatic="本邮件由系统自动发送。",
    stop="。",
    between="、",
    about_columns="{title}\uff1a{columns}",
    and_more="等{count}项",
    found="{title}\uff1a{part}\uff08{count}项\uff09",
    parts={
        "access": "谁能打开{place}",
        "users": "保险库用户",
        "alarms": "保险库告警",
        "keys": "密钥轮换",
        "restore drill": "恢复演练",
        "recovery": "恢复密钥",
        "backup": "备份",
        "plaintext": "未脱敏的明文",
        "held rows": "超过一季度未更正的行",
        "leaks": "不该有号码的列",
        "libraries": "程序库漏洞",
        ARCHIVABLE: "见 tablekeeper archive list",
        DESTROYABLE: "见 tablekeeper archive list",
    },
    either="」或「",
    bracket="\uff08{note}\uff09",
    sections={OWNERS: "我的待办", MANAGERS: "我的团队"},
    operations="运行情况",
    figures="档案概况",
)

ENGLISH = Words(
    language="en",
    buckets=("Overdue", "Today", "Within 7 days", "Within 30 days", "Later"),
    nobody="Nobody in charge",
    away="away",
    subject="[{archive}] {day}: {total} to do ({overdue} overdue, {urgent} urgent)",
    operations_subject="[{archive}] {day}: {state}",
    figures_subject="[{archive}] {day}: the archive in figures",
    good="all is well",
    bad="{count} thing(s) to look at",
    now="{count} to be done today",
    legal_now=" ({count} by law)",
    nothing_now="Nothing has to be done today",
    urgent_now="{count} urgent, please see to it soon",
    total="{total} in all, {overdue} overdue, {urgent} urgent",
    nothing="Nothing to do today",
    nothing_long="Nothing to do today: in {whose} nothing is due and nothing is to be corrected.",
    whose={OWNERS: "your files", MANAGERS: "your team's files"},
    of_department="what {name} watches",
    week="Since a week ago: {new} new, {done} done.",
    in_charge="In charge",
    items="{bucket} ({count})",
    law="by law",
    new="new",
    kind="[{kind}]",
    sides={"airtable": "Airtable", "sheets": "Sheets"},
    desk="desk",
    more="{count} more: see the to-do table.",
    today="today",
    overdue="{days} d overdue",
    left="{days} d left",
    priorities={
        Priority.URGENT: "urgent",
        Priority.HIGH: "high",
        Priority.MIDDLE: "middle",
        Priority.LOW: "low",
    },
    top="First: {what}",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    holiday="From tomorrow {days} days off ({first} to {last}); {count} fall into them and are listed below.",
    holiday_free="From tomorrow {days} days off ({first} to {last}); nothing falls into them.",
    first_days="The archive was imported lately: until {until} only legal time limits are listed; {count} others are counted.",
    first_days_list="The others by kind: {kinds}",
    wrong_list="Not yours? Correct “{fields}”; it moves tomorrow morning.",
    hidden="Names are shown in part. Documents, phones, health and finances are never mailed: follow the link.",
    automatic="Sent automatically.",
    stop=".",
    between=", ",
    about_columns="{title}: {columns}",
    and_more=" and others, {count} in all",
    found="{title}: {part} ({count})",
    parts={
        "access": "who can open {place}",
        "users": "users of the vault",
        "alarms": "alarms of the vault",
        "keys": "key rotation",
        "recovery": "recovery key",
        "plaintext": "plaintext that stood in the open",
        "held rows": "rows not mended for a quarter",
        "leaks": "identifiers where none belong",
        "libraries": "vulnerable libraries",
        ARCHIVABLE: "see tablekeeper archive list",
        DESTROYABLE: "see tablekeeper archive list",
    },
    either="” or “",
    bracket=" ({note})",
    sections={OWNERS: "My work", MANAGERS: "My team"},
    operations="Operations",
    figures="The archive in figures",
)


def english_terms(schema: SchemaConfig, english: Mapping[str, str]) -> Mapping[str, str]:
    """What English mails call what the configuration names in Chinese: tables and columns by their keys, unless `english` names them."""
    tables = {table.name: _spelt(key) for key, table in schema.tables.items()}
    columns = {
        field.name: _spelt(key) for table in schema.tables.values() for key, field in table.fields.items()
    }
    return {**columns, **tables, **english}


def _spelt(key: str) -> str:
    return key.replace("_", " ")


def words_of(locale: str, terms: Mapping[str, str]) -> Words:
    """The words of a locale such as zh-CN or en; `terms` are `english_terms`."""
    return CHINESE if locale.startswith("zh") else replace(ENGLISH, terms=terms)
