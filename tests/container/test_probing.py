"""Which places are read to tell a disk that fails from damage, and how many may be refused."""

from __future__ import annotations

import pytest

from seam.small import EDGE, SHORT_LENGTH, SMALL_LENGTH, small_geometry
from vault.container.probing import require_disk
from vault.errors import Damaged, NotSaved

PITCH = 40 * 1024


class Refusing:
    """A file that notes what is read, and refuses the reads with these numbers."""

    def __init__(self, refused=()):
        self.refused = refused
        self.reads = []

    def pread(self, offset, length):
        self.reads.append((offset, length))
        if len(self.reads) - 1 in self.refused:
            raise Damaged("refused")
        return bytes(length)


def middles(rows):
    return [(EDGE + row * PITCH + PITCH // 2, 4096) for row in rows]


@pytest.mark.parametrize(
    ("length", "begin", "rows"),
    [
        (SMALL_LENGTH, {}, [4, 12, 20, 28, 36, 44, 52, 60]),
        (SMALL_LENGTH, {"row": 5}, [9, 17, 25, 33, 41, 49, 57, 1]),
        (SHORT_LENGTH, {"row": 1}, [3, 7, 11, 15, 19, 23, 27, 31]),
    ],
)
def test_the_middles_of_eight_rows_spread_over_the_ring_are_read(length, begin, rows):
    file = Refusing()
    require_disk(file, small_geometry(length), **begin)
    assert middles(rows) == file.reads


@pytest.mark.parametrize("refused", [range(0), range(3), range(4), range(4, 8), [0, 2, 4, 6]])
def test_where_half_of_them_read_what_cannot_be_read_is_damage(refused):
    require_disk(Refusing(refused), small_geometry(SMALL_LENGTH))


@pytest.mark.parametrize("refused", [range(5), range(3, 8), range(8)])
def test_where_most_are_refused_the_disk_fails_and_it_is_told_what_to_do(refused):
    file = Refusing(refused)
    with pytest.raises(NotSaved, match="disk fails while it is read: nothing was saved") as caught:
        require_disk(file, small_geometry(SMALL_LENGTH))
    assert "Check the plug, then copy the file to another disk" in caught.value.hint
    assert 8 == len(file.reads)
