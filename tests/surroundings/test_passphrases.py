"""Passphrases that are none, too long, spelt in two ways, pasted, or given twice."""

from __future__ import annotations

import os
import unicodedata

import pytest

from person.terminal import ScriptedTerminal
from surroundings.scene import SIZE, no_temporary, refused

ASKING = {
    "list": ["list"],
    "add": ["add", "source"],
    "note": ["note", "--title", "x"],
    "import": ["import", "bundle"],
    "seal": ["seal", "--to", "partner", "-o", "out", "--yes"],
    "proof": ["log", "--proof", "0", "-o", "out"],
    "check": ["check"],
    "move": ["move", "out", "--passphrases", "2"],
    "rescue": ["rescue", "out"],
    "contact add": ["contact", "add", "somebody", "other_card"],
    "card": ["contact", "card"],
}

NONE = {
    "empty": (b"\n", {1}),
    "no line at all": (b"", {2}),
    "blank": (b"   \t \n", {2}),
    "invisible": ("\u200c\u200b\u202e\n".encode(), {2}),
    "a megabyte": (b"x" * (1 << 20) + b"\n", {1, 2}),
    "just too long": (b"x" * 4097 + b"\n", {1, 2}),
    "no text": (b"\xff\xfe\n", {1}),
    "nul": (b"tw\0o\n", {2, 12}),
    "escape": (b"two\x1b[A\n", {2, 12}),
    "unassigned": ("two\u0378\n".encode(), {2}),
    "wrong": (b"not this one\n", {12}),
    "of another vault": (b"three\n", {12}),
    "two lines in one": (b"two\rtwo\n", {2, 12}),
    "a slip in a code": (b"1234 1234 1234 1234 1234 1235\n", {12}),
    "23 digits": (b"1234 1234 1234 1234 1234 123\n", {12}),
}


@pytest.mark.parametrize("command", ASKING)
def test_what_is_no_passphrase_is_told_and_opens_nothing(scene, monkeypatch, command):
    monkeypatch.chdir(scene.folder)
    for kind, (content, codes) in NONE.items():
        (scene.folder / "given").write_bytes(content)
        before = scene.state()
        ran = scene.on_vault(*ASKING[command], passphrase="given")
        told = ran.err.splitlines()
        if "slip" in kind or "digits" in kind:  # one line more, before anything is derived
            assert "digit" in told.pop(0)
        assert ran.code in codes, (kind, ran)
        assert 1 <= len(told) <= 2, (kind, told)
        assert "Traceback" not in ran.err
        assert ("", before) == (ran.out, scene.state()), kind
        assert b"not this one" not in ran.err.encode()


@pytest.mark.parametrize("command", ASKING)
def test_the_same_from_a_descriptor(scene, monkeypatch, command):
    monkeypatch.chdir(scene.folder)
    for content, codes in NONE.values():
        reading, writing = os.pipe()
        os.write(writing, content[:60_000])
        os.close(writing)
        opened = ("--vault", scene.vault, "--passphrase-fd", str(reading), "-q")
        ran = scene.run(*opened, *ASKING[command])
        os.close(reading)
        assert ran.code in codes, (content[:30], ran)
        assert "Traceback" not in ran.err


@pytest.mark.parametrize("number", ["-1", "999", "x", ""])
def test_a_descriptor_that_is_none_is_wrong_use(scene, number):
    opened = ("--vault", scene.vault, f"--passphrase-fd={number}", "-q")
    refused(scene.run(*opened, "list"), 2)


def test_a_descriptor_and_a_file_together_are_wrong_use(scene):
    opened = ("--passphrase-fd", "3", "--passphrase-file", scene.two)
    refused(scene.run("--vault", scene.vault, *opened, "-q", "list"), 2)


@pytest.mark.parametrize("command", ASKING)
def test_without_anybody_to_ask_it_is_refused(scene, monkeypatch, command):
    monkeypatch.chdir(scene.folder)
    before = scene.state()
    refused(scene.run("--vault", scene.vault, "-q", *ASKING[command], typed=b"two\n"), 2)
    with_no_input = ("--vault", scene.vault, "--no-input", "-q", *ASKING[command])
    refused(scene.run(*with_no_input, terminal=ScriptedTerminal(["two"])), 2)
    assert before == scene.state()


