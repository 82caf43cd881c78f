"""A desk for the tests of this room, and a vault that is made once."""

from __future__ import annotations

import random as pseudorandom

import pytest

from operations.desk import Desk
from seam.memory import MemoryDisk


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return disks by number of volumes, each with one new vault `v`, made once."""
    disks: dict[int, MemoryDisk] = {}
    for volumes in (1, 2, 3):
        desk = Desk(tmp_path_factory.mktemp("made"), seed=volumes)
        desk.make("v", volumes)
        disks[volumes] = desk.disk
    return disks


@pytest.fixture
def desk(tmp_path, made):
    """Return a desk with a vault `v` of one volume and a partner's vault `p`."""
    disk = made[1].fork()
    disk.nodes["p"] = made[2].fork().nodes["v"]
    return Desk(tmp_path, disk=disk, seed=100)


@pytest.fixture
def deep_desk(tmp_path, made):
    """Return a desk with a vault `v` of two volumes."""
    return Desk(tmp_path, disk=made[2].fork(), seed=200)


@pytest.fixture
def rng(request):
    """Return choices that are the same in each run of a test."""
    return pseudorandom.Random(request.node.name)


@pytest.fixture
def pair(desk):
    """Return a desk where `v` and `p` have compared each other's cards."""
    desk.introduce("v", "partner", desk.card("p"))
    desk.introduce("p", "sender", desk.card("v"))
    return desk
