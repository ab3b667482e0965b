"""One input of the intake form, of the kind that its field's type asks for."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from tablekeeper.desk.frame import NEVER_KEPT
from validators.raw import Raw
from validators.schema import LINKS, NUMBERS, SELECTS, FieldConfig, FieldType, SchemaConfig

Changed = Callable[[Raw], Awaitable[None]]
PAUSE_MS = 400
"""After this long without a key, what was typed is judged."""


async def _unheard(_: Raw) -> None:
    """Nobody waits for the value."""


def build_field(schema: SchemaConfig, config: FieldConfig, changed: Changed = _unheard) -> ValueElement[Any]:
    """The input, labelled with the field's name; `changed` gets its value."""

    async def on_change(event: Any) -> None:
        await changed(event.value)

    return _element(schema, config, _label(schema, config), on_change).classes("field")


def _label(schema: SchemaConfig, config: FieldConfig) -> str:
    if config.type in LINKS and config.to:
        target = schema.tables[config.to]
        return f"{config.name}（{target.fields[target.key].name}）"
    star = " *" if config.required else ""
    default = (
        f"（默认{config.default}）" if isinstance(config.default, str) and config.default != "today" else ""
    )
    return f"{config.name}{star}{default}"


def _element(
    schema: SchemaConfig, config: FieldConfig, label: str, on_change: Callable[[Any], Awaitable[None]]
) -> ValueElement[Any]:
    if config.type in SELECTS:
        options = list(schema.options_of(config).values)
        many = config.type is FieldType.MULTISELECT
        return ui.select(options, label=label, multiple=many, clearable=True, on_change=on_change).props(
            "outlined dense"
        )
    if config.type is FieldType.BOOL:
        return ui.checkbox(label, on_change=on_change)
    made = ui.input(label=label, on_change=on_change).props(
        f"outlined dense debounce={PAUSE_MS} {NEVER_KEPT}"
    )
    if config.type is FieldType.DATE:
        made.props("type=date stack-label")
    elif config.type is FieldType.LONGTEXT:
        made.props("type=textarea autogrow")
    elif config.type in NUMBERS:
        made.props("inputmode=decimal")
    elif config.type is FieldType.PHONE:
        made.props("inputmode=tel")
    return made