def test_enter_alone_on_a_terminal_is_asked_again_and_then_given_up(scene):
    person = ScriptedTerminal(["", "", ""])
    refused(scene.run("--vault", scene.vault, "-q", "list", terminal=person), 1)
    person = ScriptedTerminal(["", "two"])
    assert 0 == scene.run("--vault", scene.vault, "-q", "list", terminal=person).code


@pytest.mark.parametrize("answer", [KeyboardInterrupt(), EOFError()], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("command", ASKING)
def test_a_person_who_leaves_at_the_question_changes_nothing(scene, monkeypatch, command, answer):
    monkeypatch.chdir(scene.folder)
    before = scene.state()
    ran = scene.run(
        "--vault", scene.vault, "-q", *ASKING[command], terminal=ScriptedTerminal([answer])
    )
    refused(ran, 130 if isinstance(answer, KeyboardInterrupt) else 1)
    assert before == scene.state()


def init(scene, content, *, count=2, path="new", label=("a", "b", "c")):
    (scene.folder / "given").write_bytes(content)
    labels = [word for name in label[:count] for word in ("--label", name)]
    return scene.run(
        *("-q", "init", scene.at(path), "--size", SIZE, "--passphrases", str(count)),
        *labels,
        *("--passphrase-file", scene.at("given")),
    )


FORMS = ["\u00e9clair caf\u00e9", "كتاب علي ٣", "secret word", "ＦＵＬＬ"]


@pytest.mark.parametrize("text", FORMS)
def test_a_passphrase_opens_however_the_keyboard_spells_it(scene, text):
    assert 0 == init(scene, text.encode() + b"\n", count=1).code
    spellings = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")} | {
        text.replace("ك", "ک").replace("ي", "ی").replace("٣", "۳"),
        text.replace(" ", " \u200c "),
        f"  {text}\t",
        "\u202b" + text,
    }
    for spelling in spellings:
        (scene.folder / "given").write_text(spelling + "\n", "utf-8")
        opened = ("--vault", scene.at("new"), "--passphrase-file", scene.at("given"))
        assert 0 == scene.run(*opened, "-q", "status").code, ascii(spelling)


SAME = {
    "the same": b"one word\none word\n",
    "spaces": b"one word\n  one   word \n",
    "width": "one word\nｏｎｅ word\n".encode(),
    "invisible": "one word\none\u200b word\u202c\n".encode(),
    "digits": "12345\n١٢٣٤٥\n".encode(),
    "keyboard": "علی کتاب\nعلي كتاب\n".encode(),
}


@pytest.mark.parametrize("kind", SAME)
def test_two_passphrases_that_are_the_same_are_refused_and_no_file_is_made(scene, kind):
    before = scene.state()
    ran = refused(init(scene, SAME[kind]), 2)
    before["given"] = SAME[kind]
    assert before == scene.state()
    assert "different" in ran.err


@pytest.mark.parametrize("kind", sorted({*NONE} - {"wrong", "of another vault"}))
def test_no_vault_is_made_with_what_is_no_passphrase(scene, kind):
    content, _codes = NONE[kind]
    made = init(scene, content, count=1)
    if "slip" in kind or "digits" in kind:
        assert 0 == made.code  # her own choice of digits
        return
    assert made.code in {0, 1, 2} if kind == "two lines in one" else {1, 2}
    assert "Traceback" not in made.err
    assert made.code == 0 or not (scene.folder / "new").exists()
    no_temporary(scene.state())


def test_too_few_lines_are_told_and_no_file_is_made(scene):
    ran = refused(init(scene, b"only one\n", count=3), 2)
    assert "one more" in ran.err
    assert not (scene.folder / "new").exists()


def test_a_refused_second_passphrase_tells_nothing_of_the_first(scene):
    """The text is one whether it is the first, second or third that is the same."""
    texts = {
        refused(init(scene, content, count=3), 2).err
        for content in (b"a\na\nb\n", b"a\nb\na\n", b"a\nb\nb\n", b"a\na\na\n")
    }
    assert 1 == len(texts)
