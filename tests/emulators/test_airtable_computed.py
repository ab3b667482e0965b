"""Cells that compute themselves: formulas, counts, rollups, lookups, and who changed what when."""

from typing import Any

import pytest
from pyairtable import Api

from emulators.adapter import IN_PROCESS_URL, mount
from tests.emulators.airtable_world import Office


class Claims(Office):
    """Customers with policies, and everything computed about them."""

    def __init__(self) -> None:
        super().__init__()
        link = {
            "name": "投保人",
            "type": "multipleRecordLinks",
            "options": {"linkedTableId": self.table["id"]},
        }
        number = {"name": "金额", "type": "number", "options": {"precision": 0}}
        self.policies = self.create_table("保单", [{"name": "号", "type": "singleLineText"}, link, number])
        self.policy_path = f"{self.base}/{self.policies['id']}"
        far, amount = self.field("保单")["id"], self.field("金额", self.policies)["id"]
        through = {"recordLinkFieldId": far, "fieldIdInLinkedTable": amount}
        self.add("张数", "count", recordLinkFieldId=far)
        self.add("合计", "rollup", formula="SUM(values)", **through)
        self.add("明细", "multipleLookupValues", **through)
        self.add("大客户", "formula", formula="IF({合计}>100,'是','否')")
        self.add("编号", "autoNumber")
        self.add("建于", "createdTime")
        self.add("改于", "lastModifiedTime")
        self.add("改者", "lastModifiedBy")

    def add(self, name: str, kind: str, **options: Any) -> None:
        definition = {"name": name, "type": kind} | ({"options": options} if options else {})
        answered = self.staff("POST", f"{self.schema_path}/{self.table['id']}/fields", definition)
        assert answered.status == 200, answered


@pytest.fixture
def claims() -> Claims:
    return Claims()


def test_counts_rollups_lookups_and_formulas_follow_the_links(claims: Claims) -> None:
    (customer,) = claims.create({"姓名": "甲"})
    assert claims.cells(customer)["张数"] == 0
    claims.create(
        {"投保人": [customer], "金额": 60}, {"投保人": [customer], "金额": 70}, path=claims.policy_path
    )
    cells = claims.cells(customer)
    assert (cells["张数"], cells["合计"], cells["明细"], cells["大客户"]) == (2, 130, [60, 70], "是")


def test_computed_fields_cannot_be_written(claims: Claims) -> None:
    refused = claims.daemon("POST", claims.path, {"fields": {"编号": 40}})
    message = 'Field "编号" cannot accept a value because the field is computed'
    assert refused.body == {"error": {"type": "INVALID_VALUE_FOR_COLUMN", "message": message}}


def test_an_average_of_nothing_is_not_a_number(claims: Claims) -> None:
    far = claims.field("保单")["id"]
    amount = claims.field("金额", claims.policies)["id"]
    claims.add(
        "平均", "rollup", formula="AVERAGE(values)", recordLinkFieldId=far, fieldIdInLinkedTable=amount
    )
    claims.add("坏", "formula", formula="ERROR()")
    (customer,) = claims.create({"姓名": "甲"})
    cells = claims.cells(customer)
    assert (cells["平均"], cells["坏"]) == ({"specialValue": "NaN"}, {"error": "#ERROR!"})


def test_a_write_moves_the_last_change_and_names_who_did_it(claims: Claims) -> None:
    (customer,) = claims.create({"姓名": "甲"})
    claims.wait(60)
    claims.staff("PATCH", f"{claims.path}/{customer}", {"fields": {"姓名": "乙"}})
    cells = claims.cells(customer)
    assert (cells["建于"], cells["改于"]) == ("2026-03-02T01:00:00.000Z", "2026-03-02T01:01:00.000Z")
    assert cells["改者"]["email"] == "staff@example.com"


@pytest.mark.parametrize(
    ("moves", "wanted"), [(False, "2026-03-02T01:00:00.000Z"), (True, "2026-03-02T01:01:00.000Z")]
)
def test_a_write_of_the_same_value_moves_it_as_the_policy_says(
    claims: Claims, moves: bool, wanted: str
) -> None:
    claims.world.policy.change({"noop_write_moves_modified_time": moves})
    (customer,) = claims.create({"姓名": "甲"})
    claims.wait(60)
    claims.daemon("PATCH", f"{claims.path}/{customer}", {"fields": {"姓名": "甲"}})
    assert claims.cells(customer)["改于"] == wanted


def test_computed_changes_do_not_move_the_last_change(claims: Claims) -> None:
    (customer,) = claims.create({"姓名": "甲"})
    (policy,) = claims.create({"投保人": [customer], "金额": 1}, path=claims.policy_path)
    before = claims.cells(customer)["改于"]
    claims.wait(60)
    claims.daemon("PATCH", f"{claims.policy_path}/{policy}", {"fields": {"金额": 2}})
    assert claims.cells(customer)["改于"] == before and claims.cells(customer)["合计"] == 2


def test_a_circle_of_formulas_is_an_error_and_no_crash(claims: Claims) -> None:
    claims.add("一", "formula", formula="{大客户}")
    claims.add("二", "formula", formula="{一}")
    path = f"{claims.schema_path}/{claims.table['id']}/fields/{claims.field('一')['id']}"
    claims.staff("PATCH", path, {"type": "formula", "options": {"formula": "{二}"}})
    (customer,) = claims.create({"姓名": "甲"})
    assert claims.cells(customer)["二"] == {"error": "#ERROR!"}


def test_a_formula_is_kept_with_ids_for_names_and_says_what_it_computes(claims: Claims) -> None:
    claims.add("折", "formula", formula="{保费} * 保费 + LEN('{保费}')")
    options = claims.field("折")["options"]
    premium = claims.field("保费")["id"]
    assert options["formula"] == f"{{{premium}}} * {{{premium}}} + LEN('{{保费}}')"
    assert (options["referencedFieldIds"], options["result"]["type"]) == ([premium], "number")
    assert claims.field("大客户")["options"]["result"]["type"] == "singleLineText"
    assert claims.field("明细")["options"]["result"]["type"] == "number"


def test_pyairtable_reads_the_schema_of_every_computed_field(claims: Claims) -> None:
    api = Api(claims.world.airtable.token, endpoint_url=IN_PROCESS_URL, retry_strategy=None)
    mount(claims.world, api.session)
    read = api.base(claims.base).schema().table("客户")
    kinds = {column.type for column in read.fields}
    assert {"formula", "rollup", "count", "multipleLookupValues", "autoNumber", "lastModifiedTime"} <= kinds
