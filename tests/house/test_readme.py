"""What the README shows is what the program prints, and the commands in it are the program's."""

import ast
import re
import shlex
import string
from bisect import bisect
from pathlib import Path
from types import SimpleNamespace

import pytest

from vault.cli.index import ENTRIES
from vault.container.geometry import GIB, PAYLOAD, geometry_v1
from vault.operations.protection import is_long, rows_for_files

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
PROMPT = re.compile(r"(?:\$ amanat|everyday>|records>|received>) (.*)")

# What a person types, what is made at random, tables, and texts with hardly a letter of their own.
NOT_A_MESSAGE = re.compile(
    r"""\.|The\ school\ stays\ closed\.\ He\ showed\ no\ paper\.
    |\ {4}(?:[a-z-]+\ ){5}[a-z-]+
    |“(?:everyday|records|received)”
    |Item\ +Added\ +Kind\ +Size\ +Title
    |(?:amina/)?\d\ +\d{4}-\d\d-\d\dT\S+\ +(?:note|exhibit)\ .*
    |(?:First|Second)\ passphrase,\ for\ “[a-z]+”:
    |To\ partner:\ 1\ entry\.
    |\ {4}log\ amanat\.invalid/[0-9a-f]{64}
    |\d\t[a-z]+\.(?:jpg|wav)
    |[a-z]+\.age""",
    re.VERBOSE,
)
LEAST_LETTERS = 4


def messages():
    """Yield a pattern for every text of the command line that holds some letters of its own."""
    for path in sorted((ROOT / "vault" / "cli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for line in node.value.splitlines():
                    yield from pattern_of(line)


def pattern_of(text):
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return
    own = "".join(literal for literal, *_ in parts)
    if sum(character.isalpha() for character in own) >= LEAST_LETTERS:
        yield "".join(
            re.escape(literal) + (".*" if name is not None else "") for literal, name, *_ in parts
        )


# A question ends in a colon and may be answered in the same line; what belongs to a line above
# it is indented.
KNOWN = re.compile("|".join(rf"(?:(?: {{4}})?{one}(?:: ?.*)?)" for one in sorted(set(messages()))))


def shown():
    for block in BLOCKS:
        for line in block.splitlines():
            if line and not PROMPT.fullmatch(line) and not NOT_A_MESSAGE.fullmatch(line):
                yield line


def commands():
    aliased = [found[1] for block in BLOCKS for found in PROMPT.finditer(block)]
    quoted = re.findall(r"`amanat ([^`]+)`", README)
    return [command for command in [*aliased, *quoted] if command != "exit"]


def test_there_is_something_to_look_at():
    assert len(BLOCKS) >= 5
    assert len(list(shown())) > 50
    assert len(commands()) > 12


@pytest.mark.parametrize("line", list(dict.fromkeys(shown())))
def test_a_line_that_is_shown_is_one_that_the_program_prints(line):
    assert KNOWN.fullmatch(line)


def test_one_is_not_counted_as_many():
    assert not re.search(r"\b1 (?:entries|files|originals)\b", README)


def test_a_line_that_the_program_does_not_print_is_seen():
    assert not KNOWN.fullmatch("  intact: 1 entries, 1 files, every byte as it was sealed, truly")
    assert not KNOWN.fullmatch("Locked!")


@pytest.mark.parametrize("command", commands())
def test_a_command_that_is_named_is_one_of_the_program(command):
    words = shlex.split(command)
    while words[0].startswith("--"):
        del words[:2]  # --vault FILE, --level N
    assert words[0] in ENTRIES


def test_the_sizes_from_which_it_is_asked_are_those_of_the_program():
    told = re.search(r"from about (5) MB .* (12) MB .* (49) MB .* (200) MB in\s+16 GiB", README)
    below = re.search(r"with the first passphrase from (3), (8), (33) and (130) MB", README)
    for level, sizes in ((1, told), (0, below)):
        for gibibytes, size in zip((0.5, 1, 4, 16), sizes.groups(), strict=True):
            assert int(size) == pytest.approx(asked_from(int(gibibytes * GIB), level), rel=0.06)


def asked_from(length, level):
    """Megabytes of a file from which it is asked what else must survive, by bisection."""
    geometry = geometry_v1(length)
    volume = SimpleNamespace(
        payload=PAYLOAD, row_blocks=geometry.shares[level].blocks, batch_limit=lambda: length
    )
    vault = SimpleNamespace(volume=volume, session=SimpleNamespace(geometry=geometry))
    sizes = range(0, length, 100_000)
    return bisect(sizes, 0, key=lambda size: is_long(vault, rows_for_files(vault, [size]))) / 10


def test_the_room_that_is_told_is_that_of_the_format():
    told = re.search(r"1 GiB the first volume takes about\s+(\d+) MB .* about (\d+) MB", README)
    geometry = geometry_v1(GIB)
    room = [geometry.capacity(level) * 3 // 4 * PAYLOAD / 1e6 for level in range(3)]
    assert [int(told[1]), int(told[2]), int(told[2])] == pytest.approx(room, rel=0.03)
