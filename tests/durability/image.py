"""A file system in a file: made, mounted, stopped as by a crash of the kernel, and taken away.

Everything happens in a mount namespace of this process, so that the kernel takes mount and loop
device back however the process ends, and nothing outside the temporary folder is ever touched.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from durability.result import NotPossibleHere

if TYPE_CHECKING:
    from collections.abc import Iterator

# ioctl_xfs_goingdown(2), <linux/fs.h>: the log is not written out, as when the kernel stops.
_FS_IOC_SHUTDOWN = 0x8004587D
_NOLOGFLUSH = 2

_CLONE_NEWNS = 0x00020000


class Kind(NamedTuple):
    """A file system, and how it is mounted.

    Attributes:
        make: the command that makes it, without the image.
        options: for mount.
        length: bytes of the image; a hole until written.
    """

    make: tuple[str, ...]
    options: str
    length: int


_EXT4 = ("mkfs.ext4", "-q", "-F")

KINDS = {
    "ext4 commit=1": Kind(_EXT4, "loop,commit=1", 64 << 20),
    "ext4 commit=5": Kind(_EXT4, "loop,commit=5", 64 << 20),
    "ext4 commit=1000": Kind(_EXT4, "loop,commit=1000", 64 << 20),
    "xfs": Kind(("mkfs.xfs", "-q"), "loop", 320 << 20),
}


def run(*words: str | Path) -> None:
    """Run a command that has to end well.

    Raises:
        NotPossibleHere: with what it said.
    """
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise NotPossibleHere(f"{words[0]}: {(ended.stderr or ended.stdout).strip()}")


def needs(*programs: str) -> None:
    """Raise `NotPossibleHere` unless this is root on Linux with these programs."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NotPossibleHere("needs root on Linux")
    for program in programs:
        if shutil.which(program) is None:
            raise NotPossibleHere(f"there is no {program}")


def own_mounts() -> None:
    """Take this process's mounts apart from the system's: they end with the process.

    Raises:
        NotPossibleHere: the kernel does not let it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        raise NotPossibleHere(f"unshare: {os.strerror(ctypes.get_errno())}")
    run("mount", "--make-rprivate", "/")


def roomy_folder() -> str | None:
    """Return a folder in memory where there is one: waiting for a real disk proves nothing here."""
    return "/dev/shm" if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) else None


class Image:
    """A file system of one kind in a folder of its own.

    Args:
        kind: one of `KINDS`.
        folder: empty.
    """

    def __init__(self, kind: Kind, folder: Path) -> None:
        self._kind = kind
        self._file = folder / "image"
        self.place = folder / "mounted"
        self.place.mkdir()
        with self._file.open("wb") as file:
            file.truncate(kind.length)
        run(*kind.make, self._file)

    def mount(self) -> None:
        run("mount", "-o", self._kind.options, self._file, self.place)

    def unmount(self) -> None:
        run("umount", self.place)

    def stop(self) -> None:
        """Stop the file system as a crash would: what is not on the disk now never gets there."""
        place = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(place, _FS_IOC_SHUTDOWN, struct.pack("I", _NOLOGFLUSH))
        finally:
            os.close(place)


@contextmanager
def mounted_image(name: str) -> Iterator[Image]:
    """Make and mount a file system of a kind of `KINDS`; take it away at the end.

    Raises:
        NotPossibleHere: root, a program, or loop devices are missing.
    """
    kind = KINDS[name]
    needs(kind.make[0], "mount", "umount")
    own_mounts()
    with tempfile.TemporaryDirectory(prefix="amanat-crash-", dir=roomy_folder()) as folder:
        image = Image(kind, Path(folder))
        image.mount()
        try:
            yield image
        finally:
            subprocess.run(["umount", "-l", image.place], check=False, capture_output=True)


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Return the folder of a file system in memory that has room for `size`, as mount takes it."""
    needs("mount", "umount")
    own_mounts()
    with tempfile.TemporaryDirectory(prefix="amanat-small-") as folder:
        place = Path(folder) / "disk"
        place.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", place], check=False, capture_output=True)
