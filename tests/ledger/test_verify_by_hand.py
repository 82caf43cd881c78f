from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vault.encoding.binary import write_base64
from vault.ledger.checkpoint import Checkpoint, sign_checkpoint
from vault.ledger.disclosure import parse_disclosure
from vault.ledger.entry import build_entry, file_value
from vault.ledger.keys import LogKeys
from vault.ledger.leaf import genesis
from vault.ledger.merkle import Tree
from vault.ledger.origin import origin_of
from vault.ledger.proof import InclusionProof, parse_proof
from vault.ledger.proof_folder import proof_files

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCRIPT = DOCS / "verify-by-hand.sh"
COREUTILS = ["base64", "cat", "head", "mktemp", "od", "rm", "sha256sum", "sort", "tail", "tr", "wc"]
PROGRAMS = [*COREUTILS, "openssl"]
SHELLS = [name for name in ("sh", "dash", "bash", "busybox") if shutil.which(name)]

pytestmark = pytest.mark.skipif(
    not all(shutil.which(name) for name in ["sh", *PROGRAMS]),
    reason="LOUD: coreutils or openssl are missing, the script for the court was NOT tried",
)


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A PATH that leads to coreutils and openssl only."""
    path = tmp_path_factory.mktemp("programs")
    for name in PROGRAMS:
        (path / name).symlink_to(shutil.which(name))
    return path


@pytest.fixture
def run(programs, tmp_path):
    def run(files, origin, *arguments, shell="sh"):
        folder = tmp_path / "proof"
        shutil.rmtree(folder, ignore_errors=True)
        for name, raw in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        words = [shutil.which(shell), *(["sh"] if shell == "busybox" else [])]
        return subprocess.run(
            [*words, SCRIPT, folder, origin, *arguments],
            env={"PATH": str(programs), "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def refused(result, reason=""):
    assert result.returncode == 1, result.stdout
    assert result.stderr.startswith("REFUSED: ")
    assert reason in result.stderr
    assert not result.stdout


def files_of(golden, seq=1, names=("title", "file", "empty")):
    return proof_files(
        golden.keys.public,
        golden.leaves[seq],
        parse_proof(golden.proofs[seq]),
        golden.checkpoint,
        [golden.fields[seq][name] for name in names],
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_good_folder_is_verified(golden, vectors, run, tmp_path, shell):
    result = run(files_of(golden), golden.keys.origin, vectors / "media", shell=shell)
    assert (result.returncode, result.stderr) == (0, "")
    key = golden.keys.public.checkpoint[0].public_key
    for words in (
        "place 1 among the first 7 entries",
        golden.keys.origin,
        "unchanged since",
        f"signed by key\n    {key.hex()}",
        "Disclosed of this entry: empty file title\n",
        "(ML-DSA-44) was not checked",
    ):
        assert words in result.stdout
    assert not re.search(r"\b(true|genuine|authentic|intact)\b", result.stdout.lower())
    assert os.listdir(tmp_path) == ["proof"]


@pytest.mark.parametrize("seq", range(7))
def test_every_entry_is_verified(golden, run, seq):
    result = run(files_of(golden, seq, golden.fields[seq]), golden.keys.origin)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"place {seq} among" in result.stdout


def test_log_of_one_entry_is_verified(random, run):
    keys = LogKeys.from_seed(bytes(32))
    entry = build_entry(keys.origin, 0, genesis(keys.origin), {"title": b"x"}, random)
    checkpoint = sign_checkpoint(Checkpoint(keys.origin, 1, entry.leaf_hash), keys)
    files = proof_files(
        keys.public, entry.leaf, InclusionProof(0, ()), checkpoint, entry.disclosures
    )
    assert run(files, keys.origin).returncode == 0
    files["proof"] = InclusionProof(0, (entry.leaf_hash,)).encode()
    refused(run(files, keys.origin), "proof")


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        *("leaf", "proof", "checkpoint", "log.vkey", "log.keys"),
        *("fields/title", "fields/file", "fields/empty"),
    ],
)
def test_flipped_bits_are_refused(golden, run, name):
    files = files_of(golden)
    raw = files[name]
    # Past the first signature the checkpoint holds only the one that needs OpenSSL 3.5.
    length = raw.index(b"\n", raw.index(b"\n\n") + 2) if name == "checkpoint" else len(raw)
    for number in range(9):
        at = (length - 1) * number // 8
        changed = bytearray(raw)
        changed[at] ^= 1 << number % 8
        refused(run(files | {name: bytes(changed)}, golden.keys.origin))


@pytest.mark.long
@pytest.mark.parametrize("name", ["leaf", "proof", "checkpoint", "log.vkey", "log.keys"])
def test_cut_grown_or_missing_files_are_refused(golden, run, name):
    files = files_of(golden)
    raw = files[name]
    for changed in (b"", raw[:-1], raw[: len(raw) // 2], raw + b"\n", raw + b"x", raw + b"\0"):
        refused(run(files | {name: changed}, golden.keys.origin))
    refused(run(files | {name: raw.replace(b"\n", b"\r\n")}, golden.keys.origin))
    refused(run(files | {name: b"\0" + raw}, golden.keys.origin))
    del files[name]
    refused(run(files, golden.keys.origin), name)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["leaf", "proof", "checkpoint", "disclosure"])
def test_stored_failures_are_refused(golden, vectors, run, kind):
    seq, name = {"proof": (3, "proof"), "disclosure": (1, "fields/title")}.get(kind, (1, kind))
    files = files_of(golden, seq)
    for path in sorted((vectors / "refused" / kind).iterdir()):
        if path.name.startswith(("mldsa44", "stripped-mldsa44")):
            continue  # what is wrong with these lines takes OpenSSL 3.5 to see
        result = run(files | {name: path.read_bytes()}, golden.keys.origin)
        assert result.returncode == 1, path.name


def test_wrong_origin_is_refused(golden, run):
    other = LogKeys.from_seed(bytes(32)).origin
    refused(run(files_of(golden), other), "log.keys")


@pytest.mark.parametrize("origin", ["", "example.com/log", "amanat.invalid/" + "A" * 64])
def test_origin_that_is_none_is_a_wrong_word(golden, run, origin):
    assert run(files_of(golden), origin).returncode == 2


def test_too_few_and_too_many_words_are_told(run, programs):
    for words in ([], ["dir"], ["a", "b", "c", "d"]):
        result = subprocess.run(
            [shutil.which("sh"), SCRIPT, *words],
            env={"PATH": str(programs)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 2
        assert "usage" in result.stderr


def attackers_log(golden, random, origin):
    """The same entry in an attacker's log that claims `origin`; made without any check."""
    keys = LogKeys.from_seed(bytes(32))
    fields = {name: parse_disclosure(golden.fields[1][name]).value for name in ("title", "file")}
    entry = build_entry(origin, 1, genesis(origin), fields, random)
    tree = Tree([genesis(origin), entry.leaf_hash])
    text = Checkpoint(origin, 2, tree.root()).text()
    lines = []
    for signer in keys.checkpoint_signers:
        renamed = type(signer).from_seed(origin, signer.key.type, signer.seed)
        data = write_base64(renamed.key.key_id + renamed.sign(text))
        lines.append("— ".encode() + origin.encode() + b" " + data + b"\n")
    signers = (*keys.checkpoint_signers, *keys.manifest_signers)
    names = [origin, origin, origin + "/manifest", origin + "/manifest"]
    vkeys = [
        type(signer).from_seed(name, signer.key.type, signer.seed).key.encode()
        for signer, name in zip(signers, names, strict=True)
    ]
    words = ["checkpoint", "checkpoint", "manifest", "manifest"]
    lines_of_keys = [f"{word} {vkey}" for word, vkey in zip(words, vkeys, strict=True)]
    head = ["amanat-keys/v1", f"log {origin}"]
    return {
        "leaf": entry.leaf,
        "proof": InclusionProof(1, tree.inclusion_proof(1)).encode(),
        "checkpoint": text + b"\n" + b"".join(lines),
        "log.vkey": vkeys[0].encode() + b"\n",
        "log.keys": ("\n".join([*head, *lines_of_keys]) + "\n").encode(),
        "fields/file": entry.disclosures[0],
        "fields/title": entry.disclosures[1],
    }


