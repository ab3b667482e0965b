"""Bringing a tab that exists up to the config: missing columns, renamed headers, new options; nothing reordered or retyped."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.connection import SystemColumn
from validators.schema import SchemaConfig, ViewConfig

from . import dress
from .closed import closed_ranges
from .columns import Found, columns_marked, find_columns, left_columns, marks_of, misnamed_columns
from .grid import Json, area, insert, span
from .layout import LEFT, Column, ColumnKey, Layout
from .plan import Place, Plan
from .tabs import Sheet

CLOSED = "本列受保护,本服务写不进去 → 请表格所有者把本服务的账号加为该保护范围的编辑者,或改为“仅显示警告”"
CONTESTED = "两个列用了这个列名,无法确定是哪一个;本列已冻结 → 请把多余的那一列改名,再运行 tablekeeper setup"
KEEPS_FORMAT = "原有列的格式不会改动,而数字格式会丢掉长号码的末几位 → 选中整列:格式 → 数字 → 纯文本"
RENAMED = "表中列名已由员工改为“{shown}”,同步照常 → 如要统一,请修改 config.yaml 中的 name"
LEFT_COLUMN = "config.yaml 中已没有这一列,不再同步,填在其中的号码不会加密 → 右键点击列标,选“删除列”"
RETYPED = "原有列的格式不会改动 → 选中整列,自行设置格式与数据验证"


@dataclass(frozen=True, slots=True)
class Extension:
    """One tab that exists, and the config it is to meet."""

    layout: Layout
    sheet: Sheet
    headers: Sequence[str]
    place: Place
    schema: SchemaConfig

    def plan(self, plan: Plan) -> None:
        """Add to the plan what this tab lacks."""
        layout, gid = self.layout, self.sheet.gid
        marks = marks_of(self.place.metadata, gid, layout.table, layout.columns)
        left = left_columns(self.place.metadata, gid, layout.table, marks)
        found = find_columns(layout.columns, self.headers, marks, left=left)
        contested = found.missing & marks.keys()
        at = self._add_columns(found, contested, plan)
        if layout.table not in self.place.marked:
            plan.make(layout.title, "adopt the tab", [_frozen(gid), *owned(layout, gid)], adopted=True)
        for column in layout.columns:
            if column.key in contested:
                plan.leave(layout.title, f"column {column.header}", CONTESTED)
            elif column.key in found.at:
                self._check_column(
                    column, at[column.key], self._header(found.at[column.key]), column.key in marks, plan
                )
        self._leave_closed(found.at, plan)
        self._leave_columns(plan)
        self._add_views(at, plan)
        self._remove_columns(arrange(layout.columns, len(self.headers), found.at, contested)[1], plan)
        plan.remember(layout, [column for column in layout.columns if column.key in at], self.schema)
        plan.bindings[f"tab:{layout.table}"] = str(gid)

    def _header(self, index: int) -> str:
        return self.headers[index] if index < len(self.headers) else ""

    def _add_columns(
        self, found: Found, contested: Collection[ColumnKey], plan: Plan
    ) -> Mapping[ColumnKey, int]:
        order, insertions = arrange(self.layout.columns, len(self.headers), found.at, contested)
        gid = self.sheet.gid
        # Insertions come first, so that every index below is that of the finished tab.
        plan.requests += [
            insert(gid, "COLUMNS", index, 1, like_before=index > 0)
            if index < self.sheet.columns + done
            else {"appendDimension": {"sheetId": gid, "dimension": "COLUMNS", "length": 1}}
            for done, index in enumerate(insertions)
        ]
        for column in self.layout.columns:
            if column.key in order and column.key not in found.at:
                made = dress.created(self.layout, column, gid, order[column.key], self.schema)
                blank = (self.layout.table, (column.key,)) if column.field else None
                plan.make(self.layout.title, f"add the column {column.header}", made, blank=blank)
        return order

    def _check_column(self, column: Column, index: int, shown: str, marked: bool, plan: Plan) -> None:
        title, gid = self.layout.title, self.sheet.gid
        if not marked:
            plan.make(title, f"adopt the column {shown}", dress.adopted(self.layout, column, gid, index))
            if column.field and column.field.sensitive:
                plan.leave(title, f"format of the column {shown}", KEEPS_FORMAT)
        made = self.place.made(self.layout.table, column)
        misnamed = column.key in misnamed_columns(self.layout, [shown], {column.key: 0})
        if misnamed or (made and shown == made["header"] != column.header):
            plan.make(
                title, f"name the column {column.header} (was: {shown})", [dress.header(column, gid, index)]
            )
        elif shown != column.header and shown not in column.aliases:
            plan.leave(title, f"header of the column {column.header}", RENAMED.format(shown=shown))
        if made and made["shape"] != (shape := dress.shape_of(column, self.schema)):
            self._reshape(
                column, index, retyped=made["shape"].split("|")[0] != shape.split("|")[0], plan=plan
            )

    def _reshape(self, column: Column, index: int, *, retyped: bool, plan: Plan) -> None:
        title, gid = self.layout.title, self.sheet.gid
        if retyped:
            plan.leave(title, f"type of the column {column.header}", RETYPED)
            return
        renewed = [dress.validation(column, gid, index, self.schema), *dress.note(column, gid, index)]
        plan.make(title, f"renew options and note of the column {column.header}", renewed)

    def _remove_columns(self, insertions: Sequence[int], plan: Plan) -> None:
        """What the replica no longer holds goes; the archive has it. A column that is not ours, or of no field, stays."""
        layout, gid = self.layout, self.sheet.gid
        held = {column.key for column in layout.columns}
        gone = [
            Column(key, field.name, field) for key, field in layout.config.fields.items() if key not in held
        ]
        marks = marks_of(self.place.metadata, gid, layout.table, gone)
        for column in sorted(gone, key=lambda column: -marks.get(column.key, -1)):
            if column.key in marks:
                index = shifted(marks[column.key], insertions)
                request = {"deleteDimension": {"range": span(gid, "COLUMNS", index, index + 1)}}
                plan.make(layout.title, f"remove the column {column.header}", [request])

    def _leave_closed(self, at: Mapping[ColumnKey, int], plan: Plan) -> None:
        closed = closed_ranges(self.place.document).get(self.sheet.gid, ())
        for column in self.layout.columns:
            if column.key in at and any(one.touches(at[column.key]) for one in closed):
                plan.leave(self.layout.title, f"protection of the column {column.header}", CLOSED)

    def _leave_columns(self, plan: Plan) -> None:
        """Columns of fields that the config no longer has: staff may still type there, so a person deletes them."""
        layout = self.layout
        known = {column.key for column in layout.columns} | layout.config.fields.keys()
        for key, index in sorted(columns_marked(self.place.metadata, self.sheet.gid, layout.table).items()):
            if key not in known:
                plan.leave(layout.title, f"delete the column {self._header(index)}", LEFT_COLUMN, left=True)

    def _add_views(self, at: Mapping[ColumnKey, int], plan: Plan) -> None:
        there = self.place.views(self.sheet.gid)
        for view in self.layout.config.views:
            if view.name not in there:
                plan.make(
                    self.layout.title,
                    f"add the filter view {view.name}",
                    filter_view(view, self.sheet.gid, at),
                )


def arrange(
    columns: Sequence[Column], width: int, found: Mapping[ColumnKey, int], contested: Collection[ColumnKey]
) -> tuple[Mapping[ColumnKey, int], Sequence[int]]:
    """Where all columns stand after the missing ones are inserted, and at which index each is inserted, in order."""
    order: list[ColumnKey | None] = [None] * max([width, *(index + 1 for index in found.values())])
    for key, index in found.items():
        order[index] = key
    insertions = []
    for column in columns:
        if column.key not in found and column.key not in contested:
            index = _slot(column, columns, order)
            order.insert(index, column.key)
            insertions.append(index)
    return {key: index for index, key in enumerate(order) if key is not None}, insertions


def shifted(index: int, insertions: Sequence[int]) -> int:
    """Where a column stands after these insertions, each at its place when it is made."""
    for inserted in insertions:
        index += inserted <= index
    return index


def _slot(column: Column, columns: Sequence[Column], order: Sequence[ColumnKey | None]) -> int:
    """The index at which a missing column is inserted."""
    if column.key in LEFT:
        return min(LEFT.index(SystemColumn(column.key)), len(order))
    uid = order.index(SystemColumn.UID) if SystemColumn.UID in order else len(order)
    if column.key is SystemColumn.UID or column.written_by_daemon:
        return uid
    # After the data columns that are there, so that computed ones stay to the right of it.
    fields = {other.key for other in columns if not other.written_by_daemon}
    return max((index + 1 for index, key in enumerate(order) if key in fields), default=uid)


def owned(layout: Layout, gid: int) -> Iterator[Json]:
    """What a tab gets once: a warning on the header row, and our mark."""
    yield dress.protection(area(gid, (0, 1)))
    yield dress.mark(layout.table, {"sheetId": gid})


def filter_view(view: ViewConfig, gid: int, at: Mapping[ColumnKey, int]) -> Iterator[Json]:
    """A sort order that staff may switch to without changing what others see. Columns this replica lacks are left out."""
    orders = [
        {
            "dimensionIndex": at[key.lstrip("-")],
            "sortOrder": "DESCENDING" if key.startswith("-") else "ASCENDING",
        }
        for key in view.sort
        if key.lstrip("-") in at
    ]
    where = area(gid, None, (0, max(at.values()) + 1)) | {"startRowIndex": 0}
    yield {"addFilterView": {"filter": {"title": view.name, "range": where, "sortSpecs": orders}}}


def _frozen(gid: int) -> Json:
    grid = {"frozenRowCount": 1, "frozenColumnCount": len(LEFT)}
    properties = {"sheetId": gid, "gridProperties": grid}
    return {
        "updateSheetProperties": {
            "properties": properties,
            "fields": "gridProperties(frozenRowCount,frozenColumnCount)",
        }
    }
