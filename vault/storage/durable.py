"""What makes bytes and names survive a power cut: all fsyncs and renames of the program.

A new file, in the order in which it happens:

    Linux     openat(tmp, O_CREAT|O_EXCL)  pwrite…  fsync(fd)  close(fd)
              renameat2(tmp, name, RENAME_NOREPLACE)
              open(folder, O_DIRECTORY)  fsync(folder)  close(folder)
    macOS     the same with fcntl(fd, F_FULLFSYNC) and renameatx_np(…, RENAME_EXCL);
              plain fsync leaves the bytes in the drive's cache (fsync(2) there)
    Windows   CreateFile  WriteFile…  FlushFileBuffers  CloseHandle
              MoveFileExW(tmp, name, MOVEFILE_WRITE_THROUGH); a folder cannot be synced

A commit into an existing container: pwrite…, fsync(fd), pwrite of the cells, fsync(fd).

An fsync that failed is never repeated: Linux drops the dirty pages and reports the error
once, so that a second call would succeed over lost data (Rebello et al., ATC 2020).

What remains open. A drive that acknowledges flushes it did not make can lose anything. On
Windows the new name rests on the file system's journal. Where a file system knows no renaming
without replacing, a second name and the removal of the first stand in (a power cut between
leaves both names of one file), and where it knows no second names either (old FAT drivers), the
name is looked up first: whoever creates it within those microseconds is overwritten.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from contextlib import suppress

if sys.platform == "win32":
    from ctypes import wintypes

    _MOVEFILE_WRITE_THROUGH = 0x8
elif sys.platform == "darwin":
    import fcntl

    _AT_FDCWD = -2
    _FLAG_KEEP = 0x4  # RENAME_EXCL, <sys/stdio.h>
    _CALL = "renameatx_np"
else:
    _AT_FDCWD = -100
    _FLAG_KEEP = 0x1  # RENAME_NOREPLACE, renameat2(2)
    _CALL = "renameat2"

# The file system does not know the call: try the next best.
_UNKNOWN = frozenset(
    getattr(errno, name)
    for name in ("EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EPERM", "EMLINK")
    if hasattr(errno, name)
)


def sync_file(descriptor: int) -> None:
    """Return when all that was written to the descriptor is on the disk.

    Raises:
        OSError: it is not, and nobody knows how much of it is.
    """
    if sys.platform == "darwin":
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            # Network and FAT drivers may not know it; an error of the disk must not fall through.
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
        else:
            return
    os.fsync(descriptor)


if sys.platform != "linux":

    def start_writing(descriptor: int, offset: int, length: int) -> None:
        """Do nothing: there is no such hint here; the fsync does all of it."""

else:

    def start_writing(descriptor: int, offset: int, length: int) -> None:
        """Ask the system to begin writing what was just written to the disk, before the fsync.

        Linux begins when it is told that the pages are not needed. A hint, never an error.
        """
        with suppress(OSError):
            os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


if sys.platform == "win32":

    def sync_folder(folder: str) -> None:
        """Do nothing: `rename` writes through, and Windows has no call for a folder."""

    def rename(old: str, new: str) -> None:
        """Rename without replacing.

        Raises:
            FileExistsError: the new name is taken.
            OSError: anything else; the old name still stands.
        """
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        move = kernel.MoveFileExW
        move.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD)
        move.restype = wintypes.BOOL
        if not move(old, new, _MOVEFILE_WRITE_THROUGH):
            raise ctypes.WinError(ctypes.get_last_error())

else:

    def sync_folder(folder: str) -> None:
        """Return when the names in the folder are on the disk.

        Raises:
            OSError: they are not.
        """
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            sync_folder_descriptor(descriptor)
        finally:
            os.close(descriptor)

    def sync_folder_descriptor(descriptor: int) -> None:
        """Return when the names in the open folder are on the disk.

        Raises:
            OSError: they are not.
        """
        try:
            sync_file(descriptor)
        except OSError as error:
            # Some network and FUSE file systems refuse folders: nothing better exists there.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise

    def rename(old: str, new: str, *, folder: int | None = None) -> None:
        """Rename without replacing.

        Args:
            old: present name.
            new: name that must be free.
            folder: descriptor of the folder that relative names start from.

        Raises:
            FileExistsError: the new name is taken, be it by a link that leads nowhere.
            OSError: anything else; the old name still stands.
        """
        try:
            _rename_in_one_call(old, new, folder)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
            _rename_by_second_name(old, new, folder)

    def _rename_in_one_call(old: str, new: str, folder: int | None) -> None:
        if "\0" in old or "\0" in new:  # C would read it as the end of the name
            raise ValueError("embedded null byte")
        call = getattr(ctypes.CDLL(None, use_errno=True), _CALL, None)
        if call is None:  # not every libc has it
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        call.argtypes = (
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_uint,
        )
        start = _AT_FDCWD if folder is None else folder
        if call(start, os.fsencode(old), start, os.fsencode(new), _FLAG_KEEP) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), new)

    def _rename_by_second_name(old: str, new: str, folder: int | None) -> None:
        try:
            os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
            _rename_after_looking(old, new, folder)
        else:
            os.unlink(old, dir_fd=folder)

    def _rename_after_looking(old: str, new: str, folder: int | None) -> None:
        try:
            os.stat(new, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
