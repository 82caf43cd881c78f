"""Makes mutants: every change that mutmut has for a file.

mutmut says which changes there are. Its own runner collects all tests anew for each of them and
wraps every function; here a change is put into the code of the functions that already exist, in a
child of a process that has collected the tests once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from libcst import Call, CSTNode, FunctionDef, Module, Name
from mutmut.mutation.file_mutation import create_mutations, deep_replace

from mutation.mutants import ROOT, Mutant

if TYPE_CHECKING:
    from collections.abc import Iterator


def mutants_of(path: str) -> Iterator[Mutant]:
    """Every change that mutmut makes in a file, but for texts that a person reads.

    What `mark(…)` holds is a msgid: its words are held by transcripts, not by the rooms' tests.
    """
    source = (ROOT / path).read_text("utf-8")
    module, mutations, *_ = create_mutations(path, source)
    names: dict[CSTNode | None, str] = dict(_functions(module, ""))
    texts = set(_texts(module))
    numbers: dict[str, int] = {}
    lines = source.splitlines(keepends=True)
    for mutation in mutations:
        # Of what runs once, when the module is read, nothing is put in: it has run.
        name = names.get(mutation.contained_by_top_level_function)
        if name is None or mutation.original_node in texts:
            continue
        numbers[name] = numbers.get(name, 0) + 1
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, Module)
        yield _narrowed(path, name, numbers[name], lines, changed.code.splitlines(keepends=True))


def _functions(node: CSTNode, prefix: str) -> Iterator[tuple[CSTNode, str]]:
    """Outermost functions, methods included, with their qualified names."""
    for child in node.children:
        name = getattr(child, "name", None)
        own = f"{prefix}{name.value}" if isinstance(name, Name) else prefix
        if isinstance(child, FunctionDef):
            yield child, own
        else:
            yield from _functions(child, f"{own}." if own != prefix else prefix)


def _texts(node: CSTNode) -> Iterator[CSTNode]:
    """All nodes of calls of `mark`."""
    for child in node.children:
        if isinstance(child, Call) and isinstance(child.func, Name) and child.func.value == "mark":
            yield from _all_of(child)
        else:
            yield from _texts(child)


def _all_of(node: CSTNode) -> Iterator[CSTNode]:
    yield node
    for child in node.children:
        yield from _all_of(child)


def _narrowed(path: str, name: str, number: int, old: list[str], new: list[str]) -> Mutant:
    """Keep only the lines that differ; one at least, so that it is known where it is."""
    start = 0
    while start < min(len(old), len(new)) - 1 and old[start] == new[start]:
        start += 1
    end = 0
    most = min(len(old), len(new)) - start - 1
    while end < most and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    return Mutant(path, name, number, start + 1, tuple(before), tuple(after))
