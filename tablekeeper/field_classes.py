"""The class of each sensitive field, which budgets and roles go by, and what is wrong with the roles of a config. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sync.secrets import vault_field
from validators.field_references import mapping, text
from validators.references import Problem
from validators.schema import FieldConfig, FieldType, SchemaConfig
from validators.suggestions import suggestion
from vault.config import CLASSES, PLAIN, FieldClass

_BY_TYPE: Mapping[FieldType, FieldClass] = {
    FieldType.IDNO: "identity",
    FieldType.PHONE: "contact",
    FieldType.EMAIL: "contact",
    FieldType.ACCOUNT: "account",
}
_BY_MASK: Mapping[str, FieldClass] = {
    "idno": "identity",
    "phone": "contact",
    "email": "contact",
    "address": "contact",
    "account": "account",
    "health": "health",
    "band": "income",
}


def classes_of(schema: SchemaConfig) -> dict[str, FieldClass]:
    """The class of each sensitive field by its name in the vault: as it says itself, else by its type, else by its mask."""
    return {
        vault_field(table, key): _class_of(field)
        for table, config in schema.tables.items()
        for key, field in config.sensitive.items()
    }


def problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Classes and fields that roles or fields name and that there are not, each with a suggestion."""
    tables = mapping(raw.get("tables"))
    fields = {
        f"{table}.{field}": mapping(mapping(spec).get("sensitive"))
        for table, section in tables.items()
        for field, spec in mapping(mapping(section).get("fields")).items()
    }
    for name, sensitive in fields.items():
        wanted = text(sensitive.get("class"))
        if wanted and wanted not in CLASSES:
            table, _, field = name.partition(".")
            path = f"tables.{table}.fields.{field}.sensitive.class"
            yield Problem(path, f"there is no class {wanted!r}{suggestion(wanted, CLASSES)}")
    known = {*CLASSES, PLAIN, *fields}
    for role, rights in mapping(mapping(raw.get("vault")).get("roles")).items():
        for action, listed in mapping(rights).items():
            # `masks` names them by key, every right in a list.
            named = {name: name for name in mapping(listed)} or dict(
                enumerate(listed if isinstance(listed, list) else [])
            )
            for place, name in named.items():
                if text(name) and name not in known:
                    path = f"vault.roles.{role}.{action}.{place}"
                    yield Problem(path, f"there is no class or field {name!r}{suggestion(name, known)}")


def _class_of(field: FieldConfig) -> FieldClass:
    assert field.sensitive is not None, "only sensitive fields have a class"
    if field.sensitive.field_class:
        return cast(FieldClass, field.sensitive.field_class)
    return _BY_TYPE.get(field.type) or _BY_MASK.get(field.sensitive.mask, "other")
