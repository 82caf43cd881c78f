from __future__ import annotations

import struct
from contextlib import suppress

import pytest

from container.worlds import PASSPHRASES, PATH, World, open_level
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk
from seam.recording import Op, RecordingDisk
from seam.small import CHEAP_KDF, SMALL_FORM, SMALL_LENGTH, seeded
from vault.container import head as head_module
from vault.container.geometry import HEAD_SIZE, SALT_SIZE, SLOT_SIZE, SLOTS
from vault.container.head import open_head, seal_head
from vault.container.session import open_container
from vault.crypto.aead import xchacha_open, xchacha_seal
from vault.crypto.kdf import argon2id, hkdf_expand_sha512
from vault.errors import Damaged, NotSaved, UnlockError, VaultError

SECRETS = (b"one", b"two", b"three")
KEYS = (b"\1" * 32, b"\2" * 32, b"\3" * 32)


@pytest.fixture
def head() -> bytes:
    return seal_head(SECRETS, KEYS, 12345, kdf=CHEAP_KDF, random=seeded(5))


def slots_of(head: bytes) -> list[bytes]:
    return [head[at : at + SLOT_SIZE] for at in range(SALT_SIZE, HEAD_SIZE, SLOT_SIZE)]


def own_slot(head: bytes, secret: bytes) -> int:
    """Which slot a passphrase opens: the one without which it opens nothing."""
    for index in range(SLOTS):
        start = SALT_SIZE + index * SLOT_SIZE
        without = head[:start] + bytes(SLOT_SIZE) + head[start + SLOT_SIZE :]
        try:
            open_head(without, secret, kdf=CHEAP_KDF)
        except UnlockError:
            return index
    raise AssertionError


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_passphrase_opens_its_level_and_all_below(head, level):
    opened = open_head(head, SECRETS[level], kdf=CHEAP_KDF)
    assert (level, 12345, KEYS[: level + 1]) == opened


@pytest.mark.parametrize("secret", [*SECRETS, b"wrong"])
def test_one_derivation_and_all_eight_slots_whatever_opens(head, secret, monkeypatch):
    calls = {"kdf": 0, "slots": []}

    def counted_kdf(*arguments):
        calls["kdf"] += 1
        return argon2id(*arguments)

    original = head_module._open_slot

    def counted_slot(kek, index, salt, slot):
        calls["slots"].append(index)
        return original(kek, index, salt, slot)

    monkeypatch.setattr(head_module, "argon2id", counted_kdf)
    monkeypatch.setattr(head_module, "_open_slot", counted_slot)
    try:
        open_head(head, secret, kdf=CHEAP_KDF)
    except UnlockError:
        assert secret == b"wrong"
    assert {"kdf": 1, "slots": list(range(8))} == calls


def test_the_commitment_is_compared_before_the_aead_is_tried(head, monkeypatch):
    opened = []

    def counted(*arguments):
        opened.append(arguments)
        return xchacha_open(*arguments)

    monkeypatch.setattr(head_module, "xchacha_open", counted)
    open_head(head, b"two", kdf=CHEAP_KDF)
    assert len(opened) == 1
    with pytest.raises(UnlockError):
        open_head(head, b"wrong", kdf=CHEAP_KDF)
    assert len(opened) == 1


def test_a_slot_with_another_commitment_does_not_open_though_its_seal_is_right(head):
    index = own_slot(head, b"one")
    at = SALT_SIZE + index * SLOT_SIZE + 24
    altered = bytearray(head)
    altered[at] ^= 1
    with pytest.raises(UnlockError):
        open_head(bytes(altered), b"one", kdf=CHEAP_KDF)


def forged(head: bytes, content: bytes) -> bytes:
    """A head whose slot 0 is made by somebody who knows the passphrase `one`."""
    salt, nonce = head[:SALT_SIZE], b"n" * 24
    kek = argon2id(b"one", salt, CHEAP_KDF)
    both = hkdf_expand_sha512(kek, b"slot" + bytes([0]) + nonce, 64)
    slot = nonce + both[32:] + xchacha_seal(both[:32], nonce, content, bytes([0]) + salt)
    rest = bytes(HEAD_SIZE - SALT_SIZE - SLOT_SIZE)
    return salt + slot + rest


