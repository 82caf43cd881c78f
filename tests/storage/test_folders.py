"""Folders by their path: what is none is refused, with the number and the name of it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from types import SimpleNamespace

import pytest

from vault.storage.folders import PathFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX's")


def arguments(error):
    return error.errno, error.strerror, error.filename


def no_folder(path):
    """As the system itself says it."""
    return errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)


def test_a_folder_that_the_user_named_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").touch()
    (tmp_path / "link").symlink_to("real")
    assert ["f"] == PathFolder(str(tmp_path / "link")).names()
    with pytest.raises(NotADirectoryError) as caught:
        PathFolder(str(tmp_path / "link"), named=False)
    assert no_folder(tmp_path / "link") == arguments(caught.value)


def test_a_link_in_a_folder_is_no_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(NotADirectoryError) as caught:
        PathFolder(str(tmp_path)).folder("link")
    assert no_folder(tmp_path / "link") == arguments(caught.value)


def test_a_folder_that_became_another_one_is_refused(tmp_path):
    for name in ("a", "other"):
        (tmp_path / name).mkdir()
    folder = PathFolder(str(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "moved")
    (tmp_path / "other").rename(tmp_path / "a")
    with pytest.raises(NotADirectoryError) as caught:
        folder.make_folder("b")
    assert no_folder(tmp_path / "a") == arguments(caught.value)
    assert [] == os.listdir(tmp_path / "a")


@pytest.mark.parametrize(("attributes", "taken"), [(0x10, True), (0x410, False)])
def test_a_junction_is_no_folder(tmp_path, monkeypatch, attributes, taken):
    """Windows tells of a folder 0x10, of a junction 0x400 besides; Python calls neither a link."""
    found = SimpleNamespace(
        st_mode=stat.S_IFDIR | 0o777, st_dev=1, st_ino=2, st_file_attributes=attributes
    )
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lambda path: found)
        if taken:
            PathFolder(str(tmp_path), named=False).close()
        else:
            with pytest.raises(NotADirectoryError):
                PathFolder(str(tmp_path), named=False)
