"""Every text that a person reads is marked for translation and uses the words of the screens."""

import ast
import re
import string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VAULT = ROOT / "vault"

MARKERS = {"_": 1, "mark": 1, "counted": 2}

# Words that a searcher would ask about; the screens have others for the same things.
BANNED = re.compile(
    r"\b(decoy\w*|evidence|witness\w*|hidden|duress|deniab\w+|coer\w+)\b", re.IGNORECASE
)


def calls():
    for path in sorted(VAULT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path, node


def messages():
    for path, node in calls():
        for argument in node.args[: MARKERS.get(node.func.id, 0)]:
            if isinstance(argument, ast.Constant):
                yield f"{path.relative_to(ROOT)}:{argument.lineno}", argument.value


MESSAGES = list(messages())


def test_there_are_messages():
    assert len(MESSAGES) > 100


@pytest.mark.parametrize("marker", ["mark"])
def test_a_marked_text_is_a_literal(marker):
    """A text that is put together when the program runs cannot be translated."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in calls()
        if node.func.id == marker and not all(isinstance(one, ast.Constant) for one in node.args)
    ]
    assert [] == wrong


def test_no_screen_says_what_it_should_not():
    assert [] == [(place, text) for place, text in MESSAGES if BANNED.search(text)]


def test_placeholders_have_plain_names():
    for place, text in MESSAGES:
        for _literal, name, spec, conversion in string.Formatter().parse(text):
            assert name is None or (name.isidentifier() and not spec and not conversion), place


def test_messages_have_no_stray_white_space():
    wrong = [place for place, text in MESSAGES if text != text.strip() or "  " in text.lstrip()]
    guide = [place for place in wrong if "topics.py" in place]
    assert [] == sorted(set(wrong) - set(guide))


def test_errors_are_raised_with_marked_texts():
    """`VaultError("...")` without `mark` would never reach the translators."""
    names = {
        node.name
        for node in ast.parse((VAULT / "errors.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    wrong = []
    for path, node in calls():
        if node.func.id not in names:
            continue
        hints = [word.value for word in node.keywords if word.arg == "hint"]
        wrong += [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for text in [*node.args[:1], *hints]
            if isinstance(text, ast.Constant) and text.value
        ]
    assert [] == wrong
