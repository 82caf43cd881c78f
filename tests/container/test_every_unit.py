"""Every bit of each kind of unit, and every unit of a small container: nothing altered is accepted,
what is lost is named, and the rest can be read."""

from __future__ import annotations

import pytest

from container.worlds import NAMESPACES, PASSPHRASES, PATH, World, open_level, payloads, read_rows
from seam.memory import MemoryDisk
from seam.small import CHEAP_KDF, SHORT_LENGTH
from vault.container.block import PAGE, RECORD, parse_name
from vault.container.geometry import CELL_UNIT, HEAD_SIZE, SALT_SIZE, SLOT_SIZE, SLOTS
from vault.container.head import open_head
from vault.errors import UnlockError

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def world():
    """Three volumes with all kinds of blocks; nothing but the last rows is about to be moved."""
    contents = [payloads(12, seed=level) for level in range(3)]
    world = World(3, disk=MemoryDisk(), contents=contents, length=SHORT_LENGTH)
    session = world.open()
    for number in range(3):
        for level in range(3):
            blocks = {(kind, 9, number): b"%d of %d" % (number, kind) for kind in (PAGE, RECORD)}
            world.put(session, level, blocks)
        world.commit(session)
    session.close()
    return world


def bits(data, first=0, last=None):
    """Copies of `data`, each with one bit of a range of bytes flipped."""
    for bit in range(8 * first, 8 * (len(data) if last is None else last)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bit // 8, bytes(changed)


# Bits


def test_every_bit_of_the_salt_shuts_the_file_for_everybody(world):
    head = world.disk.read(PATH)[:HEAD_SIZE]
    for _, changed in bits(head, 0, SALT_SIZE):
        for secret in PASSPHRASES:
            with pytest.raises(UnlockError):
                open_head(changed, secret.encode(), kdf=CHEAP_KDF)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_bit_of_the_slots_counts_for_its_passphrase_and_for_no_other(world, level):
    head = world.disk.read(PATH)[:HEAD_SIZE]
    secret = PASSPHRASES[level].encode()
    whole = open_head(head, secret, kdf=CHEAP_KDF)
    refused = set()
    for at, changed in bits(head, SALT_SIZE):
        try:
            assert whole == open_head(changed, secret, kdf=CHEAP_KDF)
        except UnlockError:
            refused.add(at)
    (own,) = {(at - SALT_SIZE) // SLOT_SIZE for at in refused}
    start = SALT_SIZE + own * SLOT_SIZE
    assert set(range(start, start + SLOT_SIZE)) == refused


@pytest.mark.parametrize("kind", NAMESPACES)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_bit_of_a_block_counts(world, level, kind):
    session = world.open(writable=False)
    volume, size = session.volumes[level], session.geometry.sealed
    name, spot = next((one, at) for one, at in volume.where.items() if one[0] == kind)
    row, position = spot >> 16, spot & 0xFFFF
    known = volume.state.table[row]
    sealer = volume.reader.keys.block(known.epoch, known.commit_id)
    sealed = bytes(volume.reader.read(row, position, 1))
    assert size == len(sealed)
    assert name == volume.reader.open(memoryview(sealed), row, position, sealer).name
    for _, changed in bits(sealed):
        assert volume.reader.open(memoryview(changed), row, position, sealer) is None
    session.close()


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_bit_of_a_root_counts(world, level, part):
    session = world.open(writable=False)
    reader, geometry = session.volumes[level].reader, session.geometry
    row = (session.status(level).epoch - 1) % geometry.rows
    whole = reader.root(row)
    assert whole
    at = geometry.row_offset(row) + (reader.share.first + part) * geometry.sealed
    session.close()
    raw = world.disk.read(PATH)
    other = at + (reader.share.blocks - reader.share.root) * geometry.sealed
    for _, changed in bits(raw[at : at + geometry.sealed]):
        disk = MemoryDisk({PATH: raw})
        disk.damage(PATH, at, changed)
        reader.file = disk.open(PATH)
        assert whole == reader.root(row)  # from the other copy
        disk.damage(PATH, other, bytes(geometry.sealed))
        assert reader.root(row) is None


# Units


def units(geometry):
    """Every unit of the file: where, how long, and (level, row, position) of blocks."""
    for end in (0, 1):
        yield geometry.edge_offset(end), SALT_SIZE, None
        for slot in range(SLOTS):
            at = geometry.edge_offset(end) + SALT_SIZE + slot * SLOT_SIZE
            yield at, SLOT_SIZE, None
        for slot in (0, 1):
            yield geometry.cell_offset(end, slot), CELL_UNIT, None
    for row in range(geometry.rows):
        for share in geometry.shares:
            for position in range(share.blocks):
                at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
                yield at, geometry.sealed, (share.level, row, position)


def of_a_root(geometry, level, block, clear):
    """Whether a block is of a root that a deep check looks at.

    Not of rows that the next commits may write and in which nothing stands: an unfinished commit
    may have been there.
    """
    if block is None or block[0] != level or block[:2] in clear:
        return False
    share = geometry.shares[level]
    return block[2] < share.root or share.blocks - share.root <= block[2]


def test_every_unit_destroyed_in_turn_costs_itself_by_name_and_nothing_else(world):
    session = world.open(writable=False)
    geometry = session.geometry
    stands = {
        (volume.level, spot >> 16, spot & 0xFFFF): parse_name(name)
        for volume in session.volumes
        for name, spot in volume.where.items()
    }
    epoch = session.status(2).epoch
    reach = {number % geometry.rows for number in range(epoch, epoch + geometry.max_commit_rows)}
    clear = {
        (volume.level, row)
        for volume in session.volumes
        for row in reach
        if not volume.state.table[row].live
    }
    session.close()
    raw = world.disk.read(PATH)
    lost, shut = [], 0
    for at, length, block in units(geometry):
        disk = MemoryDisk({PATH: raw})
        disk.damage(PATH, at, bytes(length))
        try:
            session = open_level(disk, 2, writable=False)
        except UnlockError:
            assert at < HEAD_SIZE
            shut += 1
            continue
        for volume in session.volumes:
            expected, gone = dict(world.kept[volume.level]), set()
            if block in stands and block[0] == volume.level:
                gone = {stands[block]}
                del expected[stands[block]]
                lost.append(block)
            assert (expected, gone) == read_rows(volume), (at, block)
            assert not volume.findings.altered
            assert not volume.findings.lost
            copies = session.check_copies(volume.level)
            assert bool(copies.cells) is (length == CELL_UNIT), at
            assert bool(copies.roots) is of_a_root(geometry, volume.level, block, clear), block
        session.close()
    assert sorted(stands) == sorted(lost)
    assert 2 == shut  # the salt in front, and the slot of this passphrase
