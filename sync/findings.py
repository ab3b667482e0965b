"""What decoding finds in a cell beside its value, in the words of staff. Never a value."""

from collections.abc import Sequence

from validators.issues import Issue
from validators.schema import FieldConfig, FieldKey, Level, SchemaConfig
from vault.masks import CellText
from vault.values import Sealed

from .words import FORMULA, WAITING_LINK, WITHDRAWN

UNKNOWN_LINK = "unknown_link"
TOKEN_UNKNOWN = "token_unknown"


def not_theirs(key: FieldKey, departments: Sequence[str]) -> Issue:
    """An edit of what may be seen here and not changed."""
    names = "、".join(departments)
    if not names:
        return Issue(WITHDRAWN, Level.HINT, (key,), "在本表只能查看", "到主表修改")
    return Issue(WITHDRAWN, Level.HINT, (key,), f"由{names}维护", f"联系{names}")


def unknown_link(key: FieldKey, config: FieldConfig, schema: SchemaConfig) -> Issue:
    """A link cell names a record that does not exist."""
    target = schema.tables[config.to or ""]
    key_name = target.fields[target.key].name
    return Issue(
        UNKNOWN_LINK,
        Level.ERROR,
        (key,),
        f"{target.name}中没有这个{key_name}",
        f"核对{key_name},或先在{target.name}中建档",
    )


def waiting_link(key: FieldKey, config: FieldConfig, number: str) -> Issue:
    """A link of a live record was set to one that is not live yet: the field waits for it, and nobody has to mend it here."""
    name = f"{config.name} {number}".strip()
    return Issue(WAITING_LINK, Level.ERROR, (key,), f"等待{name} 更正后自动生效", "本行无需处理")


def edited(key: FieldKey) -> Issue:
    """A mask was edited half."""
    return Issue("stand_in_edited", Level.HINT, (key,), "您改动了加密显示的文字", "选中整格输入完整新号码")


def lost_token(key: FieldKey) -> Issue:
    """The vault has the value no longer."""
    return Issue("token_lost", Level.HINT, (key,), "保险库中已没有这个值", "选中整格重新输入完整内容")


def stray(key: FieldKey, cell: CellText, sealed: Sealed | None) -> Issue:
    """A stand-in that does not belong where it stands, by what it is: mistyped, edited, never issued, destroyed, another's."""
    if cell.mistyped:
        return Issue("token_mistyped", Level.HINT, (key,), "加密代码有错字", "选中整格输入完整新号码")
    if cell.damaged:
        return edited(key)
    if sealed is None:
        return Issue(TOKEN_UNKNOWN, Level.HINT, (key,), "保险库中没有这个加密代码", "选中整格输入完整内容")
    if sealed.state == "erased":
        return Issue(
            "token_erased", Level.HINT, (key,), "这个加密代码的内容已删除,不能恢复", "选中整格输入完整内容"
        )
    return Issue(
        "token_foreign", Level.HINT, (key,), "粘贴的加密代码不属于此人此栏", "选中整格输入完整新号码"
    )


def cleared_copy(key: FieldKey) -> Issue:
    """What a copied row shows of another person."""
    return Issue("cleared_copy", Level.HINT, (key,), "复制来的加密内容属于另一个人,已清空", "输入本人的号码")


def option_deleted(key: FieldKey) -> Issue:
    """The option that a cell showed was deleted from its column."""
    mend = "不再用的选项请运维在 config.yaml 中停用"
    return Issue("option_deleted", Level.HINT, (key,), "选项从列中被删除", mend)


def formula(key: FieldKey) -> Issue:
    """A cell holds a formula, which is neither read nor written."""
    return Issue(FORMULA, Level.HINT, (key,), "公式不会同步", "直接填写结果")
