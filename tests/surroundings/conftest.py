"""The scene that every test of this room gets a copy of."""

from __future__ import annotations

import shutil

import pytest

from surroundings.scene import Scene, build


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return build(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def scene(made, tmp_path):
    """Return a copy of the scene, in a folder of its own."""
    folder = tmp_path / "here"
    shutil.copytree(made.folder, folder)
    return Scene(folder)