def test_attackers_own_keys_are_refused(golden, random, run):
    own = LogKeys.from_seed(bytes(32)).origin
    files = attackers_log(golden, random, own)
    assert run(files, own).returncode == 0
    refused(run(files, golden.keys.origin), "log.keys")
    claiming = attackers_log(golden, random, golden.keys.origin)
    refused(run(claiming, golden.keys.origin), "name of the log pins")
    # The defender's keys, and the attacker's everything else.
    for names in (["log.keys"], ["log.keys", "log.vkey"]):
        mixed = claiming | {name: files_of(golden)[name] for name in names}
        refused(run(mixed, golden.keys.origin))


@pytest.mark.parametrize(
    "key",
    [
        "01" + "00" * 31,
        "01" + "00" * 30 + "80",
        "00" * 32,
        "00" * 31 + "80",
        *(low + "ff" * 30 + top for low in ("ec", "ed", "ee") for top in ("7f", "ff")),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ],
)
def test_key_that_anybody_can_sign_for_is_refused(golden, run, key):
    from vault.crypto.hashes import sha256

    public = golden.keys.public
    others = [public.checkpoint[1], *public.manifest]
    origin = origin_of(bytes.fromhex(key), *(other.public_key for other in others))
    lines = ["amanat-keys/v1", f"log {origin}"]
    for word, name, material in (
        ("checkpoint", origin, b"\1" + bytes.fromhex(key)),
        ("checkpoint", origin, b"\6" + others[0].public_key),
        ("manifest", origin + "/manifest", b"\1" + others[1].public_key),
        ("manifest", origin + "/manifest", b"\xffamanat-mldsa44/v1" + others[2].public_key),
    ):
        key_id = sha256(name.encode(), b"\n", material)[:4].hex()
        lines.append(f"{word} {name}+{key_id}+{write_base64(material).decode()}")
    files = files_of(golden) | {
        "log.keys": ("\n".join(lines) + "\n").encode(),
        "log.vkey": lines[2].removeprefix("checkpoint ").encode() + b"\n",
    }
    refused(run(files, origin), "anybody can sign for")


