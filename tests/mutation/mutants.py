"""Mutants: a file with one function changed in one place, put into a running process."""

from __future__ import annotations

import ast
import functools
import gc
import sys
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Mutant(NamedTuple):
    """One change of one function.

    Attributes:
        path: of the file, from the top of the checkout.
        function: its qualified name; of the outermost one.
        number: of the change, among those of the function.
        first: number of the first line that it changes, from 1.
        before: the lines that it changes, as they are.
        after: as it makes them.
    """

    path: str
    function: str
    number: int
    first: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def name(self) -> str:
        """What names it in reports, and in the list of those that are no faults."""
        return f"{self.path}:{self.function}:{self.number}"

    @property
    def last(self) -> int:
        """Number of the last line that it changes."""
        return self.first + len(self.before) - 1

    def source(self) -> str:
        """The whole file with the change in it."""
        lines = (ROOT / self.path).read_text("utf-8").splitlines(keepends=True)
        return "".join([*lines[: self.first - 1], *self.after, *lines[self.last :]])


def lines_of(path: str, first: int, last: int) -> range:
    """Lines of the innermost statement around some lines: of a compound one, its head.

    Of a function, whose head is run when its module is read, all lines.
    """
    around = [one for one in _statements(path) if one.start <= first and last < one.stop]
    return min(around, key=len, default=range(first, last + 1))


@functools.cache
def _statements(path: str) -> list[range]:
    """Lines of every statement of a file; of a compound one that is no function, of its head."""
    found = []
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        body = getattr(node, "body", None)
        if isinstance(node, ast.match_case):
            found.append(range(node.pattern.lineno, node.body[0].lineno))
        elif isinstance(node, ast.stmt | ast.ExceptHandler):
            compound = isinstance(body, list) and not isinstance(node, ast.FunctionDef)
            end = body[0].lineno if compound else node.end_lineno + 1
            found.append(range(node.lineno, max(end, node.lineno + 1)))
    return found


# Putting one into the process


Functions = dict[tuple[str, str], list[FunctionType]]
"""Functions of the program that the process holds, by path and qualified name."""


def functions_here() -> Functions:
    """Find all of them: others may have taken them from their modules by `from … import`."""
    found: Functions = {}
    gc.unfreeze()  # conftest.py keeps all that there is out of the search for garbage, and of this
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            code = one.__code__
            found.setdefault((code.co_filename, code.co_qualname), []).append(one)
    gc.freeze()
    return found


def put_in(mutant: Mutant, functions: Functions) -> None:
    """Change the function, wherever the process holds it, for as long as the process lives."""
    path = str(ROOT / mutant.path)
    tree = ast.parse(mutant.source(), path)
    code = _code_named(compile(tree, path, "exec", dont_inherit=True), mutant.function)
    found = functions[path, mutant.function]
    defaults = _defaults(tree, mutant.function, found[0])
    for function in found:
        function.__code__ = code
        function.__defaults__, function.__kwdefaults__ = defaults


def _code_named(code: CodeType, name: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code_named(constant, name)
    raise LookupError(name)


def _defaults(
    tree: ast.Module, name: str, function: FunctionType
) -> tuple[tuple[object, ...] | None, dict[str, object] | None]:
    """Evaluate the defaults of the function's parameters as they now stand."""
    body: list[ast.stmt] = tree.body
    for part in name.split("."):
        node = next(
            one
            for one in body
            if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == part
        )
        body = node.body
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list, node.body = [], [ast.Pass()]
    namespace = dict(sys.modules[function.__module__].__dict__)
    future = ast.parse("from __future__ import annotations").body
    alone = ast.fix_missing_locations(ast.Module([*future, node], []))
    exec(compile(alone, function.__code__.co_filename, "exec"), namespace)
    made = namespace[node.name]
    return made.__defaults__, made.__kwdefaults__
