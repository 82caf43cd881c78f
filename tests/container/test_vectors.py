"""Vectors: they are generated anew byte for byte, open, and hold what the page says."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path

import pytest

from seam.memory import MemoryDisk
from seam.small import seeded
from vault.container.block import HEADER, BlockLost, Header, block_aad, parse_header
from vault.container.cell import Cell, cell_key, open_cell
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.root import parse_head, parse_table
from vault.container.session import open_container
from vault.crypto.aead import BlockSealer, xchacha_open
from vault.crypto.kdf import Argon2Profile, argon2id, hkdf_expand_sha512, hkdf_sha512

FOLDER = Path(__file__).parents[1] / "vectors" / "container"
UNITS = json.loads((FOLDER / "units.json").read_text("utf-8"))
SMALL = json.loads((FOLDER / "small.json").read_text("utf-8"))


def load(name: str):
    spec = importlib.util.spec_from_file_location("container_vectors", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generator():
    return load("generate")


def test_the_generator_makes_the_same_bytes_again(generator):
    made = generator.vectors()
    kept = {path.name: path.read_bytes() for path in FOLDER.glob("[a-z]*.[jc]*")}
    assert sorted(kept) == sorted(made)
    for name, data in made.items():
        assert kept[name] == data, name


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_golden_container_opens_and_holds_what_is_written_down(generator, level):
    disk = MemoryDisk({"v": (FOLDER / "small.container").read_bytes()})
    session = open_container(
        disk,
        "v",
        SMALL["volumes"][level]["passphrase"],
        writable=False,
        form=generator.SMALL,
        random=seeded(1),
    )
    assert len(session.volumes) == level + 1
    for volume, expected in zip(session.volumes, SMALL["volumes"], strict=False):
        blocks = {tuple(name): bytes.fromhex(data) for *name, data in expected["blocks"]}
        assert set(blocks) == {
            (namespace, object_id, number)
            for namespace in (1, 2, 3)
            for object_id in volume.objects(namespace)
            for number in volume.numbers(namespace, object_id)
        }
        for name, data in blocks.items():
            assert data == volume.get(*name)
        with pytest.raises(BlockLost):
            volume.get(2, 99, 0)
    session.close()


def test_a_slot_by_hand():
    """Each step of docs/format/container.md, "Head", with the primitives alone."""
    vector = UNITS["head"]
    head = bytes.fromhex(vector["head"])
    salt, slots = head[:32], [head[at : at + 256] for at in range(32, 2080, 256)]
    profile = Argon2Profile(**vector["argon2id"])
    used = set()
    for level, normalised in enumerate(vector["normalised"]):
        kek = argon2id(bytes.fromhex(normalised), salt, profile)
        for index, slot in enumerate(slots):
            nonce, commitment, sealed = slot[:24], slot[24:56], slot[56:]
            both = hkdf_expand_sha512(kek, b"slot" + bytes([index]) + nonce, 64)
            if both[32:] == commitment:
                content = xchacha_open(both[:32], nonce, sealed, bytes([index]) + salt)
                keys = b"".join(bytes.fromhex(key) for key in vector["keys"][: level + 1])
                expected = struct.pack(">BQ", level, vector["length"]) + keys
                assert expected.ljust(184, b"\0") == content
                used.add(index)
        opened = open_head(head, bytes.fromhex(normalised), kdf=profile)
        assert (level, vector["length"]) == opened[:2]
    assert len(used) == 3


def test_a_cell_by_hand():
    vector = UNITS["cell"]
    unit = bytes.fromhex(vector["unit"])
    key = hkdf_sha512(bytes.fromhex(vector["volume_key"]), b"cell")
    aad = bytes([1, vector["end"], vector["slot"]])
    content = xchacha_open(key, unit[:24], unit[24:80], aad)
    numbers = struct.pack(">QQQ", vector["commit"], vector["epoch"], vector["rows"])
    assert numbers + bytes.fromhex(vector["commit_id"]) == content
    expected = Cell(
        vector["commit"], vector["epoch"], vector["rows"], bytes.fromhex(vector["commit_id"])
    )
    made = cell_key(bytes.fromhex(vector["volume_key"]))
    assert expected == open_cell(unit, made, end=vector["end"], slot=vector["slot"])
    assert len(unit) == 4096


def test_a_block_by_hand():
    vector = UNITS["block"]
    sealed = bytes.fromhex(vector["sealed"])
    header = Header(**vector["header"])
    commit_id = bytes.fromhex(vector["commit_id"])
    info = b"block" + struct.pack(">Q", header.epoch) + commit_id
    key = hkdf_sha512(bytes.fromhex(vector["volume_key"]), info)
    assert bytes.fromhex(vector["block_key"]) == key
    aad = struct.pack(">BBII", 1, vector["level"], vector["row"], vector["position"])
    assert aad == block_aad(vector["level"], vector["row"], vector["position"])
    plain = BlockSealer(key).open(sealed[:12], sealed[12:], aad)
    payload = bytes.fromhex(vector["payload"])
    fields = (header.epoch, header.namespace, len(payload), header.object_id, header.number)
    assert struct.pack(">QB3xIQQ", *fields) + payload.ljust(512, b"\0") == plain
    assert header == parse_header(plain, 512)
    keys = VolumeKeys(bytes.fromhex(vector["volume_key"]))
    out = bytearray(len(plain))
    keys.block(header.epoch, commit_id).open_into(sealed[:12], sealed[12:], aad, out)
    assert plain == bytes(out)
    assert HEADER.size == 32


def test_a_root_by_hand(generator):
    vector = UNITS["root"]
    data = bytes.fromhex(vector["encoded"])
    blocks, rows, live = vector["blocks"], vector["rows"], vector["live"]
    commit_id = bytes.fromhex(vector["commit_id"])
    fixed = struct.pack(">BB6xQ", 1, vector["level"], vector["epoch"]) + commit_id
    fixed += struct.pack(">QQ16x", vector["counter"], vector["commit"])
    assert (64, fixed) == (len(fixed), data[:64])
    summary = data[64 : 64 + 17 * blocks]
    at = 17 * live["position"]
    assert bytes.fromhex(live["name"]) == summary[at : at + 17]
    assert not any(summary[:at] + summary[at + 17 :])
    width = 24 + -(-blocks // 8)
    table = data[64 + 17 * blocks :]
    assert len(table) == rows * width
    entry = table[live["row"] * width : (live["row"] + 1) * width]
    bitmap = (1 << live["position"]).to_bytes(width - 24, "little")
    assert struct.pack(">Q", vector["epoch"]) + commit_id + bitmap == entry
    geometry = generator.small_geometry(generator.LENGTH)
    share = geometry.shares[vector["level"]]
    assert vector["counter"] == parse_head(data, share).counter
    assert len(parse_table(data, geometry, share)) == rows
