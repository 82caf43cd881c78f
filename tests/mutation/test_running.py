"""The proof by mutation must itself be able to tell a killed mutant from one that survives."""

import ast
import json
import os
import subprocess
import sys

import pytest

from mutation.mutants import ROOT, Mutant, lines_of

if not hasattr(os, "fork"):
    pytest.skip("mutants are put into a child that was forked", allow_module_level=True)

PATH = "vault/crypto/keystream.py"
LINES = (ROOT / PATH).read_text("utf-8").splitlines(keepends=True)


def mutant(number, old, new):
    """A change of the one line of `fill_keystream` that holds a text."""
    (index,) = [at for at, line in enumerate(LINES) if old in line]
    before, after = (LINES[index],), (LINES[index].replace(old, new),)
    return Mutant(PATH, "fill_keystream", number, index + 1, before, after)


WRONG = mutant(1, '"little"', '"big"')
HARMLESS = mutant(2, "divmod(offset, _STEP)", "divmod(0 + offset, _STEP)")
DEFAULT = mutant(3, "offset: int = 0", "offset: int = 1")


def judged(tmp_path, *jobs):
    """Have a process of pytest judge mutants by the tests of their file."""
    program = """
import json, sys
from pathlib import Path
import pytest
from mutation.mutants import Mutant
from mutation.running import Judge
jobs = [(Mutant(*one), names, seconds) for one, names, seconds in json.loads(sys.argv[1])]
words = ["-q", "-p", "no:cacheprovider", "--timeout=0", "tests/crypto/test_keystream.py"]
sys.exit(pytest.main(words, plugins=[Judge(jobs, Path(sys.argv[2]))]))
"""
    report = tmp_path / "report"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    words = [sys.executable, "-B", "-c", program, json.dumps(jobs), str(report)]
    subprocess.run(words, check=True, cwd=ROOT, env=environ, capture_output=True)
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()]


TESTS = "tests/crypto/test_keystream.py::test_"
VECTOR = f"{TESTS}filler_is_the_keystream_of_rfc_8439"
KEYS = f"{TESTS}keys_give_different_streams"
PARTS = f"{TESTS}parts_are_what_the_whole_would_have_there[65]"


def test_a_wrong_change_is_killed_and_a_harmless_one_survives(tmp_path):
    told = judged(
        tmp_path,
        (WRONG, [KEYS, PARTS], 1.0),
        (HARMLESS, [KEYS, PARTS], 1.0),
        (DEFAULT, [KEYS, VECTOR], 1.0),
        (HARMLESS, [KEYS, VECTOR], 1.0),
        (WRONG, [], 0.0),
    )
    assert [
        [WRONG.name, "killed", PARTS],
        [HARMLESS.name, "survived", ""],
        [DEFAULT.name, "killed", VECTOR],
        [HARMLESS.name, "survived", ""],
        [WRONG.name, "not reached", ""],
    ] == told


def test_a_test_that_fails_without_a_change_judges_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p mutation.failing")
    told = judged(tmp_path, (WRONG, [PARTS], 1.0), (DEFAULT, [PARTS, VECTOR], 1.0))
    assert [
        [PARTS, "unfit", ""],
        [WRONG.name, "not reached", ""],
        [DEFAULT.name, "killed", VECTOR],
    ] == told


def test_a_change_is_the_whole_file_but_for_its_lines():
    changed = WRONG.source().splitlines(keepends=True)
    assert [WRONG.first - 1] == [
        at for at, (old, new) in enumerate(zip(LINES, changed, strict=True)) if old != new
    ]
    ast.parse(WRONG.source())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("for start in range(0", 1),  # the head of a loop, not what is in it
        ("cipher = Cipher(", 1),
    ],
)
def test_lines_of_a_statement_are_its_own(text, lines):
    (number,) = [at for at, line in enumerate(LINES, 1) if text in line]
    assert range(number, number + lines) == lines_of(PATH, number, number)


def test_the_head_of_a_function_stands_for_all_of_it():
    """It runs when the module is read, and by no test."""
    (number,) = [at for at, line in enumerate(LINES, 1) if "def fill_keystream(" in line]
    assert range(number, len(LINES) + 1) == lines_of(PATH, number, number)


def test_a_statement_of_several_lines_is_found_from_any_of_them():
    path = "tests/mutation/test_running.py"
    lines = (ROOT / path).read_text("utf-8").splitlines()
    start = next(at for at, line in enumerate(lines, 1) if line.startswith("    told = judged("))
    assert start in lines_of(path, start + 3, start + 3)
