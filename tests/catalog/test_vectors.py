from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from catalog.volume_double import VolumeDouble
from vault.catalog import bodies, body_reader
from vault.catalog.folding import fold_text
from vault.catalog.records import Record, parse_block
from vault.catalog.store import RECORD
from vault.catalog.stream import RecordStream, Scan
from vault.errors import MalformedRecord

HERE = Path(__file__).resolve().parents[1] / "vectors" / "catalog"
READERS = {
    bodies.SETTINGS: body_reader.read_settings,
    bodies.LEAF: body_reader.read_leaf,
    bodies.MEDIA_EXTENT: body_reader.read_extent,
    bodies.CONTACT: body_reader.read_contact,
    bodies.COUNTER: body_reader.read_counter,
    bodies.IMPORT: body_reader.read_import,
    bodies.CHECKPOINT: body_reader.read_checkpoint,
    bodies.PROOF: body_reader.read_proof,
}


def stored(name):
    return json.loads((HERE / name).read_text(encoding="ascii"))


@pytest.mark.parametrize("vector", stored("bodies.json"), ids=lambda vector: str(vector["kind"]))
def test_bodies(vector):
    raw = bytes.fromhex(vector["body"])
    value = READERS[vector["kind"]](raw)
    shown = {n: v.hex() if isinstance(v, bytes) else v for n, v in vars(value).items()}
    assert vector["values"] == shown
    assert raw == value.encode()


def test_every_kind_has_a_vector():
    kinds = {vector["kind"] for vector in stored("bodies.json")}
    assert set(bodies.KINDS) == kinds | {bodies.DISCLOSURE}


def read(blocks):
    volume = VolumeDouble(128)
    for number, block in enumerate(blocks):
        volume.put(RECORD, 0, number, bytes.fromhex(block))
    scan = Scan(RecordStream(volume), volume.numbers(RECORD, 0), 128)
    return {record.number: record for record in scan.records()}, scan


def test_stream():
    steps = stored("stream.json")
    found, scan = read(steps["appended"])
    sizes = {1: 20, 2: 150, 3: 0, 4: 200}
    assert sizes == {number: len(record.body) for number, record in found.items()}
    assert scan.following == 5
    found, _ = read(steps["erased"])
    assert Record(2, 0, b"", found[2].end, found[2].end) == found[2]
    found, scan = read(steps["appended after erasing"])
    assert (6, b"tail", 6) == (found[5].kind, found[5].body, scan.following)
    found, _ = read(steps["moved"])
    assert (b"\0" * 20, True) == (found[1].body, found[1].block >= found[4].end)


@pytest.mark.parametrize("name", stored("refused.json")["blocks"])
def test_refused_blocks(name):
    raw = bytes.fromhex(stored("refused.json")["blocks"][name])
    if name == "sound":
        assert raw == parse_block(raw).encode()
        return
    with pytest.raises(MalformedRecord):
        parse_block(raw)


@pytest.mark.parametrize("name", stored("refused.json")["bodies"])
def test_refused_bodies(name):
    kind, raw = stored("refused.json")["bodies"][name]
    with pytest.raises(MalformedRecord):
        READERS[kind](bytes.fromhex(raw))


@pytest.mark.parametrize(("text", "folded"), stored("folding.json").items())
def test_folding(text, folded):
    assert folded == fold_text(text)


def test_the_vectors_are_what_the_program_writes(tmp_path):
    copy = tmp_path / "tests" / "vectors" / "catalog" / "generate.py"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "generate.py", copy)
    spec = importlib.util.spec_from_file_location("generate_catalog", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main()
    for name in ("bodies.json", "stream.json", "refused.json", "folding.json"):
        assert (HERE / name).read_bytes() == (copy.parent / name).read_bytes()
