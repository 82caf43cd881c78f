"""The two threads of a commit of several rows, and when there are none."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest

from container.worlds import PATH, World, payloads
from seam.memory import MemoryDisk
from vault.container.row_writer import RowWriter
from vault.errors import NotSaved, mark

PITCH = 4096
NAME = "rows"


class Watched:
    """A file that notes who writes to it, and fails at some write, or from it on."""

    def __init__(self, good: int = 100, *, once: bool = False) -> None:
        self.inner = MemoryDisk().create(NAME)
        self.threads: list[int] = []
        self._bad = range(good, good + 1 if once else 1000)

    def pwrite(self, offset, data):
        self.threads.append(threading.get_ident())
        if len(self.threads) - 1 in self._bad:
            raise NotSaved(mark("no"))
        self.inner.pwrite(offset, data)


def build(file, count, helped=None):
    """Rows of 1, 2, 3 …, half of each put there beside."""
    writer = RowWriter(PITCH)
    helped = [] if helped is None else helped
    with writer.rows(file, count) as hands:
        for number in range(count):
            row = writer.buffer()

            def work(row=row, number=number):
                helped.append(threading.get_ident())
                row[: PITCH // 2] = bytes([number + 1]) * (PITCH // 2)

            done = hands.beside(work)
            row[PITCH // 2 :] = bytes([number + 1]) * (PITCH // 2)
            done()
            hands.write(number * PITCH, row)
    return helped


@pytest.mark.parametrize("count", [1, 2, 7])
def test_rows_are_written_whole_and_in_order(count):
    file = Watched()
    build(file, count)
    rows = [bytes([number + 1]) * PITCH for number in range(count)]
    assert file.inner.pread(0, (count + 1) * PITCH) == b"".join(rows)


def test_several_rows_have_a_thread_for_writing_and_one_for_filling():
    file = Watched()
    helped = build(file, 3)
    assert len({*file.threads}) == len({*helped}) == 1
    assert len({*file.threads, *helped, threading.get_ident()}) == 3


def test_a_single_row_is_written_by_whoever_asks():
    file = Watched()
    helped = build(file, 1)
    assert {*file.threads, *helped} == {threading.get_ident()}


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("good", range(5))
def test_after_a_write_that_failed_at_most_two_more_rows_are_built(good, once):
    built: list[int] = []
    with pytest.raises(NotSaved):
        build(Watched(good, once=once), 8, built)
    assert len(built) <= good + 3


def test_a_failed_write_of_the_last_row_is_told():
    with pytest.raises(NotSaved):
        build(Watched(1), 2)


def test_what_fails_beside_is_raised_where_it_is_waited_for():
    def broken():
        raise MemoryError

    with pytest.raises(MemoryError), RowWriter(PITCH).rows(Watched(), 2) as hands:
        hands.beside(broken)()


def test_after_a_failure_the_next_rows_are_not_blamed_for_it():
    writer = RowWriter(PITCH)
    with pytest.raises(NotSaved), writer.rows(Watched(0), 2) as hands:
        hands.write(0, writer.buffer())
    good = Watched()
    with writer.rows(good, 2) as hands:
        hands.write(0, writer.buffer())
    assert len(good.threads) == 1


def test_a_save_of_one_row_starts_no_thread(monkeypatch):
    world = World(1)
    session = world.open()
    monkeypatch.setattr("vault.container.row_writer.ThreadPoolExecutor", None)
    world.put(session, 0, payloads(1))
    world.commit(session)
    world.check(session)


def test_two_buffers_serve_all_rows():
    writer = RowWriter(8)
    first, second, third = writer.buffer(), writer.buffer(), writer.buffer()
    assert first.obj is third.obj is not second.obj
    assert len(first) == len(second) == 8


class Late(RowWriter):
    """What goes on beside starts only when it is waited for, as on a machine that is busy."""

    @contextmanager
    def rows(self, file, count):
        with super().rows(file, 1) as alone:
            yield Lazy(alone.write)


class Lazy:
    def __init__(self, write):
        self._write = write
        self._due = False

    def beside(self, work):
        self._due = True

        def wait():
            self._due = False
            work()

        return wait

    def write(self, offset, row):
        assert not self._due, "a row is written before its filler is in it"
        self._write(offset, row)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_row_is_written_when_its_filler_is_in_it(rows):
    """Whichever thread is slower, the same bytes are written."""
    written = []
    for late in (False, True):
        world = World(2, seed=5)
        session = world.open()
        if late:
            session._ring = session._ring._replace(writer=Late(session.geometry.pitch))
        count = (rows - 1) * session.geometry.shares[0].data + 1
        world.put(session, 0, payloads(count, seed=6))
        session.commit()
        session.close()
        written.append(world.disk.read(PATH))
    assert written[0] == written[1]
