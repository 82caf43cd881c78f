from __future__ import annotations

import pytest

from vault.errors import MalformedRecord
from vault.sync.names import MAX_NAME_LENGTH, Kind, Place, place_of, read_name

DIGEST = "ab" * 32

KNOWN = {
    "card": Place(Kind.CARD),
    "checkpoint": Place(Kind.CHECKPOINT),
    "entries/0/leaf": Place(Kind.LEAF, seq=0),
    "entries/17/proof": Place(Kind.PROOF, seq=17),
    "entries/17/fields/file-name": Place(Kind.FIELD, seq=17, field="file-name"),
    f"media/{DIGEST}": Place(Kind.MEDIA, sha256=bytes.fromhex(DIGEST)),
}

UNKNOWN = [
    "a",
    "card.txt",
    "cards",
    "entries",
    "entries/0",
    "entries/00/leaf",
    "entries/01/leaf",
    "entries/-1/leaf",
    "entries/99999999999999999999/leaf",
    "entries/0/leaf/x",
    "entries/0/fields",
    "entries/0/fields/" + "a" * 33,
    "entries/0/fields/a.b",
    "entries/0/fields/a/b",
    "media/" + DIGEST[:-1],
    "media/" + DIGEST + "0",
    "media/" + DIGEST + ".jpg",
    "x/media/" + DIGEST,
]

REFUSED = [
    b"",
    b"/",
    b"/etc/passwd",
    b"..",
    b"../card",
    b"a/../b",
    b"a/..",
    b"a..b",
    b"a//b",
    b"a/",
    b"./a",
    b"a/./b",
    b".hidden",
    b"a/.hidden",
    b"-option",
    b"_a",
    b"a.",
    b"a./b",
    b"Card",
    b"cARD",
    b"media/" + DIGEST.upper().encode(),
    b"a b",
    b"a\\b",
    b"..\\b",
    b"c:a",
    b"a:b",
    b"a*",
    b"a\x00",
    b"a\n",
    b"a\r",
    b"a\x1b[31m",
    b"a\x7f",
    "é".encode(),
    "е".encode(),
    "\u202ea".encode(),
    b"\xff",
    b"~root",
    b"con",
    b"con.txt",
    b"nul",
    b"aux/a",
    b"a/prn",
    b"com1",
    b"lpt9.leaf",
    b"a" * (MAX_NAME_LENGTH + 1),
]


@pytest.mark.parametrize("name", KNOWN)
def test_known_name_says_where_the_file_belongs(name):
    assert read_name(name.encode()) == name
    assert KNOWN[name] == place_of(name)


@pytest.mark.parametrize("name", UNKNOWN)
def test_name_that_only_resembles_a_known_one_has_no_place(name):
    assert place_of(name) is None


@pytest.mark.parametrize("raw", REFUSED, ids=repr)
def test_name_outside_the_grammar_is_refused(raw):
    with pytest.raises(MalformedRecord):
        read_name(raw)


@pytest.mark.parametrize("name", ["a", "0", "console", "a-b_c.d/e", "com", "nul1", "a" * 121])
def test_name_within_the_grammar_is_read(name):
    assert read_name(name.encode()) == name
