"""Mutation testing of the pure core, run by hand: `python -m tests.mutation`. Its score stands in docs/TESTING.md.

One small change at a time is made to a module (a comparison, a condition, a number), and the tests of that module run in
this process against the changed code. A change that no test notices is printed.
"""

import ast
import copy
import importlib
import inspect
import signal
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from hypothesis import Phase, settings

from tests.sync import laws

laws.law = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
CORE = {
    "sync.merge": "tests.sync.test_merge",
    "sync.decide": "tests.sync.test_plan",
    "sync.identify": "tests.sync.test_identify",
    "sync.uid": "tests.sync.test_uid",
    "vault.tokens": "tests.vault.test_vault_tokens",
}
RUN_S_MAX = 30
"""A change after which the tests never end is noticed, too."""
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}


def main() -> None:
    """Print what survives in each module, and the score."""
    for name, tests in CORE.items():
        found = list(changed(name))
        survivors = [told for told, module in found if not noticed(name, module, tests)]
        print(f"{name}: {len(found) - len(survivors)} of {len(found)} noticed", flush=True)
        for told in survivors:
            print(f"  {told}", flush=True)


def changed(name: str) -> Iterator[tuple[str, types.ModuleType | None]]:
    """Every change of a module, in words, and the module with it; None when it cannot even be imported."""
    path = Path(str(importlib.import_module(name).__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, (_, told) in enumerate(sites(tree)):
        mutant = copy.deepcopy(tree)
        change = list(sites(mutant))[number][0]
        change()
        module = types.ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        code = compile(ast.fix_missing_locations(mutant), str(path), "exec")
        yield f"{path.name}:{told}", module if _imports(code, module) else None


def _imports(code: types.CodeType, module: types.ModuleType) -> bool:
    try:
        exec(code, module.__dict__)
    except Exception:
        return False
    return True


def sites(tree: ast.Module) -> Iterator[tuple[Callable[[], None], str]]:
    """What can be changed within functions, as an action and in words."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        typed = {id(part) for node in ast.walk(function) for hint in _hints(node) for part in ast.walk(hint)}
        for node in (node for statement in function.body for node in ast.walk(statement)):
            if id(node) not in typed:
                yield from _changes(node)


def _hints(node: ast.AST) -> Iterator[ast.AST]:
    """Annotations, which do nothing."""
    for name in ("annotation", "returns"):
        hint = getattr(node, name, None)
        if isinstance(hint, ast.AST):
            yield hint


def _changes(node: ast.AST) -> Iterator[tuple[Callable[[], None], str]]:
    line = getattr(node, "lineno", 0)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPPOSITES:
        turned = OPPOSITES[type(node.ops[0])]()
        yield lambda: node.ops.__setitem__(0, turned), f"{line} {ast.unparse(node)} turned round"
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield lambda: setattr(node, "op", other), f"{line} and/or swapped in {ast.unparse(node)}"
    if isinstance(node, ast.IfExp | ast.If):
        refused = ast.UnaryOp(ast.Not(), node.test)
        yield (
            lambda: setattr(node, "test", refused),
            f"{line} condition {ast.unparse(node.test)} turned round",
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.Sub | ast.Add):
        yield lambda: setattr(node, "op", ast.BitAnd()), f"{line} operator of {ast.unparse(node)} is &"
    if isinstance(node, ast.Constant) and type(number := node.value) is int:
        yield lambda: setattr(node, "value", number + 1), f"{line} {number} is one more"


class Endless(BaseException):
    """The tests take too long. No error of theirs: hypothesis would run them again to find a shorter example."""


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Endless

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def noticed(name: str, module: types.ModuleType | None, tests: str) -> bool:
    """Whether a test of the module fails against the changed one."""
    if module is None:
        return True
    right, judge = importlib.import_module(name), importlib.import_module(tests)
    ours = {
        key: getattr(module, key)
        for key, value in vars(judge).items()
        if value is vars(right).get(key, judge)
    }
    with patch.multiple(judge, **ours), _at_most(RUN_S_MAX):
        for key, test in list(vars(judge).items()):
            if key.startswith("test_") and callable(test) and not inspect.signature(test).parameters:
                try:
                    test()
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    return True
    return False


if __name__ == "__main__":
    main()
