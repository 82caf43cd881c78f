"""The two threads of a commit of several large rows, and when there are none."""

from __future__ import annotations

import threading

import pytest

from seam.memory import MemoryDisk
from vault.container.row_writer import RowWriter
from vault.errors import NotSaved, mark

LARGE = 256 * 1024
NAME = "rows"


class Watched:
    """A file that notes who writes to it, and fails from some write on."""

    def __init__(self, good: int = 100) -> None:
        self.inner = MemoryDisk().create(NAME)
        self.threads: list[int] = []
        self._good = good

    def pwrite(self, offset, data):
        self.threads.append(threading.get_ident())
        if len(self.threads) > self._good:
            raise NotSaved(mark("no"))
        self.inner.pwrite(offset, data)


def build(file, pitch, count, notes=None):
    """Rows of 1, 2, 3 …, half of each put there beside."""
    writer = RowWriter(pitch)
    helped = notes if notes is not None else []
    with writer.rows(file, count) as hands:
        for number in range(count):
            row = writer.buffer()

            def work(row=row, number=number):
                helped.append(threading.get_ident())
                row[: pitch // 2] = bytes([number + 1]) * (pitch // 2)

            done = hands.beside(work)
            row[pitch // 2 :] = bytes([number + 1]) * (pitch - pitch // 2)
            done()
            hands.write(number * pitch, row)
    return helped


@pytest.mark.parametrize("pitch", [LARGE - 1, LARGE])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_rows_are_written_whole_and_in_order(pitch, count):
    file = Watched()
    build(file, pitch, count)
    assert file.inner.pread(0, (count + 1) * pitch) == b"".join(
        bytes([number + 1]) * pitch for number in range(count)
    )


def test_several_large_rows_have_a_thread_each_for_writing_and_filling():
    file = Watched()
    helped = build(file, LARGE, 3)
    assert len({*file.threads}) == len({*helped}) == 1
    assert len({*file.threads, *helped, threading.get_ident()}) == 3


@pytest.mark.parametrize(("pitch", "count"), [(LARGE, 1), (LARGE - 1, 3)])
def test_a_single_row_and_small_ones_are_written_by_whoever_asks(pitch, count):
    file = Watched()
    helped = build(file, pitch, count)
    assert {*file.threads, *helped} == {threading.get_ident()}


@pytest.mark.parametrize("good", range(5))
def test_a_failed_write_is_told_before_the_end_and_none_comes_after_a_third_row(good):
    file = Watched(good)
    with pytest.raises(NotSaved):
        build(file, LARGE, 5)
    assert len(file.threads) <= good + 2


def test_what_fails_beside_is_raised_where_it_is_waited_for():
    writer = RowWriter(LARGE)

    def broken():
        raise MemoryError

    with pytest.raises(MemoryError), writer.rows(Watched(), 2) as hands:
        hands.beside(broken)()


def test_after_a_failure_the_next_rows_are_not_blamed_for_it():
    writer = RowWriter(LARGE)
    with pytest.raises(NotSaved), writer.rows(Watched(0), 2) as hands:
        hands.write(0, writer.buffer())
    good = Watched()
    with writer.rows(good, 2) as hands:
        hands.write(0, writer.buffer())
    assert len(good.threads) == 1


def test_two_buffers_serve_all_rows():
    writer = RowWriter(8)
    first, second, third = writer.buffer(), writer.buffer(), writer.buffer()
    assert first.obj is third.obj is not second.obj
    assert len(first) == len(second) == 8