def test_a_slot_is_what_the_format_page_says(head):
    content = (struct.pack(">BQ", 1, 777) + KEYS[0] + KEYS[1]).ljust(184, b"\0")
    opened = open_head(forged(head, content), b"one", kdf=CHEAP_KDF)
    assert (1, 777, KEYS[:2]) == opened


def test_a_slot_with_the_right_commitment_and_an_altered_seal_does_not_open(head):
    content = struct.pack(">BQ", 0, 777) + KEYS[0]
    altered = bytearray(forged(head, content.ljust(184, b"\0")))
    altered[SALT_SIZE + SLOT_SIZE - 1] ^= 1
    with pytest.raises(UnlockError):
        open_head(bytes(altered), b"one", kdf=CHEAP_KDF)


@pytest.mark.parametrize(
    "content",
    [
        (struct.pack(">BQ", 3, 777) + KEYS[0] * 4).ljust(184, b"\0"),
        (struct.pack(">BQ", 255, 777)).ljust(184, b"\0"),
        (struct.pack(">BQ", 0, 777) + KEYS[0] + b"\1").ljust(184, b"\0"),
        (struct.pack(">BQ", 0, 777) + KEYS[0]).ljust(183, b"\0") + b"\1",
    ],
    ids=["level-3", "level-255", "byte-after-the-keys", "last-byte"],
)
def test_a_slot_that_breaks_a_rule_does_not_open(head, content):
    with pytest.raises(UnlockError):
        open_head(forged(head, content), b"one", kdf=CHEAP_KDF)


def test_nothing_in_a_slot_tells_of_levels_above():
    """The slot of level 0 is the same bytes whether or not there are other levels."""
    seen = []
    for count in (1, 2, 3):
        head = seal_head(SECRETS[:count], KEYS[:count], 1, kdf=CHEAP_KDF, random=seeded(9))
        seen.append(open_head(head, b"one", kdf=CHEAP_KDF))
    assert [(0, 1, KEYS[:1])] * 3 == seen


def test_a_slot_moved_to_another_place_does_not_open(head):
    slots = slots_of(head)
    index = own_slot(head, b"one")
    slots[index], slots[(index + 1) % SLOTS] = slots[(index + 1) % SLOTS], slots[index]
    with pytest.raises(UnlockError):
        open_head(head[:SALT_SIZE] + b"".join(slots), b"one", kdf=CHEAP_KDF)


def test_a_level_uses_any_slot():
    used = set()
    for seed in range(60):
        head = seal_head((b"one",), KEYS[:1], 1, kdf=CHEAP_KDF, random=seeded(seed))
        used.add(own_slot(head, b"one"))
    assert set(range(SLOTS)) == used


def test_two_heads_of_one_container_have_nothing_in_common():
    disk = MemoryDisk()
    World(3, disk=disk)
    raw = disk.read(PATH)
    edge = 32 * 1024
    front, back = raw[:HEAD_SIZE], raw[-edge:][:HEAD_SIZE]
    pieces = [{part[at : at + 16] for at in range(0, HEAD_SIZE, 16)} for part in (front, back)]
    assert not pieces[0] & pieces[1]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_back_head_opens_too(level):
    disk = MemoryDisk()
    World(3, disk=disk)
    back = disk.read(PATH)[-32 * 1024 :][:HEAD_SIZE]
    opened = open_head(back, PASSPHRASES[level].encode(), kdf=CHEAP_KDF)
    assert (level, SMALL_LENGTH) == opened[:2]


def failures() -> dict[str, MemoryDisk]:
    """Files that do not open with the passphrase `one`, each for another reason."""
    made = MemoryDisk()
    World(3, disk=made)
    raw = made.read(PATH)
    random = seeded(3)
    zeroed = raw[:SALT_SIZE] + bytes(SLOTS * SLOT_SIZE) + raw[HEAD_SIZE:]
    contents = {
        "wrong passphrase": raw,
        "slots zeroed": zeroed,
        "slots random": raw[:SALT_SIZE] + random(SLOTS * SLOT_SIZE) + raw[HEAD_SIZE:],
        "salt altered": bytes([raw[0] ^ 1]) + raw[1:],
        "random file": random(SMALL_LENGTH),
        "zero file": bytes(SMALL_LENGTH),
        "empty file": b"",
        "one byte": b"x",
        "cut before the slots": raw[:SALT_SIZE],
        "text": b"not a container\n" * 1000,
    }
    return {name: MemoryDisk({PATH: data}) for name, data in contents.items()}


