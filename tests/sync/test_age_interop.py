"""An independent age implementation opens what is sealed here, and we open what it seals.

Node and the npm package `age-encryption` are not part of this project. The package is looked for
in the checkout and where npm keeps its own; else npm is asked to install it into a temporary
folder. Where that fails, these tests say so and are skipped.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from vault.sync.manifest import MAX_MANIFEST_SIZE, parse_manifest, verify_manifest
from vault.sync.padme import body_size

PACKAGE = "age-encryption"
VERSION = "0.3.1"
SCRIPT = Path(__file__).parent / "age_interop.mjs"
CHECKOUT = Path(__file__).parents[2]
PARTS = {
    "card": b"a card",
    "entries/0/leaf": b"leaf",
    "media/" + hashlib.sha256(bytes(150_000)).hexdigest(): bytes(150_000),
}


def run(*command: str | Path, seconds: int = 60) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, timeout=seconds, check=False)


def installed(tmp: Path) -> Path | None:
    """Find the package, or have npm install it into `tmp`."""
    npm = shutil.which("npm")
    places = [CHECKOUT / "node_modules"]
    if npm and (found := run(npm, "root", "--global")).returncode == 0:
        places.append(Path(found.stdout.decode().strip()))
    for place in places:
        if (place / PACKAGE / "dist" / "index.js").exists():
            return place / PACKAGE
    if npm is None:
        return None
    try:
        run(
            *(npm, "install", "--prefix", tmp, "--no-audit", "--no-fund", "--ignore-scripts"),
            f"{PACKAGE}@{VERSION}",
            seconds=120,
        )
    except subprocess.TimeoutExpired:
        return None
    package = tmp / "node_modules" / PACKAGE
    return package if (package / "dist" / "index.js").exists() else None


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """Run the other implementation: `node(verb, key, source, target)` returns its output."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("NOT CHECKED against another age implementation: Node is not installed")
    package = installed(tmp_path_factory.mktemp("npm"))
    if package is None:
        pytest.skip(f"NOT CHECKED against another age implementation: no npm package {PACKAGE}")

    def call(*arguments: str | Path) -> str:
        done = run(program, SCRIPT, package, *arguments)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()

    return call


def test_both_derive_one_recipient_from_one_identity(node, workshop):
    assert node("recipient", workshop.recipient.secret()) == workshop.recipient.recipient


def test_other_implementation_opens_our_bundle_and_its_plaintext_parses(node, workshop, tmp_path):
    sealed, plain = tmp_path / "sealed", tmp_path / "plain"
    sealed.write_bytes(workshop.bundle(PARTS))
    node("open", workshop.recipient.secret(), sealed, plain)
    body = plain.read_bytes()
    length = int.from_bytes(body[:4], "big")
    assert length < MAX_MANIFEST_SIZE
    note = body[4 : 4 + length]
    manifest = parse_manifest(note)
    verify_manifest(manifest, note, workshop.keys.public)
    at = 4 + length
    for file in manifest.files:
        assert PARTS[file.name] == body[at : at + file.size]
        at += file.size
    assert body[at:] == bytes(body_size(at) - at)


def test_our_body_sealed_again_by_the_other_implementation_opens_here(node, workshop, tmp_path):
    sealed, plain, again = tmp_path / "sealed", tmp_path / "plain", tmp_path / "again"
    sealed.write_bytes(workshop.bundle(PARTS))
    node("open", workshop.recipient.secret(), sealed, plain)
    node("seal", workshop.recipient.recipient, plain, again)
    assert again.read_bytes() != sealed.read_bytes()
    assert again.stat().st_size == sealed.stat().st_size
    assert workshop.contents(again.read_bytes()) == PARTS


def test_other_implementation_refuses_our_altered_bundle(node, workshop, tmp_path):
    sealed = tmp_path / "sealed"
    bundle = bytearray(workshop.bundle(PARTS))
    bundle[-1] ^= 1
    sealed.write_bytes(bundle)
    with pytest.raises(RuntimeError):
        node("open", workshop.recipient.secret(), sealed, tmp_path / "plain")


def test_other_implementation_does_not_open_a_bundle_for_somebody_else(node, workshop, tmp_path):
    sealed = tmp_path / "sealed"
    sealed.write_bytes(workshop.bundle(PARTS))
    with pytest.raises(RuntimeError, match="no identity matched"):
        node("open", workshop.third.secret(), sealed, tmp_path / "plain")
