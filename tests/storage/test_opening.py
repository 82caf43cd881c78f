"""Opening of ordinary files: for reading unless said otherwise, and as one that waits."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager

import pytest

from vault.errors import VaultError
from vault.storage.opening import open_ordinary
from vault.storage.real import RealDisk
from vault.storage.source import FileSource

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX's")


@contextmanager
def opened(path, **words):
    descriptor = open_ordinary(str(path), **words)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_file_is_opened_for_reading_unless_writing_is_asked_for(tmp_path):
    (tmp_path / "f").write_bytes(b"kept")
    with opened(tmp_path / "f") as descriptor, pytest.raises(OSError, match="descriptor"):
        os.write(descriptor, b"x")
    assert b"kept" == (tmp_path / "f").read_bytes()
    with opened(tmp_path / "f", writable=True) as descriptor:
        os.write(descriptor, b"x")
    assert b"xept" == (tmp_path / "f").read_bytes()


def test_a_link_is_followed_unless_it_is_said_not_to_be(tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    (tmp_path / "link").symlink_to("f")
    with opened(tmp_path / "link") as descriptor:
        assert b"content" == os.read(descriptor, 100)
    with pytest.raises(VaultError, match="is a link"):
        open_ordinary(str(tmp_path / "link"), follow=False)


@pytest.mark.parametrize("target", ["f", "folder", "pipe", "missing"])
def test_an_unwanted_link_is_called_a_link_whatever_it_leads_to(tmp_path, target):
    (tmp_path / "f").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(VaultError) as caught:
        open_ordinary(str(tmp_path / "link"), follow=False)
    told = f"{tmp_path}/link is a link that is not followed, or leads in a circle."
    assert told == str(caught.value)
    cause = caught.value.__cause__
    expected = (errno.ELOOP, os.strerror(errno.ELOOP), str(tmp_path / "link"))
    assert expected == (cause.errno, cause.strerror, cause.filename)


def test_a_folder_is_called_a_folder(tmp_path):
    with pytest.raises(VaultError) as caught:
        open_ordinary(str(tmp_path))
    assert f"{tmp_path} is a folder, not a file." == str(caught.value)
    cause = caught.value.__cause__
    expected = (errno.EISDIR, os.strerror(errno.EISDIR), str(tmp_path))
    assert expected == (cause.errno, cause.strerror, cause.filename)


def test_a_file_that_was_opened_waits_for_its_bytes(tmp_path):
    (tmp_path / "f").touch()
    with opened(tmp_path / "f") as descriptor:
        assert os.get_blocking(descriptor)


@contextmanager
def no_standard_input():
    """As for a program that was started without one: the next descriptor is 0."""
    kept = os.dup(0)
    os.close(0)
    try:
        yield
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.mark.parametrize("begin", [RealDisk().open, FileSource])
def test_the_first_descriptor_is_given_up_like_any_other(tmp_path, begin):
    (tmp_path / "f").touch()
    with no_standard_input():
        file = begin(str(tmp_path / "f"))
        is_first = os.path.samestat(os.fstat(0), os.stat(tmp_path / "f"))
        file.close()
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(0)
    assert is_first
