"""What must not become a rescue, what must not stop one, and one that is full."""

from __future__ import annotations

import pytest

from container.test_faults import BadSector
from operations.damages import GEOMETRY, LENGTH, NEW, made
from vault.errors import NotSaved
from vault.operations.rescue import damaged_vault


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return made(tmp_path_factory.mktemp("limits"), 2)


class Plug:
    """A disk whose stick is pulled out: from then on it gives its first bytes only."""

    def __init__(self, desk):
        self.disk = BadSector(desk.disk, 0, 0)
        self.inner = desk.disk

    def open(self, path, *, writable=False):
        return self.disk.open(path, writable=writable)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def pull(self):
        self.disk.start, self.disk.end = GEOMETRY.row_offset(0), LENGTH


def rescue_while(desk, step):
    """Rescue `v` from a stick that is pulled out while it is being read, mended or written."""
    plug = Plug(desk)

    def at(now, some):
        def progress(done, _total):
            if step == now and done > some:
                plug.pull()

        return progress

    with damaged_vault("v", "two", place=desk.place(plug), from_end=False) as vault:
        vault.read(at("reading", 3))
        if step == "mending":
            plug.pull()
        vault.rescue("n", NEW[:2], at("writing", 3 * GEOMETRY.pitch))


@pytest.mark.parametrize("step", ["reading", "mending", "writing"])
def test_a_stick_pulled_out_makes_no_empty_vault(scene, step):
    desk = scene.fork()
    with pytest.raises(NotSaved, match="The disk fails while it is read"):
        rescue_while(desk, step)
    assert ["v"] == list(desk.disk.snapshot())
