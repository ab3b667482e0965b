"""What the operator changes in config.yaml while staff work, with its place in the oracle's notebook."""

from collections.abc import Callable, Mapping
from random import Random

from sync.config import ReplicaConfig
from tests.simulation import archive
from tests.simulation.notebook import Notebook
from tests.simulation.side import Side
from tests.simulation.staff import Staff

Configs = dict[str, ReplicaConfig]
"""The replicas of config.yaml by name; a change replaces or removes some."""
Change = Callable[[Staff, Random, Configs], None]
SEALED = ("customers", "occupation")
DROPPED = (("customers", "height"), ("policies", "premium"))
RENAMED = (
    ("customers", "needs", "保险需求"),
    ("policies", "active", "是否在保"),
    ("customers", "height", "身高cm"),
)
OPTION = ("level", "金卡", "贵宾")


def make_sensitive(staff: Staff, random: Random, configs: Configs) -> None:
    """What stood in the clear goes into the vault, and must stand nowhere else any more."""
    table, key = SEALED
    archive.fields(table)[key]["sensitive"] = {"mask": "redact"}
    notebook = staff.notebook
    notebook.secrets |= {one.value for one in notebook.typed if (one.table, one.key) == SEALED}
    notebook.secrets |= {value for _, cell, value in notebook.forbidden if (cell[0], cell[2]) == SEALED}


def drop_field(staff: Staff, random: Random, configs: Configs) -> None:
    """A field that nobody needs any more."""
    table, key = random.choice(DROPPED)
    if archive.fields(table).pop(key, None) is None:
        return
    staff.notebook.forget_field(table, key)
    for name, config in configs.items():
        configs[name] = config.model_copy(
            update={
                "fields": _without(config.fields, table, key),
                "read_only": _without(config.read_only, table, key),
            }
        )


def _without(fields: Mapping[str, tuple[str, ...]], table: str, key: str) -> dict[str, tuple[str, ...]]:
    return {of: tuple(one for one in keys if (of, one) != (table, key)) for of, keys in fields.items()}


def rename_field(staff: Staff, random: Random, configs: Configs) -> None:
    """Another header for a column."""
    table, key, name = random.choice(RENAMED)
    if key in archive.fields(table):
        archive.rename(table, key, name)


def rename_option(staff: Staff, random: Random, configs: Configs) -> None:
    """An option is spelt otherwise from now on."""
    options, old, new = OPTION
    known = archive.SCHEMA["options"][options]
    if isinstance(known, dict):
        return
    values = [new if value == old else value for value in known]
    archive.SCHEMA["options"][options] = {"values": values, "aliases": {old: new}}
    staff.notebook.respell("customers", "level", old, new)
    for name, config in configs.items():
        spelt = {table: text.replace(old, new) for table, text in config.filter.items()}
        configs[name] = config.model_copy(update={"filter": spelt})


def change_filter(staff: Staff, random: Random, configs: Configs) -> None:
    """A department gets other rows."""
    filtered = [(name, table) for name, config in configs.items() for table in config.filter]
    if filtered:
        name, table = random.choice(filtered)
        key = archive.FILTERS[table]
        text = f'{key} == "{random.choice(staff.inventor.options(table, key))}"'
        config = configs[name]
        configs[name] = config.model_copy(update={"filter": {**config.filter, table: text}})


def retire(staff: Staff, random: Random, configs: Configs) -> None:
    """A replica is not looked at any more; what stood only there is nobody's business."""
    spare = [name for name in staff.sides if name in configs and name not in archive.MAIN]
    if not spare:
        return
    name = random.choice(spare)
    del configs[name]
    _forget(staff, staff.sides.pop(name))


def _forget(staff: Staff, side: Side) -> None:
    notebook: Notebook = staff.notebook
    for table in archive.TABLES:
        staff.torn.pop((side.name, table), None)
        for line in side.lines(table):
            notebook.tab_lost(side.name, table, line.origin, staff.read(table, line))
    notebook.refused |= {(one.table, one.origin) for one in notebook.deleted if one.replica == side.name}


CHANGES: Mapping[Change, int] = {
    make_sensitive: 3,
    drop_field: 2,
    rename_field: 2,
    rename_option: 2,
    change_filter: 3,
    retire: 1,
}


def change(staff: Staff, random: Random, configs: Configs) -> None:
    """One change of config.yaml."""
    (chosen,) = random.choices(list(CHANGES), list(CHANGES.values()))
    staff.story.append(f"config: {chosen.__name__}")
    chosen(staff, random, configs)


__all__ = ["CHANGES", "change"]