def test_foreign_disclosure_is_refused(golden, random, run):
    files = files_of(golden)
    foreign = attackers_log(golden, random, LogKeys.from_seed(bytes(32)).origin)
    same_log = attackers_log(golden, random, golden.keys.origin)
    for raw in (golden.fields[2]["title"], foreign["fields/title"], same_log["fields/title"]):
        refused(run(files | {"fields/title": raw}, golden.keys.origin), "fields/title")
    refused(run(files | {"fields/file": same_log["fields/file"]}, golden.keys.origin), "file")


def test_disclosure_under_another_name_is_refused(golden, run):
    files, fields = files_of(golden), golden.fields[1]
    for name, other in (("title", "description"), ("file", "title"), ("title", "file")):
        refused(run(files | {f"fields/{name}": fields[other]}, golden.keys.origin), name)
    for name in ("Title", "a b", "title.txt", "x" * 33):
        refused(run(files | {f"fields/{name}": fields["title"]}, golden.keys.origin), "name")


def test_wrong_index_is_refused(golden, run):
    files = files_of(golden)
    for raw in (
        golden.proofs[2],
        files["proof"].replace(b"index 1", b"index 2"),
        files["proof"].replace(b"index 1", b"index 0"),
        files["proof"].replace(b"index 1", b"index 7"),
        InclusionProof(1, parse_proof(files["proof"]).hashes[:-1]).encode(),
        InclusionProof(1, (*parse_proof(files["proof"]).hashes, bytes(32))).encode(),
    ):
        refused(run(files | {"proof": raw}, golden.keys.origin), "proof")
    refused(run(files | {"leaf": golden.leaves[2]}, golden.keys.origin))
    refused(run(files | {"leaf": golden.leaves[2], "proof": files["proof"]}, golden.keys.origin))


def test_another_exhibit_is_refused(golden, run, tmp_path, vectors):
    files = files_of(golden)
    raw = (vectors / "media").read_bytes()
    exhibit = tmp_path / "exhibit"
    for changed in (b"", raw[:-1], raw + b"\n", raw[:-1] + b"!"):
        exhibit.write_bytes(changed)
        refused(run(files, golden.keys.origin, exhibit), "exhibit")
    exhibit.unlink()
    refused(run(files, golden.keys.origin, exhibit), "exhibit")
    del files["fields/file"]
    refused(run(files, golden.keys.origin, vectors / "media"), "exhibit")


def test_value_of_the_file_field_has_one_form(random, run):
    keys = LogKeys.from_seed(bytes(32))
    value = file_value(bytes(32), 7, "image/jpeg")
    for wrong in (value + b"\n", value[:-1], value.replace(b"size 7", b"size 07"), b""):
        entry = build_entry(keys.origin, 0, genesis(keys.origin), {"file": wrong}, random)
        checkpoint = sign_checkpoint(Checkpoint(keys.origin, 1, entry.leaf_hash), keys)
        files = proof_files(
            keys.public, entry.leaf, InclusionProof(0, ()), checkpoint, entry.disclosures
        )
        refused(run(files, keys.origin), "fields/file is malformed")


def test_steps_of_the_page_do_what_it_says(golden, vectors, programs, tmp_path):
    page = (DOCS / "verify-by-hand.md").read_text("utf-8")
    steps = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    assert len(steps) >= 6
    for name, raw in files_of(golden, 3).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    (tmp_path / "exhibit.jpg").write_bytes((vectors / "media").read_bytes())
    shutil.copy(SCRIPT, tmp_path)
    extra = tmp_path / "bin"
    extra.mkdir()
    for name in ("cut", "sh"):
        (extra / name).symlink_to(shutil.which(name))
    result = subprocess.run(
        [shutil.which("sh"), "-eu", "-c", "\n".join(steps)],
        cwd=tmp_path,
        env={"PATH": f"{programs}:{extra}", "ORIGIN": golden.keys.origin},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    shown = result.stdout
    assert shown.count(golden.keys.origin.removeprefix("amanat.invalid/")) >= 2
    assert "Signature Verified Successfully" in shown
    assert shown.count(golden.facts["root"]) >= 2
    assert parse_disclosure(golden.fields[3]["title"]).value.decode() in shown
