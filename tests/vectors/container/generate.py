"""Vectors of docs/format/container.md; the same bytes on every run.

    python3 tests/vectors/container/generate.py        (writes them beside this file)

passphrases.json    what is typed and what the derivation gets, written down by hand
units.json          one slot, cell, block and root each, with their keys, and the shares
small.container     a whole container in a small form: 32 rows of blocks with 512 bytes
small.json          its form, its passphrases, and what each opens
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(HERE)]

from passphrase_table import DIFFERENT, REFUSED, SAME  # noqa: E402

from seam.memory import MemoryDisk  # noqa: E402
from seam.small import CHEAP_KDF, seeded  # noqa: E402
from vault.container.block import MEDIA, PAGE, RECORD, Header, block_aad  # noqa: E402
from vault.container.cell import Cell, cell_key, seal_cell  # noqa: E402
from vault.container.creation import create  # noqa: E402
from vault.container.form import Form  # noqa: E402
from vault.container.geometry import MIB, Geometry, build, geometry_v1  # noqa: E402
from vault.container.head import seal_head  # noqa: E402
from vault.container.root import RootHead, Row, encode_root, encode_table  # noqa: E402
from vault.container.session import open_container  # noqa: E402
from vault.crypto.aead import BlockSealer  # noqa: E402
from vault.crypto.kdf import hkdf_sha512  # noqa: E402

EDGE, ROWS, PITCH, PAYLOAD = 16 * 1024, 32, 14 * 1024, 512
LENGTH = 2 * EDGE + ROWS * PITCH
PASSPHRASES = ("first volume", "volume two", "۱۲۳ سه")
KEYS = tuple(bytes([0x10 * level + index for index in range(32)]) for level in (1, 2, 3))


def small_geometry(length: int) -> Geometry:
    return build(length=length, payload=PAYLOAD, rows=ROWS, pitch=PITCH, edge=EDGE)


SMALL = Form(CHEAP_KDF, small_geometry, lambda length: length == LENGTH)


def passphrases() -> bytes:
    same = [
        {"name": name, "typed": typed, "normalised": expected.encode("utf-8").hex()}
        for name, typed, expected in SAME
    ]
    refused = [
        {"name": name, "points": [f"{ord(character):04X}" for character in typed]}
        for name, typed in REFUSED
    ]
    different = [{"name": name, "one": one, "other": other} for name, one, other in DIFFERENT]
    return as_json({"same": same, "refused": refused, "different": different})


def units() -> bytes:
    return as_json(
        {
            "shares": [shares(mebibytes * MIB) for mebibytes in (128, 512, 1024, 8192, 65536)],
            "head": head(),
            "cell": cell(),
            "block": block(),
            "root": root(),
        }
    )


def shares(length: int) -> dict[str, object]:
    made = geometry_v1(length)
    return {
        "length": length,
        "rows": made.rows,
        "pitch": made.pitch,
        "reserve": made.reserve,
        "tail": made.tail_offset,
        "cells": [[made.cell_offset(end, slot) for slot in (0, 1)] for end in (0, 1)],
        "shares": [share._asdict() for share in made.shares],
    }


def head() -> dict[str, object]:
    secrets = [b"one", "دو".encode(), b"333"]
    made = seal_head(secrets, KEYS, 1 << 30, kdf=CHEAP_KDF, random=seeded(11))
    return {
        "argon2id": {"memory_kib": CHEAP_KDF.memory_kib, "passes": 1, "lanes": 1},
        "normalised": [secret.hex() for secret in secrets],
        "length": 1 << 30,
        "keys": [key.hex() for key in KEYS],
        "head": made.hex(),
    }


def cell() -> dict[str, object]:
    content = Cell(commit=7, epoch=71, rows=2, commit_id=bytes(range(16)))
    unit = seal_cell(content, cell_key(KEYS[0]), end=1, slot=1, random=seeded(12))
    return {
        "volume_key": KEYS[0].hex(),
        "end": 1,
        "slot": 1,
        "commit": 7,
        "epoch": 71,
        "rows": 2,
        "commit_id": content.commit_id.hex(),
        "unit": unit.hex(),
    }


def block() -> dict[str, object]:
    commit_id, nonce, payload = bytes(range(16)), bytes(range(12)), b"forty two"
    key = hkdf_sha512(KEYS[1], b"block" + struct.pack(">Q", 300) + commit_id)
    header = Header(300, MEDIA, len(payload), 5, 42)
    plain = struct.pack(">QB3xIQQ", *header) + payload.ljust(PAYLOAD, b"\0")
    sealed = BlockSealer(key).seal(nonce, plain, block_aad(1, 44, 3))
    return {
        "volume_key": KEYS[1].hex(),
        "commit_id": commit_id.hex(),
        "level": 1,
        "row": 44,
        "position": 3,
        "block_key": key.hex(),
        "header": header._asdict(),
        "payload": payload.hex(),
        "sealed": (nonce + sealed).hex(),
    }


def root() -> dict[str, object]:
    share = small_geometry(LENGTH).shares[1]
    name = struct.pack(">BQQ", PAGE, 0, 9)
    position = share.root
    summary = bytearray(17 * share.blocks)
    summary[17 * position : 17 * position + 17] = name
    head_ = RootHead(35, bytes(range(16)), 4, 3, bytes(summary))
    table = [Row(row, b"\xaa" * 16) for row in range(ROWS)]
    table[3] = Row(35, head_.commit_id, 1 << position)
    encoded = encode_root(head_, share.level, encode_table(table, share))
    return {
        "level": share.level,
        "blocks": share.blocks,
        "rows": ROWS,
        "epoch": head_.epoch,
        "commit_id": head_.commit_id.hex(),
        "counter": head_.counter,
        "commit": head_.commit,
        "live": {"row": 3, "position": position, "name": name.hex()},
        "volume_key": KEYS[1].hex(),
        "root_key": hkdf_sha512(KEYS[1], b"root").hex(),
        "encoded": encoded.hex(),
    }


def small() -> tuple[bytes, bytes]:
    """A container after creation, commits on all levels, on less, of two rows, and an erasure."""
    disk, random = MemoryDisk(), seeded(20)
    contents: list[dict[tuple[int, int, int], bytes]] = [
        {(PAGE, 0, 0): b"first page of level 0"},
        {(PAGE, 0, 0): b"first page of level 1", (RECORD, 0, 0): b"record"},
        {(PAGE, 0, number): b"page %d" % number for number in range(9)},
    ]
    create(disk, "v", LENGTH, PASSPHRASES, contents, form=SMALL, random=random)
    for step in range(40):
        level = (2, 0, 1, 2)[step % 4]
        session = open_container(
            disk, "v", PASSPHRASES[level], writable=True, form=SMALL, random=random
        )
        for volume in session.volumes:
            kept = contents[volume.level]
            name = (MEDIA, step // 8, step % 8)
            kept[name] = b"step %d of level %d" % (step, volume.level)
            volume.put(*name, kept[name])
            if step % 5 == 4:
                gone = min(name for name in kept if name[0] == MEDIA)
                kept.pop(gone)
                volume.drop(*gone)
        session.commit()
        session.close()
    expected = {
        "form": {
            "length": LENGTH,
            "payload": PAYLOAD,
            "rows": ROWS,
            "pitch": PITCH,
            "edge": EDGE,
            "argon2id": {"memory_kib": CHEAP_KDF.memory_kib, "passes": 1, "lanes": 1},
        },
        "volumes": [
            {
                "passphrase": passphrase,
                "blocks": [
                    [*name, payload.hex()] for name, payload in sorted(contents[level].items())
                ],
            }
            for level, passphrase in enumerate(PASSPHRASES)
        ],
    }
    return disk.read("v"), as_json(expected)


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode()


def vectors() -> dict[str, bytes]:
    """All files by name."""
    container, expected = small()
    return {
        "passphrases.json": passphrases(),
        "units.json": units(),
        "small.container": container,
        "small.json": expected,
    }


if __name__ == "__main__":
    for name, data in vectors().items():
        (HERE / name).write_bytes(data)
        print(name, len(data))
