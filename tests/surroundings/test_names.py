"""Names that mean something else on some system, or to some terminal."""

from __future__ import annotations

import os
import re
import sys
import unicodedata

import pytest

from surroundings.scene import no_temporary, refused

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")

NAMES = {
    "dots": "..",
    "up": "../../etc/passwd",
    "absolute": "/nowhere/at/all",
    "drive": "C:",
    "drive path": r"C:\x",
    "unc": r"\\server\share\x",
    "stream": "a:b",
    "device": "CON",
    "device with extension": "nul.txt",
    "dot at the end": "x.",
    "space at the end": "x ",
    "nul": "a\0b",
    "newline": "a\nb",
    "return": "a\rb",
    "escape": "a\x1b[31mb\x1b]0;x\x07",
    "c1": "a\x9bb",
    "bidi": "a\u202eb",
    "zero width": "a\u200bb",
    "no text": "a\udcffb",
    "nfd": unicodedata.normalize("NFD", "é"),
    "long": "x" * 300,
    "very long": "x" * 5000,
    "empty": "",
    "blank": " ",
    "percent": "%s%n{0}{path}",
    "markup": "[red]x",
    "dash": "-",
}

READING = {
    "vault": lambda scene, name: scene.run(
        "--vault", name, "--passphrase-file", scene.two, "-q", "list"
    ),
    "add": lambda scene, name: scene.on_vault("add", "--", name),
    "import": lambda scene, name: scene.on_partner("import", "--", name),
    "verify": lambda scene, name: scene.run("-q", "verify", "--identity", scene.key, "--", name),
    "identity": lambda scene, name: scene.run("-q", "verify", scene.bare, f"--identity={name}"),
    "signed-by": lambda scene, name: scene.run(
        "-q", "verify", scene.bare, "--identity", scene.key, f"--signed-by={name}"
    ),
    "unseal": lambda scene, name: scene.run(
        "-q", "unseal", "--identity", scene.key, "--extract", "out", "--", name
    ),
    "card": lambda scene, name: scene.on_vault("contact", "add", "--", "somebody", name),
    "passphrase-file": lambda scene, name: scene.run(
        "--vault", scene.vault, f"--passphrase-file={name}", "-q", "list"
    ),
    "open": lambda scene, name: scene.run("--passphrase-file", scene.two, "-q", "open", "--", name),
}


@pytest.mark.parametrize("place", READING)
def test_a_name_of_nothing_is_told_safely(scene, monkeypatch, place):
    (scene.folder / "deep").mkdir()
    monkeypatch.chdir(scene.folder / "deep")
    before = scene.state()
    for name in sorted({*NAMES} - ({"dash", "dots"} if place == "add" else set())):
        refused(READING[place](scene, NAMES[name]), 1, 2, 3, 10, 12)
        assert before == scene.state(), name


ON_AN_ITEM = {
    "get": lambda scene, name: scene.on_vault("get", "-o", "out", "--", name),
    "show": lambda scene, name: scene.on_vault("show", "--", name),
    "proof": lambda scene, name: scene.on_vault("log", f"--proof={name}", "-o", "out"),
    "seal": lambda scene, name: scene.on_vault(
        "seal", "--to", "partner", "-o", "out", "--yes", "--", name
    ),
    "to": lambda scene, name: scene.on_vault("seal", f"--to={name}", "-o", "out", "--yes"),
    "confirm": lambda scene, name: scene.on_vault("contact", "confirm", "--yes", "--", name),
}


@pytest.mark.parametrize("command", ON_AN_ITEM)
def test_a_name_of_no_entry_and_of_no_contact_is_told_safely(scene, monkeypatch, command):
    monkeypatch.chdir(scene.folder)
    before = scene.state()
    for name, text in NAMES.items():
        refused(ON_AN_ITEM[command](scene, text), 2, 10)
        assert before == scene.state(), name


@pytest.mark.parametrize("name", NAMES)
def test_a_contact_gets_a_name_or_is_refused_and_the_list_is_safe(scene, name):
    ran = scene.on_vault("contact", "add", "--", NAMES[name], scene.other_card)
    if ran.code:
        refused(ran, 2)
    shown = scene.on_vault("contact", "list")
    assert 0 == shown.code
    assert CONTROL.search(shown.out) is None
    assert (2 if ran.code else 3) == shown.out.count("\n") - 1


