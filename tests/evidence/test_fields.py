from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import UsageError
from vault.evidence.fields import (
    FIELDS,
    LIMIT,
    WITHHELD,
    check_value,
    field_named,
    normalise,
)
from vault.evidence.kinds import EXHIBIT, KINDS, NOTE, check_entry


@pytest.mark.parametrize("name", FIELDS)
def test_name_fits_a_disclosure(name):
    assert re.fullmatch(r"[a-z0-9-]{1,32}", name)


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_meaning_is_one_line(field):
    assert field.meaning
    assert "\n" not in field.meaning
    assert "{" not in field.meaning


def test_withheld_are_persons_sources_device_location_and_file_name():
    assert {
        "source",
        "source-contact",
        "collector",
        "acquired-from",
        "existence-of-original",
        "device",
        "exact-location",
        "file-name",
        "media-metadata",
    } == WITHHELD


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("title", "0102"),
        ("confidentiality", "0108"),
        ("place", "0111"),
        ("initial-date", "0113"),
        ("final-date", "0114"),
        ("description", "0115"),
        ("victims", "2102"),
        ("type-of-act", "2109"),
        ("exact-location", "2112"),
        ("method", "2114"),
        ("perpetrators", "2402"),
        ("involvement", "2409"),
        ("perpetrator-type", "2412"),
        ("source", "2502"),
        ("source-connection", "2509"),
        ("source-material", "2512"),
        ("reliability", "2553"),
    ],
)
def test_number_is_that_of_huridocs(name, number):
    assert field_named(name).origin == number


def test_unknown_field_is_refused():
    with pytest.raises(UsageError):
        check_value("colour", b"red")


GOOD = [
    ("title", "تظاهرات در کابل"),
    ("description", "two\nlines"),
    ("initial-date", "about 2026-03"),
    ("collected-at", "2026-03-04T10:15+04:30"),
    ("date-type", "about"),
    ("victims", "P-1,P-7"),
    ("language", "fa-AF"),
    ("language", "ps"),
    ("language", "uz-Cyrl-AF"),
    ("file-name", "A\u030a\n.jpg"),
    ("graphic", "unknown"),
    ("kind", "note"),
]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_value_of_the_right_form_is_taken(name, text):
    check_value(name, text.encode())


BAD = [
    ("title", b""),
    ("title", b" \n"),
    ("title", b"two\nlines"),
    ("title", "two\u2028lines".encode()),
    ("title", b"nul \0"),
    ("title", b"\xff"),
    ("title", b"\xed\xa0\x80"),
    ("title", "A\u030a".encode()),
    ("description", "A\u030a".encode()),
    ("initial-date", b"yesterday"),
    ("collected-at", b"2026-03"),
    ("date-type", b"Exact"),
    ("date-type", b"exact "),
    ("victims", b""),
    ("victims", b"P-1, P-7"),
    ("victims", b"P-1,P-1"),
    ("victims", b"P-0"),
    ("victims", b"Ahmad"),
    ("language", b"Dari"),
    ("language", b"fa_AF"),
    ("file-name", b""),
    ("kind", b"person"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_value_of_another_form_is_refused(name, value):
    with pytest.raises(UsageError) as error:
        check_value(name, value)
    assert str(error.value)  # every placeholder has its value


def test_one_mebibyte_is_the_limit():
    check_value("description", b"a" * LIMIT)
    with pytest.raises(UsageError):
        check_value("description", b"a" * (LIMIT + 1))


@given(st.text().map(normalise).filter(lambda text: text and "\0" not in text))
def test_normalised_text_is_taken(text):
    check_value("description", text.encode())


def test_normalising_keeps_the_words():
    assert normalise(" A\u030a\r\nb\rc ") == "Å\nb\nc"
    assert unicodedata.is_normalized("NFC", normalise("A\u030a"))


def test_exhibit_needs_its_file_only():
    assert check_entry({"kind": b"exhibit", "file": b"sha256 ..."}) is EXHIBIT


def test_note_needs_its_title_only():
    assert check_entry({"kind": b"note", "title": b"What she said"}) is NOTE


def test_kinds_are_the_words_of_the_field_kind():
    assert set(KINDS) == set(FIELDS["kind"].choices)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": b"no kind"},
        {"kind": b"exhibit", "title": b"no file"},
        {"kind": b"note"},
        {"kind": b"note", "title": b"t", "file": b"f"},
        {"kind": b"note", "title": b"t", "file-name": b"f"},
        {"kind": b"person", "title": b"t"},
        {"kind": b"note", "title": b"t", "place": b""},
        {"kind": b"note", "title": b"t", "colour": b"red"},
    ],
)
def test_entry_that_is_not_whole_is_refused(fields):
    with pytest.raises(UsageError) as error:
        check_entry(fields)
    assert str(error.value)
