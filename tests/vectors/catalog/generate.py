"""Write the vectors of the record stream: `python tests/vectors/catalog/generate.py`.

`bodies.json`: one record of each kind, its values and its body. `stream.json`: records, and
the blocks of 128 bytes that they make, appended, erased and restored. `refused.json`: blocks and
bodies that a reader refuses, named after what is wrong. `folding.json`: text and its fold.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from vault.catalog import bodies  # noqa: E402
from vault.catalog.folding import fold_text  # noqa: E402
from vault.catalog.records import BLOCK_HEADER, FRAGMENT_HEADER  # noqa: E402
from vault.catalog.store import RECORD, BlocksInMemory  # noqa: E402
from vault.catalog.stream import RecordStream  # noqa: E402

ORIGIN = "amanat.invalid/" + "0f" * 32
TIME = "2026-03-04T05:06:07Z"
DIGEST = bytes(range(32))
TEXTS = ["كابل", "می‌خواهم", "۱۲۳", "مُحَمَّد", "ځوانۍ", "Kābul STRASSE", "ﻛﺎﺑﻞ", "plain text"]

VALUES = {
    bodies.SETTINGS: bodies.Settings("یادداشت", ORIGIN, DIGEST),
    bodies.LEAF: bodies.KeptLeaf(TIME, b"amanat-entry/v1\n"),
    bodies.MEDIA_EXTENT: bodies.Extent(ORIGIN, 7, 3, 40_000, DIGEST, "image/jpeg"),
    bodies.CONTACT: bodies.Contact(2, "Amina", ORIGIN, b"card\n", "12345", True, TIME),
    bodies.COUNTER: bodies.Counter(2, "bundle", 5),
    bodies.IMPORT: bodies.Import(DIGEST, 2, 4, TIME, TIME, ORIGIN, 9, DIGEST[::-1]),
    bodies.CHECKPOINT: bodies.KeptCheckpoint(ORIGIN, 9, DIGEST, b"note\n"),
    bodies.PROOF: bodies.KeptProof(ORIGIN, 3, 9, b"proof\n"),
}


def readable(value):
    return {
        name: found.hex() if isinstance(found, bytes) else found
        for name, found in vars(value).items()
    }


def stream_steps():
    """Blocks after each of four steps, as a reader finds them."""
    store = BlocksInMemory(128)
    stream = RecordStream(store)
    steps = {}

    def step(name, work):
        draft = stream.draft()
        result = work(draft)
        stream.adopt(draft)
        stream.stage()
        blocks = [store.blocks[RECORD, 0, n].hex() for n in store.numbers(RECORD, 0)]
        steps[name] = blocks
        return result

    records = step(
        "appended",
        lambda draft: [
            draft.append(3, bytes([n]) * size) for n, size in enumerate([20, 150, 0, 200])
        ],
    )
    step("erased", lambda draft: draft.remove(records[1], leave_mark=True))
    step("appended after erasing", lambda draft: draft.append(6, b"tail"))

    def move(draft):
        draft.remove(records[0], leave_mark=False)
        draft.restore(records[0])

    step("moved", move)
    return steps


def refused_blocks():
    def block(version=1, following=9, number=5, kind=3, last=1, index=0, length=4, body=b"body"):
        fragment = FRAGMENT_HEADER.pack(number, kind, last, index, length) + body
        return (BLOCK_HEADER.pack(version, following) + fragment).hex()

    return {
        "sound": block(),
        "version": block(version=2),
        "next is zero": block(following=0),
        "next is 2^63": block(following=1 << 63),
        "number is next": block(number=9),
        "number is zero": block(number=0),
        "last is 2": block(last=2),
        "length beyond the block": block(length=5),
        "byte after the last fragment": block(length=3),
        "erased with bytes": block(kind=0),
        "empty and not last": block(length=0, body=b"", last=0),
        "empty and not first": block(length=0, body=b"", index=1),
        "header cut": block()[:40],
        "empty": "",
    }


def refused_bodies():
    settings = VALUES[bodies.SETTINGS].encode()
    counter = VALUES[bodies.COUNTER].encode()
    contact = VALUES[bodies.CONTACT].encode()
    return {
        "settings: byte left over": [bodies.SETTINGS, (settings + b"\0").hex()],
        "settings: cut": [bodies.SETTINGS, settings[:-1].hex()],
        "settings: no log": [bodies.SETTINGS, settings.replace(b"amanat.i", b"Amanat.i").hex()],
        "counter: not UTF-8": [bodies.COUNTER, counter.replace(b"bundle", b"bundl\xff").hex()],
        "counter: NUL": [bodies.COUNTER, counter.replace(b"bundle", b"bundl\0").hex()],
        "counter: 2^63": [bodies.COUNTER, (counter[:-8] + b"\x80" + bytes(7)).hex()],
        "contact: mark is 2": [bodies.CONTACT, (contact[:4] + b"\2" + contact[5:]).hex()],
        "leaf: time with an offset": [bodies.LEAF, b"2026-03-04T05:06:07+".hex()],
    }


def main() -> None:
    written = {
        "bodies.json": [
            {"kind": kind, "values": readable(value), "body": value.encode().hex()}
            for kind, value in VALUES.items()
        ],
        "stream.json": stream_steps(),
        "refused.json": {"blocks": refused_blocks(), "bodies": refused_bodies()},
        "folding.json": {text: fold_text(text) for text in TEXTS},
    }
    for name, content in written.items():
        text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
        (HERE / name).write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