@pytest.mark.parametrize("reason", list(failures()))
@pytest.mark.parametrize("writable", [True, False])
def test_every_reason_for_not_opening_is_one_error(reason, writable):
    disk = failures()[reason]
    passphrase = "wrong" if reason == "wrong passphrase" else "one"
    with pytest.raises(UnlockError) as caught:
        open_container(disk, PATH, passphrase, writable=writable, form=SMALL_FORM, random=seeded(1))
    expected = UnlockError()
    assert type(caught.value) is UnlockError
    assert (expected.message, expected.hint, expected.values, 12) == (
        caught.value.message,
        caught.value.hint,
        caught.value.values,
        caught.value.exit_code,
    )


def test_opening_for_writing_syncs_once_before_anything_is_read_and_reading_never_does():
    for volumes in (1, 2, 3):
        for writable in (True, False):
            for passphrase in ("one", "wrong"):
                memory = MemoryDisk()
                World(volumes, disk=memory)
                disk = RecordingDisk(memory)
                with suppress(UnlockError):
                    open_container(
                        disk,
                        PATH,
                        passphrase,
                        writable=writable,
                        form=SMALL_FORM,
                        random=seeded(1),
                    ).close()
                kind, lock = (
                    ("open-write", "lock-exclusive") if writable else ("open-read", "lock-shared")
                )
                synced = [Op("fsync", "f1")] * writable
                expected = [Op(kind, "f1"), Op(lock, "f1"), *synced, Op("close", "f1")]
                assert expected == disk.ops


def test_a_disk_that_cannot_sync_is_not_opened_for_writing():
    memory = MemoryDisk()
    World(1, disk=memory)
    reads = FaultyDisk(memory, fail_at=0, ops=["fsync"])
    with pytest.raises(NotSaved):
        open_level(reads, 0)
    counted = FaultyDisk(memory, fail_at=0, ops=["fsync", "pread"])
    with pytest.raises(NotSaved):
        open_level(counted, 0)
    assert [("fsync", PATH)] == counted.failed
    open_level(memory, 0).close()


def test_a_file_that_was_cut_or_grew_is_named_as_such_once_the_passphrase_is_right():
    for change in (-1, -4096, -SMALL_LENGTH // 2, 1, 1024):
        disk = MemoryDisk()
        World(1, disk=disk)
        raw = disk.read(PATH)
        disk.put(PATH, raw[:change] if change < 0 else raw + bytes(change))
        with pytest.raises(Damaged) as caught:
            open_level(disk, 0)
        assert {"size": SMALL_LENGTH + change, "length": SMALL_LENGTH} == caught.value.values
        assert "To take what is left: rescue NEWFILE" in caught.value.hint


def test_a_head_that_was_cut_off_opens_as_far_as_a_slot_is_there():
    said = []
    for seed in range(12):
        disk = MemoryDisk()
        World(1, disk=disk, seed=seed)
        disk.put(PATH, disk.read(PATH)[: HEAD_SIZE - 1])
        with pytest.raises(VaultError) as caught:
            open_level(disk, 0)
        said.append(type(caught.value))
    assert {Damaged, UnlockError} >= set(said)
    assert said.count(Damaged) > said.count(UnlockError)  # one slot of eight was hit


def test_the_key_derived_from_the_passphrase_is_wiped(head, monkeypatch):
    derived = []

    def kept_kdf(*arguments):
        derived.append(argon2id(*arguments))
        return derived[-1]

    monkeypatch.setattr(head_module, "argon2id", kept_kdf)
    open_head(head, b"one", kdf=CHEAP_KDF)
    with pytest.raises(UnlockError):
        open_head(head, b"wrong", kdf=CHEAP_KDF)
    seal_head(SECRETS, KEYS, 1, kdf=CHEAP_KDF, random=seeded(1))
    assert [bytearray(32)] * 5 == derived
