"""Functions that decide. Those that must not compute every argument are lazy: they get trees."""

from collections.abc import Callable
from typing import Any

from emulators.google.formula_syntax import Cells
from emulators.google.formula_text_functions import flat
from emulators.google.formula_values import FormulaError, Range, Result, compare, scalar, to_bool, value_error

ANY = 255


def _if(here: Any, test: Any, yes: Any, no: Any = False) -> Result:
    if to_bool(here.compute(test)):
        return scalar(here.compute(yes))
    return False if no is False else scalar(here.compute(no))


def _ifs(here: Any, *pairs: Any) -> Result:
    for test, result in zip(pairs[::2], pairs[1::2], strict=False):
        if to_bool(here.compute(test)):
            return scalar(here.compute(result))
    raise FormulaError("N_A", "No match.")


def _unless(kinds: tuple[str, ...] | None) -> Callable[..., Result]:
    def run(here: Any, value: Any, otherwise: Any = None) -> Result:
        try:
            return scalar(here.compute(value))
        except FormulaError as error:
            if kinds is not None and error.kind not in kinds:
                raise
            return "" if otherwise is None else scalar(here.compute(otherwise))

    return run


def _fails(test: Callable[[FormulaError], bool]) -> Callable[..., bool]:
    def run(here: Any, value: Any) -> bool:
        try:
            scalar(here.compute(value))
        except FormulaError as error:
            return test(error)
        return False

    return run


def _choose(here: Any, index: Any, *options: Any) -> Result:
    place = int(scalar(here.compute(index)) or 0)
    if not 1 <= place <= len(options):
        raise FormulaError("NUM", "Function CHOOSE parameter 1 value is out of range.")
    return scalar(here.compute(options[place - 1]))


def _switch(here: Any, value: Any, *cases: Any) -> Result:
    key = scalar(here.compute(value))
    for case, result in zip(cases[::2], cases[1::2], strict=False):
        if compare(key, scalar(here.compute(case))) == 0:
            return scalar(here.compute(result))
    if len(cases) % 2:
        return scalar(here.compute(cases[-1]))
    raise FormulaError("N_A", "Function SWITCH did not find a match.")


def _place(axis: str) -> Callable[..., Result]:
    def run(here: Any, cells: Any = None) -> Result:
        if cells is None:
            return int(getattr(here, axis)) + 1
        if not isinstance(cells, Cells):
            raise value_error("Argument must be a range.")
        box = here.evaluator.range(cells.reference, here.sheet).box
        return int(box.top if axis == "row" else box.left) + 1

    return run


def _size(axis: str) -> Callable[..., Result]:
    def run(here: Any, cells: Any) -> Result:
        found = here.compute(cells)
        return int(getattr(found.box, axis)) if isinstance(found, Range) else 1

    return run


def _is(test: Callable[[Any], bool]) -> Callable[..., bool]:
    def run(here: Any, value: Any) -> bool:
        try:
            return test(scalar(here.compute(value)))
        except FormulaError:
            return False

    return run


def _not_available(_: Any) -> Result:
    raise FormulaError("N_A", "")


def _truths(here: Any, arguments: tuple[Any, ...]) -> list[bool]:
    computed = tuple(here.compute(argument) for argument in arguments)
    return [to_bool(value) for value in flat(computed)]


LOGIC_FUNCTIONS: dict[str, tuple[Callable[..., Result], int, int, bool]] = {
    "AND": (lambda here, *values: all(_truths(here, values)), 1, ANY, True),
    "CHOOSE": (_choose, 2, ANY, True),
    "COLUMN": (_place("column"), 0, 1, True),
    "COLUMNS": (_size("width"), 1, 1, True),
    "FALSE": (lambda _: False, 0, 0, True),
    "IF": (_if, 2, 3, True),
    "IFERROR": (_unless(None), 1, 2, True),
    "IFNA": (_unless(("N_A",)), 2, 2, True),
    "IFS": (_ifs, 2, ANY, True),
    "ISBLANK": (_is(lambda value: value is None), 1, 1, True),
    "ISERR": (_fails(lambda error: error.kind != "N_A"), 1, 1, True),
    "ISERROR": (_fails(lambda error: True), 1, 1, True),
    "ISLOGICAL": (_is(lambda value: isinstance(value, bool)), 1, 1, True),
    "ISNA": (_fails(lambda error: error.kind == "N_A"), 1, 1, True),
    "ISNUMBER": (
        _is(lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
        1,
        1,
        True,
    ),
    "ISTEXT": (_is(lambda value: isinstance(value, str)), 1, 1, True),
    "NA": (_not_available, 0, 0, True),
    "NOT": (lambda here, value: not to_bool(here.compute(value)), 1, 1, True),
    "OR": (lambda here, *values: any(_truths(here, values)), 1, ANY, True),
    "ROW": (_place("row"), 0, 1, True),
    "ROWS": (_size("height"), 1, 1, True),
    "SWITCH": (_switch, 3, ANY, True),
    "TRUE": (lambda _: True, 0, 0, True),
    "XOR": (lambda here, *values: sum(_truths(here, values)) % 2 == 1, 1, ANY, True),
}
