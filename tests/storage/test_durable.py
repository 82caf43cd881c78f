"""fsync and rename: in one file, without replacing, with an honest second best."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from vault.storage import durable

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX's calls are asked for")


def failing(number):
    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


def test_nothing_but_durable_py_syncs_or_renames():
    calls = {"fsync", "fdatasync", "sync", "rename", "replace", "renames", "truncate", "ftruncate"}
    found = {
        (path.relative_to(ROOT).as_posix(), node.attr)
        for path in (ROOT / "vault").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in calls
        and isinstance(node.value, ast.Name)
        and node.value.id in {"os", "shutil"}
    }
    assert found == {("vault/storage/durable.py", "fsync"), ("vault/storage/durable.py", "rename")}


@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("_rename_in_one_call",),
        ("_rename_in_one_call", "link"),
    ],
    ids=["one call", "second name", "after looking"],
)
@pytest.mark.parametrize("by_folder", [False, True])
def test_no_way_of_renaming_replaces(tmp_path, monkeypatch, missing, by_folder):
    for name in missing:
        monkeypatch.setattr(os if name == "link" else durable, name, failing(errno.EPERM))
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "taken").write_bytes(b"taken")
    (tmp_path / "dangling").symlink_to("nowhere")
    folder = os.open(tmp_path, os.O_RDONLY) if by_folder else None
    start = Path() if by_folder else tmp_path
    for taken in ("taken", "dangling"):
        with pytest.raises(FileExistsError):
            durable.rename(str(start / "old"), str(start / taken), folder=folder)
    durable.rename(str(start / "old"), str(start / "new"), folder=folder)
    assert sorted(os.listdir(tmp_path)) == ["dangling", "new", "taken"]
    assert (tmp_path / "new").read_bytes() == b"old"
    assert (tmp_path / "taken").read_bytes() == b"taken"
    if folder is not None:
        os.close(folder)


@pytest.mark.parametrize("step", ["_rename_in_one_call", "link"])
def test_an_error_of_the_disk_is_no_reason_to_try_another_way(tmp_path, monkeypatch, step):
    (tmp_path / "old").touch()
    monkeypatch.setattr(durable, "_rename_in_one_call", failing(errno.EINVAL))
    monkeypatch.setattr(os if step == "link" else durable, step, failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        durable.rename(str(tmp_path / "old"), str(tmp_path / "new"))
    assert os.listdir(tmp_path) == ["old"]


def test_a_libc_without_the_call_falls_back(tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "_CALL", "no_such_function_anywhere")
    (tmp_path / "old").touch()
    durable.rename(str(tmp_path / "old"), str(tmp_path / "new"))
    assert os.listdir(tmp_path) == ["new"]


def test_a_zero_byte_does_not_cut_a_name_short(tmp_path):
    (tmp_path / "old").touch()
    with pytest.raises(ValueError, match="null byte"):
        durable.rename(str(tmp_path / "old"), str(tmp_path / "new\0er"))
    assert os.listdir(tmp_path) == ["old"]


def test_a_file_system_that_syncs_no_folders_is_put_up_with(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL))
    durable.sync_folder(str(tmp_path))


def test_a_folder_whose_sync_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        durable.sync_folder(str(tmp_path))


@pytest.fixture
def macos(monkeypatch):
    """The part for macOS, with the two calls that it makes: what they were asked for."""

    def begin(number=None):
        asked = []

        def full_sync(descriptor, command):
            asked.append((descriptor, command))
            if number is not None:
                raise OSError(number, os.strerror(number))

        calls = SimpleNamespace(F_FULLFSYNC=51, fcntl=full_sync)
        monkeypatch.setattr(durable, "fcntl", calls, raising=False)
        monkeypatch.setattr(durable, "sys", SimpleNamespace(platform="darwin"))
        monkeypatch.setattr(os, "fsync", lambda descriptor: asked.append((descriptor, "fsync")))
        return asked

    return begin


def test_on_macos_the_drive_is_told_to_empty_its_cache(macos):
    asked = macos()
    durable.sync_file(7)
    assert [(7, 51)] == asked


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_on_macos_a_driver_that_cannot_do_that_is_asked_for_less(macos, number):
    asked = macos(number)
    durable.sync_file(7)
    assert [(7, 51), (7, "fsync")] == asked


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_on_macos_a_failing_disk_is_told_and_not_synced_again(macos, number):
    asked = macos(number)
    with pytest.raises(OSError, match=os.strerror(number)):
        durable.sync_file(7)
    assert [(7, 51)] == asked


WRITE = """
import sys
from vault.storage.output import OutputFile
from vault.storage.real import RealDisk
with OutputFile(RealDisk(), sys.argv[1], random=lambda n: bytes(n)) as out:
    out.write(b"content")
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace: ORDER NOT WATCHED")
def test_an_output_file_is_synced_before_its_name_and_its_name_after(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "folder" / "f"
    path.parent.mkdir()
    calls = "pwrite64,fsync,renameat2,link,linkat,rename,renameat,ftruncate"
    command = ["strace", "-f", "-o", trace, "-e", f"trace={calls}", sys.executable, "-c", WRITE]
    subprocess.run([*map(str, command), str(path)], cwd=ROOT, check=True)
    lines = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]
    made = [line.partition("(")[0] for line in lines if "(" in line]
    assert made == ["pwrite64", "fsync", "renameat2", "fsync"]
