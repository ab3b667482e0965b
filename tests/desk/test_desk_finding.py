"""Finding people by what a customer says, where names are plain and where they are sensitive; and what a number fills in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tablekeeper.archive import Archive, open_archive, vault_url
from tablekeeper.config import parse
from tablekeeper.desk.draft import Draft, forms_of, save, told_by_number
from tablekeeper.desk.finding import SEARCHES_MAX, Hit, find_records
from tablekeeper.desk.telling import Mistaken
from tablekeeper.environment import Environment
from tests.desk.desk_office import CLERK, KEY
from tests.sync.people import ID_NUMBER
from tests.tablekeeper.cli_office import PASSPHRASE, ROOT
from vault.access import Access
from vault.errors import BudgetReached
from vault.keys import Argon2Cost, from_passphrase
from vault.users import Users
from vault.vault import Vault

Fields = dict[str, dict[str, Any]]
CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
NAMES = ("王小明", "王小红", "欧阳小明")


@contextmanager
def archive_of(folder: Path, change: Callable[[Fields], object]) -> Iterator[Archive]:
    """An archive with three customers, whose services nobody calls."""
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    change(raw["tables"]["customers"]["fields"])
    raw["sync"]["replicas"] = [one for one in raw["sync"]["replicas"] if "place_env" not in one]
    config = parse(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False))
    (folder / "key.json").write_text("{}")
    environment = Environment(
        home=folder,
        passphrase=PASSPHRASE,
        airtable_token="pat",
        airtable_base="appNobody",
        google_credentials=folder / "key.json",
        spreadsheet="nobody",
    )
    Vault.create(vault_url(folder), from_passphrase(PASSPHRASE, cost=CHEAP), config=config.vault).close()
    with open_archive(config, environment, home=folder) as archive:
        forms = forms_of(config)
        assert forms
        for name in NAMES:
            draft = Draft(forms)
            draft.put("customers", "full_name", name)
            save(archive.engine, draft, actor="李柜员")
        yield archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Callable[[Callable[[Fields], object]], Archive]]:
    with ExitStack() as open_ones:
        yield lambda change: open_ones.enter_context(archive_of(tmp_path, change))


def plain(fields: Fields) -> None:
    """The default archive: names stand in the clear."""


def sensitive(fields: Fields) -> None:
    fields["full_name"].pop("abroad")
    fields["full_name"]["sensitive"] = {"mask": "name", "search": True}


def access(archive: Archive, role: str = "客服") -> Access:
    users = Users(archive.vault, cost=CHEAP)
    users.add(CLERK, title=role, role=role, approved_by="陈合规", key=KEY, actor="运维")
    return Access(archive.vault, users.sign_in(CLERK, KEY))


def found(hits: list[Hit] | Any) -> list[str]:
    return [hit.label for hit in hits]


def test_any_part_of_a_name_finds_it_and_those_that_begin_with_it_come_first(
    archive: Callable[..., Archive],
) -> None:
    opened = archive(plain)
    clerk = access(opened)
    assert found(find_records(opened, clerk, "王小", "联系客户")) == ["王小明", "王小红"]
    assert found(find_records(opened, clerk, "小明", "联系客户")) == ["欧阳小明", "王小明"]
    assert found(find_records(opened, clerk, "%明", "联系客户")) == []
    assert found(find_records(opened, clerk, "_小", "联系客户")) == []


def test_one_sign_finds_nobody_for_it_would_list_half_the_archive(archive: Callable[..., Archive]) -> None:
    opened = archive(plain)
    with pytest.raises(Mistaken, match="两个字"):
        find_records(opened, access(opened), "王", "联系客户")


def test_searching_by_name_is_counted_and_has_an_end(archive: Callable[..., Archive]) -> None:
    opened = archive(plain)
    clerk = access(opened)
    for _ in range(SEARCHES_MAX):
        find_records(opened, clerk, "小明", "联系客户")
    with pytest.raises(BudgetReached):
        find_records(opened, clerk, "小明", "联系客户")


def test_sensitive_name_is_found_whole_by_the_keyed_index_and_shown_masked(
    archive: Callable[..., Archive],
) -> None:
    opened = archive(sensitive)
    clerk = access(opened, role="理赔")
    (hit,) = find_records(opened, clerk, "王小明", "联系客户")
    assert (hit.label, "王小明" in hit.mask, hit.mask[0]) == ("", False, "王")
    assert find_records(opened, clerk, "小明", "联系客户") == []


def test_number_fills_in_birth_date_sex_and_region_where_the_table_has_them(
    archive: Callable[..., Archive],
) -> None:
    def with_region(fields: Fields) -> None:
        fields["region"] = {"name": "所在省市", "type": "text"}

    opened = archive(with_region)
    forms = forms_of(opened.config)
    assert forms
    draft = Draft(forms)
    draft.put("customers", "id_number", ID_NUMBER)
    told = told_by_number(opened.engine, "customers", draft)
    assert told
    assert told.cells == {
        "birth_date": "1990-03-07",
        "gender": told.cells["gender"],
        "region": "北京市朝阳区",
    }
    assert told.cells["gender"] in ("男", "女")
