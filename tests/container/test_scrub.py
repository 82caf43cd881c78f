"""One turn of the ring: nothing in use is lost, and nothing else is left."""

from __future__ import annotations

import pytest

from container.crashes import fill
from container.worlds import PATH, World, payloads, rows_of, told
from vault.container.block import MEDIA, parse_name
from vault.container.cell import cell_key
from vault.container.geometry import HEAD_SIZE
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.session import newest_cell
from vault.container.share_io import ShareReader

CANARY = b"quillwort-canary"


def turn(session, most: int = 4) -> list[int]:
    """One turn of the ring; the rows of each commit."""
    made: list[int] = []
    while sum(made) < session.geometry.rows:
        made.append(session.renew(min(most, session.geometry.rows - sum(made))))
    return made


def grown(session, world: World, part: float) -> World:
    fill(world, session, part=part)
    return world


class Witness:
    """Who has every key, and notes after each commit which ids rows were sealed under."""

    def __init__(self, world: World, passphrase: bytes = b"three") -> None:
        self.world = world
        self.ids: list[set[tuple[int, bytes]]] = [set(), set(), set()]
        head = world.disk.read(PATH)[:HEAD_SIZE]
        self.keys = open_head(head, passphrase, kdf=world.form.kdf).keys

    def note(self, session) -> None:
        for volume in session.volumes:
            known = self.ids[volume.level]
            known |= {(row.epoch, row.commit_id) for row in volume.state.table}

    def contents(self) -> list[bytes]:
        """What any block opens to, under any id that was ever in use; the roots, too."""
        file = self.world.disk.open(PATH, writable=False)
        geometry = self.world.form.geometry(self.world.length)
        found = []
        for share, key, ids in zip(geometry.shares, self.keys, self.ids, strict=True):
            reader = ShareReader(file, geometry, share, VolumeKeys(key))
            for row in range(geometry.rows):
                of_row = [reader.keys.block(*one) for one in ids if one[0] % geometry.rows == row]
                for position, sealer in (
                    (position, sealer)
                    for position in range(share.blocks)
                    for sealer in (*of_row, reader.keys.root)
                ):
                    sealed = reader.read(row, position, 1)
                    if reader.open(sealed, row, position, sealer):
                        found.append(bytes(reader.plain))
        file.close()
        return found


def test_an_erased_block_opens_before_and_not_after_a_turn():
    world = World(3)
    witness = Witness(world)
    session = world.open()
    for level in range(3):
        world.put(session, level, {(MEDIA, 1, 0): CANARY, (MEDIA, 1, 1): b"stays"})
    world.commit(session)
    witness.note(session)
    for level in range(3):
        world.drop(session, level, [(MEDIA, 1, 0)])
    world.commit(session)
    witness.note(session)
    assert 3 == sum(CANARY in content for content in witness.contents())
    turn(session)
    witness.note(session)
    contents = witness.contents()
    assert 0 == sum(CANARY in content for content in contents)
    assert 3 <= sum(b"stays" in content for content in contents)
    world.check(session)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("most", [1, 4])
def test_a_turn_keeps_every_open_volume_and_no_stretch_of_the_old_rows(part, most):
    world = World(3, contents=[payloads(5, seed=level) for level in range(3)])
    session = world.open()
    grown(session, world, part)
    world.drop(session, 1, [name for name in world.kept[1] if name[0] == MEDIA][::2])
    world.commit(session)
    before = list(rows_of(world.disk.read(PATH), session))
    made = turn(session, most)
    after = list(rows_of(world.disk.read(PATH), session))
    assert session.geometry.rows <= sum(made)
    for old, new in zip(before, after, strict=True):
        pieces = range(0, len(old), 16)
        assert not any(old[at : at + 16] == new[at : at + 16] for at in pieces)
    world.check(session)
    session.close()
    world.check(world.open())


def test_commits_of_a_turn_are_as_large_as_asked_for_where_they_may():
    session = World(1).open()
    assert [4] * 16 == turn(session, 4)
    assert 4 == session.geometry.max_commit_rows
    assert [4] * 16 == turn(session, 99)
    assert [3] * 21 + [1] == turn(session, 3)


def test_a_turn_takes_no_more_rows_at_once_than_are_clean():
    world = World(2)
    session = world.open()
    grown(session, world, 0.9)
    beyond = session.volumes[1].free_rows(session.status(1).epoch)
    session.close()
    world.foreign_rows(beyond - 2, level=0)
    session = world.open()
    assert 2 == min(volume.free_rows(session.status(0).epoch) for volume in session.volumes)
    assert 2 == session.renew(4)
    world.check(session)


def test_rows_of_others_up_to_the_reserve_do_no_harm_to_a_turn():
    world = World(2)
    session = world.open()
    grown(session, world, 0.6)
    reserve = session.status(1).reserve
    session.close()
    assert reserve > 0
    world.foreign_rows(reserve, level=0)
    session = world.open()
    turn(session)
    world.check(session)


def test_beyond_the_reserve_rows_are_written_in_place_and_it_is_said_once():
    world = World(2)
    session = world.open()
    grown(session, world, 0.9)
    beyond = session.volumes[1].free_rows(session.status(1).epoch)
    session.close()
    world.foreign_rows(beyond, level=0)
    session = world.open()
    turn(session)
    world.check(session)
    assert 1 == sum("in place" in notice.message for notice in session.notices)


def test_what_is_not_open_is_gone():
    """What the question for other passphrases is for."""
    world = World(3)
    session = world.open(0)
    turn(session)
    session.close()
    assert told(world.open(2, writable=False), "Volume 3: wholly overwritten")


def test_a_turn_writes_nothing_that_is_staged():
    world = World(1, contents=[{(MEDIA, 0, 0): b"kept"}])
    session = world.open()
    session.top.put(MEDIA, 0, 1, b"staged")
    session.renew(4)
    session.rollback()
    world.check(session)


def test_a_turn_forgets_nothing_that_is_only_staged_to_go():
    world = World(1, contents=[payloads(100)])
    session = world.open()
    for row in range(session.geometry.rows):
        ahead = [name for name, spot in session.top.where.items() if spot >> 16 == row]
        session.top.drop(*parse_name(ahead[0])) if ahead else None
    assert len(session.top.dropped) > 4
    turn(session)
    session.close()
    world.check(world.open())


def test_all_four_cells_are_new_after_a_turn():
    world = World(1)
    session = world.open()
    key = cell_key(Witness(world, b"one").keys[0])
    file = world.disk.open(PATH, writable=False)
    before = newest_cell(file, session.geometry, key)
    raw = world.disk.read(PATH)
    turn(session)
    changed = world.disk.read(PATH)
    for end in (0, 1):
        for slot in (0, 1):
            at = session.geometry.cell_offset(end, slot)
            assert raw[at : at + 4096] != changed[at : at + 4096]
    assert before.epoch + session.geometry.rows == newest_cell(file, session.geometry, key).epoch
