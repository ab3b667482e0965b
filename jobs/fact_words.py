"""The fixed words of figures and of how the archive runs, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class FactWords:
    """One language. Braces are filled in by whoever uses a sentence."""

    records: str
    money: str
    amount: str
    share: str
    too_few: str
    nothing: str
    blank: str
    others: str
    failed: str
    complete: str
    open_items: str
    items: str
    total: str
    waiting: str
    held: str
    conflicts: str
    deletions: str
    alarms: str
    erasable: str
    mails: str
    config_refused: str
    frozen: str
    left: str
    last_sync: str
    unwritten: str
    leak_scan: str
    restore_drill: str
    backup: str
    unknown: str
    seconds: str
    minutes: str
    hours: str
    between: str
    colon: str
    unjudged: str
    unaddressed: str
    refused_mails: str
    calendar: str
    calendar_unknown: str
    tells_days_only: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)

    def said(self, text: str) -> str:
        """What the configuration calls so, in this language, as far as `mail.english` has it."""
        return self.terms.get(text, text)

    def check(self, noted: str | None) -> str:
        """What is known of a check: its day, and in Chinese what it found, as jobs note it."""
        if noted is None:
            return self.unknown
        return noted[:DAY] if self.tells_days_only else noted


DAY = len("2026-11-23")

CHINESE = FactWords(
    records="条",
    money="元",
    amount="{amount:,.0f} {unit}",
    share="{share:.1%}\uff08{count:,} 条\uff09",
    too_few="少于 {count} 条\uff0c不显示",
    nothing="无",
    blank="未填",
    others="其他",
    failed="有 {count} 条无法计算",
    complete="{table}资料完整度",
    open_items="未完成事项\uff1a{kind}",
    items="{count:,} 项\uff0c其中逾期 {late:,} 项",
    total="记录总数",
    waiting="等待中的行",
    held="未生效的行",
    conflicts="未解决的冲突",
    deletions="待确认的删除",
    alarms="保险库报警",
    erasable="可彻底删除的受限客户",
    mails="未送达的邮件",
    config_refused="未采用的新配置",
    frozen="暂停同步的表和列",
    left="待人工删除的列和表",
    last_sync="上次同步：{name}",
    unwritten="{name} 待写入的行",
    leak_scan="最近明文检查",
    restore_drill="最近恢复演练",
    backup="最近备份",
    unknown="无记录",
    seconds="{count:.0f} 秒前",
    minutes="{count:.0f} 分钟前",
    hours="{count:.0f} 小时前",
    between="、",
    colon="\uff1a",
    unjudged="无法判断的提醒",
    unaddressed="没有收件人的事项",
    refused_mails="退信\uff1a{address}",
    calendar="{year}年放假安排",
    calendar_unknown="未录入\uff0c暂按周一至周五计\uff1b国务院公布后填入 config.yaml 的 calendar",
)

ENGLISH = FactWords(
    records="records",
    money="yuan",
    amount="{amount:,.0f} {unit}",
    share="{share:.1%} (of {count:,})",
    too_few="fewer than {count}, not shown",
    nothing="none",
    blank="blank",
    others="others",
    failed="{count} could not be computed",
    complete="{table}: completeness",
    open_items="open: {kind}",
    items="{count:,}, {late:,} of them overdue",
    total="records",
    waiting="rows that wait",
    held="rows not in effect",
    conflicts="open conflicts",
    deletions="deletions to confirm",
    alarms="alarms of the vault",
    erasable="restricted persons to be erased",
    mails="mails not delivered",
    config_refused="changed config not in use",
    frozen="tables and columns left alone",
    left="columns and tables to delete by hand",
    last_sync="last sync: {name}",
    unwritten="rows to be written to {name}",
    leak_scan="last plaintext scan",
    restore_drill="last restore drill",
    backup="last backup",
    unknown="no record",
    seconds="{count:.0f} s ago",
    minutes="{count:.0f} min ago",
    hours="{count:.0f} h ago",
    between=", ",
    colon=": ",
    unjudged="reminders that could not be judged",
    unaddressed="items without a reader",
    refused_mails="mail refused for {address}",
    calendar="holidays of {year}",
    calendar_unknown="not entered, Monday to Friday count; once published, enter them under calendar in config.yaml",
    tells_days_only=True,
)


def fact_words(locale: str, terms: Mapping[str, str]) -> FactWords:
    """The words of a locale such as zh-CN or en; `terms` are `words.english_terms`."""
    return CHINESE if locale.startswith("zh") else replace(ENGLISH, terms=terms)
