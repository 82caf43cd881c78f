"""Names that are refused because some system would take them for something else."""

from __future__ import annotations

import pytest

from vault.errors import VaultError
from vault.storage.names import LONGEST_NAME, LONGEST_PART, safe_parts, twin_key

LONG_PART = "é" * (LONGEST_PART // 2)

UNSAFE = {
    "empty": "",
    "parent": "..",
    "parent below": "a/../b",
    "itself": "./a",
    "absolute": "/etc/passwd",
    "two slashes": "a//b",
    "slash at the end": "a/",
    "drive": "C:a",
    "drive with slash": "C:/a",
    "network share": "\\\\server\\share\\a",
    "network share with slashes": "//server/share/a",
    "device path": "\\\\.\\PhysicalDrive0",
    "backslash": "a\\b",
    "stream": "a:b",
    "stream by type": "a::$DATA",
    "console": "CON",
    "console below": "a/con/b",
    "console with extension": "con.txt",
    "console with two": "nul.tar.gz",
    "console with space": "CON .txt",
    "printer": "Prn",
    "auxiliary": "aux.h",
    "serial port": "COM1",
    "serial port in superscript": "com¹.log",
    "parallel port": "LPT9",
    "console input": "CONIN$",
    "clock": "CLOCK$",
    "dot at the end": "a.",
    "dots only": "...",
    "space at the end": "a ",
    "space at the end of a folder": "a /b",
    "wildcard": "a*",
    "question mark": "a?",
    "pipe": "a|b",
    "angle bracket": "a>b",
    "quotation mark": 'a"b',
    "zero byte": "a\0b",
    "newline": "a\nb",
    "carriage return": "a\rb",
    "escape": "a\x1b[2Jb",
    "delete": "a\x7f",
    "C1 control": "a\x9bb",
    "right-to-left override": "a\u202egnp.exe",
    "isolate": "a\u2066b",
    "right-to-left mark": "a\u200fb",
    "zero-width space": "a\u200bb",
    "zero-width joiner": "a\u200db",
    "byte order mark": "\ufeffa",
    "soft hyphen": "a\u00adb",
    "line separator": "a\u2028b",
    "combining grapheme joiner": "a\u034fb",
    "Hangul filler": "a\u3164b",
    "variation selector": "a\ufe0fb",
    "tag": "a\U000e0041b",
    "private use": "a\ue000b",
    "unassigned": "a\u0378b",
    "not UTF-8": "a\udcffb",
    "long part": LONG_PART + "éé",
    "long name": "a/" * (LONGEST_NAME // 2) + "b",
    "deep": "a/" * 100_000 + "b",
}


@pytest.mark.parametrize("name", UNSAFE.values(), ids=UNSAFE.keys())
def test_a_name_that_is_unsafe_anywhere_is_refused(name):
    with pytest.raises(VaultError) as caught:
        safe_parts(name)
    assert caught.value.values["name"] == name
    assert caught.value.hint == "It was not written."
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "name",
    [
        "card",
        "entries/12/fields/note.txt",
        "media/" + "0f" * 32,
        "console.txt",
        "com.log",
        "nullify",
        "lpt10",
        "conX",
        "CON\u00a0.txt",  # Windows leaves out spaces there, and no others
        "INDEX",
        ".hidden",
        "a b",
        "عکس ۱.jpg",
        "ګڼه.pdf",
        LONG_PART + "a",
    ],
)
def test_an_ordinary_name_is_taken_apart_at_its_slashes(name):
    assert "/".join(safe_parts(name)) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/.", "a/../b", "/a"])
def test_a_name_that_leads_out_of_its_folder_is_called_that(name):
    with pytest.raises(VaultError, match="leads out of its folder"):
        safe_parts(name)


@pytest.mark.parametrize("name", ["AUX", "aux", "NUL .txt", "a/LPT9.x"])
def test_a_device_is_called_one(name):
    with pytest.raises(VaultError, match="device on Windows"):
        safe_parts(name)


@pytest.mark.parametrize(
    "name",
    [
        "/".join(["a" * 255, "b" * 255, "c" * 255, "d" * 128, "e" * 127]),
        "/".join(["é" * 127, "é" * 127, "é" * 127, "é" * 127, "éé"]),
    ],
    ids=["ASCII", "two bytes a letter"],
)
def test_a_name_has_1024_bytes_and_not_one_more(name):
    assert 1024 == len(name.encode())
    assert "/".join(safe_parts(name)) == name
    with pytest.raises(VaultError, match="too long for some systems"):
        safe_parts(name + "x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Card", "card"),
        ("caf\u00e9", "cafe\u0301"),
        ("CAF\u00c9", "cafe\u0301"),
        ("straße", "STRASSE"),
        ("ΑΣ", "ας"),
        ("K", "\u212a"),  # Kelvin sign
        ("\u0622", "\u0627\u0653"),  # alef with madda
    ],
)
def test_names_that_some_system_takes_for_one_are_twins(one, other):
    assert twin_key(one) == twin_key(other)


@pytest.mark.parametrize(("one", "other"), [("card", "cards"), ("e", "é"), ("ي", "ی"), ("1", "۱")])
def test_names_that_every_system_tells_apart_are_no_twins(one, other):
    assert twin_key(one) != twin_key(other)
