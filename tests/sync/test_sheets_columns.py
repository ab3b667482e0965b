"""Finding columns, and placing missing ones."""

from sync.config import ReplicaConfig
from sync.connection import SystemColumn
from sync.sheets.columns import find_columns, marks_of
from sync.sheets.extend import arrange
from sync.sheets.layout import Layout, layouts
from tests.sync.sheets_office import schema_of

CONFIG = ReplicaConfig(
    name="sheets",
    service="sheets",
    tables=("customers",),
    fields={"customers": ("customer_no", "full_name", "age")},
)


def layout() -> Layout:
    return layouts(schema_of({}), CONFIG)[0]


def test_order_is_system_columns_then_data_then_computed_then_uid() -> None:
    headers = [column.header for column in layout().columns]
    assert headers == ["校验状态", "校验说明", "查看", "客户编号", "客户姓名", "年龄", "记录编号"]


def test_metadata_finds_a_renamed_column() -> None:
    found = find_columns(layout().columns, ["编号", "客户姓名"], {"customer_no": 0})
    assert found.at["customer_no"] == 0
    assert found.at["full_name"] == 1


def test_header_finds_a_column_without_metadata_and_alias_after_it() -> None:
    assert find_columns(layout().columns, ["客户号", "客户编号"], {}).at["customer_no"] == 1
    assert find_columns(layout().columns, ["客户号"], {}).at["customer_no"] == 0


def test_two_columns_of_one_name_are_not_guessed() -> None:
    assert "full_name" in find_columns(layout().columns, ["客户姓名", "客户姓名"], {}).missing


def test_column_whose_cells_were_cut_and_pasted_elsewhere_is_frozen() -> None:
    # The mark stays on column 0, the name has moved to column 2.
    found = find_columns(layout().columns, ["", "客户姓名", "客户编号"], {"customer_no": 0})
    assert "customer_no" in found.missing


def test_name_that_was_pushed_over_a_column_of_a_dropped_field_is_no_claim() -> None:
    """Headers, seed 95: what the config no longer has keeps its column and its mark."""
    headers, marks = ["", "客户编号"], {"customer_no": 0}
    assert "customer_no" in find_columns(layout().columns, headers, marks).missing
    assert find_columns(layout().columns, headers, marks, left={1}).at == {"customer_no": 0}


def test_column_marked_for_another_field_is_not_taken_by_its_header() -> None:
    # Staff deleted the column 客户编号 and gave its name to the column 客户姓名.
    found = find_columns(layout().columns, ["客户编号"], {"full_name": 0})
    assert found.at == {"full_name": 0}
    assert "customer_no" in found.missing


def test_marks_of_tab_zero_and_column_zero_are_read_though_google_omits_zeros() -> None:
    metadata = [
        {
            "metadataValue": "customers:customer_no",
            "location": {"dimensionRange": {"dimension": "COLUMNS", "endIndex": 1}},
        },
        {
            "metadataValue": "customers:full_name",
            "location": {"dimensionRange": {"dimension": "COLUMNS", "sheetId": 7, "startIndex": 1}},
        },
    ]
    assert marks_of(metadata, 0, "customers", layout().columns) == {"customer_no": 0}


def test_missing_columns_go_left_before_the_computed_ones_and_far_right() -> None:
    found = {"customer_no": 0, "age": 2}
    at, insertions = arrange(layout().columns, 4, found, ())
    order = sorted(at, key=lambda key: at[key])
    assert order == [
        *(SystemColumn.STATUS, SystemColumn.NOTE, SystemColumn.VIEW),
        "customer_no",
        "full_name",
        "age",
        SystemColumn.UID,
    ]
    assert at["age"] == 6, "the foreign column between stays where it was"
    assert at[SystemColumn.UID] == 8, "behind the foreign column at the end"
    assert insertions == [0, 1, 2, 4, 8]
