"""What can be wrong with the settings, in plain words: every problem at once, with its path and line."""

import re
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from validators.references import Problem
from validators.suggestions import suggestion

Location = tuple[int | str, ...]


class ConfigProblems(Exception):
    """Everything that is wrong with the settings, one line each. Carries no value of the environment.

    `lines` leads from a path to its line in `file`; a path that is not there stands at its nearest parent.
    """

    def __init__(
        self, problems: Iterable[Problem], *, file: str = "", lines: Mapping[str, int] | None = None
    ) -> None:
        self.file = file
        self.lines = lines or {}
        self.problems = tuple(sorted(dict.fromkeys(problems), key=self.line_of))
        super().__init__("\n".join(map(self.describe, self.problems)))

    def describe(self, problem: Problem) -> str:
        """`config.yaml:12: tables.staff.fields.name.typ: unknown key; did you mean type?`, as compilers write it."""
        where = f"{self.file}:{self.line_of(problem)}" if self.lines else self.file
        return ": ".join(part for part in (where, problem.path, problem.message) if part)

    def line_of(self, problem: Problem) -> int:
        """The line of the problem's path, or of its nearest parent; 1 when there is neither."""
        path = problem.path
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)


def from_models(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The problems that pydantic found in the whole configuration, without the values it found them in."""
    found = error.errors(include_url=False)
    # A list of which every item was refused counts as too short as well.
    parents = {each["loc"][:length] for each in found for length in range(len(each["loc"]))}
    return [
        Problem(dotted(each["loc"]), _words(each["type"], each["loc"], each, model))
        for each in found
        if each["type"] != "too_short" or each["loc"] not in parents
    ]


def dotted(location: Location) -> str:
    """`tables.staff.key`. The marker that pydantic adds for the key of a mapping is no step of the path."""
    return ".".join(str(step) for step in location if step != "[key]")


def _words(kind: str, location: Location, found: Mapping[str, Any], model: type[BaseModel]) -> str:
    match kind:
        case "extra_forbidden":
            known = _keys(_at(model, location[:-1]))
            return "unknown key" + (suggestion(location[-1], known) or f"; known here: {', '.join(known)}")
        case "missing":
            return "this key is missing"
        case "enum" | "literal_error":
            expected = str(found["ctx"]["expected"])
            return f"must be {expected}" + suggestion(found["input"], re.findall("'(.*?)'", expected))
        case "string_pattern_mismatch" if location[-1] == "[key]":
            return "a key starts with a lower-case letter and holds only lower-case letters, digits and _"
        case "string_type":
            return "must be text; a number, a date or yes and no stand in quotes"
        case _:
            return str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")


def _at(annotation: Any, location: Location) -> Any:
    """The type that stands at a location below a type; None when the location leads out of what is typed."""
    for step in location:
        annotation = _inside(_bare(annotation), step)
    return _bare(annotation)


def _inside(annotation: Any, step: int | str) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _inside(_bare(annotation.model_fields["root"].annotation), step)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields
        return next((field.annotation for name, field in fields.items() if step in (name, field.alias)), None)
    arguments = get_args(annotation)
    return arguments[1 if isinstance(step, str) else 0] if len(arguments) > 1 else None


def _bare(annotation: Any) -> Any:
    """The type without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not NoneType))
    return annotation


def _keys(model: Any) -> list[str]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]
