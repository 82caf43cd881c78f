from __future__ import annotations

import pytest

from vault.crypto.hashes import sha256
from vault.encoding.binary import write_base64
from vault.errors import BadCheckpoint, MalformedRecord
from vault.ledger.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint_text,
    sign_checkpoint,
)
from vault.ledger.keys import LogKeys
from vault.ledger.merkle import EMPTY_ROOT
from vault.ledger.note import sign_note
from vault.ledger.vkey import SignatureType, SigningKey, cosigned_message, parse_vkey

ROOT = sha256(b"root")


def test_stored_checkpoint_is_that_of_the_stored_log(golden):
    keys = golden.keys
    found = open_checkpoint(golden.checkpoint, keys.origin, keys.public.checkpoint)
    assert found.size == 7
    assert golden.facts["root"] == write_base64(found.root).decode()


def test_checkpoint_of_another_implementation_is_read(vectors):
    foreign = vectors / "foreign"
    key = parse_vkey((foreign / "mldsa44.vkey").read_text("utf-8").strip())
    raw = (foreign / "mldsa44.checkpoint").read_bytes()
    assert key.type is SignatureType.MLDSA44_CHECKPOINT
    assert open_checkpoint(raw, "example.com/mldsa-log", [key]).size == 1


def test_text_is_three_lines():
    text = Checkpoint("example.com/log", 42, ROOT).text()
    assert text == b"example.com/log\n42\n" + write_base64(ROOT) + b"\n"
    assert parse_checkpoint_text(text) == Checkpoint("example.com/log", 42, ROOT)


def test_ml_dsa_message_is_that_of_the_specification():
    message = cosigned_message("example.com/log", Checkpoint("example.com/o", 42, ROOT).text())
    assert message == (
        b"subtree/v1\n\0"
        b"\x0fexample.com/log"
        b"\0\0\0\0\0\0\0\0"
        b"\x0dexample.com/o"
        b"\0\0\0\0\0\0\0\0"
        b"\0\0\0\0\0\0\0\x2a" + ROOT
    )


def test_origin_too_long_for_the_message_is_refused():
    cosigned_message("n", Checkpoint("o" * 255, 1, ROOT).text())
    with pytest.raises(MalformedRecord):
        cosigned_message("n", Checkpoint("o" * 256, 1, ROOT).text())


def test_empty_log_has_one_root():
    assert parse_checkpoint_text(Checkpoint("o", 0, EMPTY_ROOT).text()).size == 0
    with pytest.raises(MalformedRecord):
        Checkpoint("o", 0, ROOT).text()
    with pytest.raises(MalformedRecord):
        parse_checkpoint_text(b"o\n0\n" + write_base64(ROOT) + b"\n")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"o\n1\n",
        b"o\n1\n" + write_base64(ROOT),
        b"\n1\n" + write_base64(ROOT) + b"\n",
        b"o\n01\n" + write_base64(ROOT) + b"\n",
        b"o\n-1\n" + write_base64(ROOT) + b"\n",
        b"o\n9223372036854775808\n" + write_base64(ROOT) + b"\n",
        b"o\n1\n" + write_base64(ROOT[:31]) + b"\n",
        b"o\n1\n" + write_base64(ROOT + b"\0") + b"\n",
        b"o\n1\n" + write_base64(ROOT).rstrip(b"=") + b"\n",
        b"o\n1\n" + write_base64(ROOT) + b"\nextension\n",
        b"o\n1\n" + write_base64(ROOT) + b"\n\n",
        b"o\r\n1\r\n" + write_base64(ROOT) + b"\r\n",
        b"\xff\n1\n" + write_base64(ROOT) + b"\n",
    ],
)
def test_text_in_another_form_is_refused(text):
    with pytest.raises(MalformedRecord):
        parse_checkpoint_text(text)


@pytest.mark.parametrize(
    ("size", "root"), [(-1, ROOT), (2**63, ROOT), (1, ROOT[:31]), (1, ROOT + b"\0")]
)
def test_impossible_checkpoint_is_not_written(size, root):
    with pytest.raises(MalformedRecord):
        Checkpoint("o", size, root).text()


def test_checkpoint_of_another_log_is_refused(golden):
    keys, other = golden.keys, LogKeys.from_seed(bytes(32))
    with pytest.raises(BadCheckpoint):
        open_checkpoint(golden.checkpoint, other.origin, keys.public.checkpoint)
    with pytest.raises(BadCheckpoint):
        open_checkpoint(golden.checkpoint, keys.origin, other.public.checkpoint)
    with pytest.raises(BadCheckpoint):
        sign_checkpoint(Checkpoint(other.origin, 1, ROOT), keys)


def test_both_signatures_are_wanted(golden):
    keys = golden.keys
    text = Checkpoint(keys.origin, 1, ROOT).text()
    for signer in keys.checkpoint_signers:
        raw = sign_note(text, [signer])
        open_checkpoint(raw, keys.origin, [signer.key])
        with pytest.raises(BadCheckpoint, match="missing"):
            open_checkpoint(raw, keys.origin, keys.public.checkpoint)


def test_manifest_keys_sign_no_checkpoint(golden):
    keys = golden.keys
    raw = sign_note(Checkpoint(keys.origin, 1, ROOT).text(), keys.manifest_signers)
    with pytest.raises(BadCheckpoint):
        open_checkpoint(raw, keys.origin, keys.public.checkpoint)


def test_log_states_no_time(golden):
    # A type 0x06 signature over a message with a time is valid for the specification, not here.
    from vault.crypto.signatures import mldsa44_sign
    from vault.encoding.integers import u64

    signer = golden.keys.checkpoint_signers[1]
    text = Checkpoint(golden.keys.origin, 1, ROOT).text()
    name = signer.key.name.encode()
    at = len(b"subtree/v1\n\0") + 1 + len(name)
    message = cosigned_message(signer.key.name, text)
    for time in (1, 2**63 - 1, 2**63, 2**64 - 1):
        timed = message[:at] + u64(time) + message[at + 8 :]
        data = signer.key.key_id + u64(time) + mldsa44_sign(signer.seed, timed)
        raw = text + b"\n" + "— ".encode() + name + b" " + write_base64(data) + b"\n"
        with pytest.raises(BadCheckpoint, match="wrong"):
            open_checkpoint(raw, golden.keys.origin, [signer.key])


def test_malformed_checkpoint_is_a_bad_checkpoint(golden):
    with pytest.raises(BadCheckpoint) as caught:
        open_checkpoint(b"nothing", golden.keys.origin, golden.keys.public.checkpoint)
    assert str(caught.value)


def test_checkpoint_for_a_signature_with_extension_lines_is_refused():
    key = SigningKey.from_seed("o", SignatureType.ED25519, bytes(32))
    text = Checkpoint("o", 1, ROOT).text() + b"extension\n"
    with pytest.raises(BadCheckpoint):
        open_checkpoint(sign_note(text, [key]), "o", [key.key])


def test_signed_checkpoint_opens_and_carries_both_signatures(golden):
    keys, checkpoint = golden.keys, Checkpoint(golden.keys.origin, 3, ROOT)
    raw = sign_checkpoint(checkpoint, keys)
    assert open_checkpoint(raw, keys.origin, keys.public.checkpoint) == checkpoint
    assert raw.startswith(checkpoint.text() + b"\n")
    assert raw != sign_checkpoint(checkpoint, keys)