FIELDS = ["title", "place", "description", "source", "nonsense", "kind", "file", "file-name"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_is_kept_or_refused_and_shown_safely(scene, field):
    count = 2
    for text in NAMES.values():
        ran = scene.on_vault("add", scene.source, "--again", "--field", f"{field}={text}")
        if ran.code:
            refused(ran, 2)
        else:
            count += 1
            shown = scene.on_vault("show", str(count - 1))
            assert (0, None) == (shown.code, CONTROL.search(shown.out))
    for words in (["list"], ["list", "--json"], ["search", "x"]):
        shown = scene.on_vault(*words)
        assert (0, "", None) == (shown.code, shown.err, CONTROL.search(shown.out))
    scene.is_whole(count)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_files_of_any_name_are_brought_in_listed_and_got_out(scene, monkeypatch):
    names = {*NAMES} - {"nul", "empty", "dots", "up", "absolute", "long", "very long"}
    (scene.folder / "odd").mkdir()
    for name in names:
        (scene.folder / "odd" / NAMES[name]).write_text(name)
    monkeypatch.chdir(scene.folder)
    ran = scene.on_vault("add", "odd")
    assert (0, "", None) == (ran.code, ran.err, CONTROL.search(ran.out))
    (scene.folder / "got").mkdir()
    monkeypatch.chdir(scene.folder / "got")
    for item in range(2, 2 + len(names)):
        shown = scene.on_vault("show", str(item))
        assert (0, None) == (shown.code, CONTROL.search(shown.out))
        assert 0 == scene.on_vault("get", str(item), "-o", f"out-{item}").code
    assert names == {path.read_text() for path in (scene.folder / "got").iterdir()}


def test_names_that_are_one_on_some_systems_are_two_entries(scene):
    folder = scene.folder / "twins"
    folder.mkdir()
    for number, name in enumerate(
        ["photo.jpg", "PHOTO.JPG", unicodedata.normalize("NFD", "é"), "é"]
    ):
        (folder / name).write_bytes(b"%d" % number)
    count = len(os.listdir(folder))
    assert 0 == scene.on_vault("add", scene.at("twins")).code
    scene.is_whole(2 + count)


WRITING = {
    "get": lambda scene, name: scene.on_vault("get", "0", f"--output={name}"),
    "seal": lambda scene, name: scene.on_vault(
        "seal", "--to", "partner", f"--output={name}", "--yes"
    ),
    "card": lambda scene, name: scene.on_vault("contact", "card", f"--output={name}"),
    "keygen": lambda scene, name: scene.run("-q", "keygen", f"--output={name}"),
    "proof": lambda scene, name: scene.on_vault("log", "--proof", "0", f"--output={name}"),
    "unseal": lambda scene, name: scene.run(
        "-q", "unseal", scene.bare, "--identity", scene.key, f"--extract={name}"
    ),
    "init": lambda scene, name: scene.run(
        *("-q", "init", "--size", "8256KiB", "--passphrases", "1"),
        *("--passphrase-file", scene.one, "--", name),
    ),
}


@pytest.mark.parametrize("command", WRITING)
def test_an_output_gets_exactly_its_name_or_is_refused(scene, monkeypatch, command):
    for name in sorted({*NAMES} - {"dash"}):
        work = scene.folder / "work" / name.replace(" ", "-")
        work.mkdir(parents=True)
        monkeypatch.chdir(work)
        before = scene.state()
        ran = WRITING[command](scene, NAMES[name])
        after = scene.state()
        for state in (before, after):
            state.pop("vault")  # seal and proof write to it first
        no_temporary(after)
        if ran.code:
            refused(ran, 1, 2, 10)
            assert before == after, name
        else:
            assert CONTROL.search(ran.out + ran.err) is None
            made = {os.fsencode(one) for one in os.listdir(work)}
            assert name == "dots" or {os.fsencode(NAMES[name])} == made
    scene.is_whole()
