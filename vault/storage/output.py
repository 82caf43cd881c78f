"""Files that the user asked for by name: there whole and durable, or not there at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from vault.errors import VaultError
from vault.storage.failures import taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from vault.storage.interface import Buffer, Disk, File, Random

_NAME_BYTES = 8


def temporary_name(random: Random) -> str:
    """Return a name that nobody else uses and that says nothing about what is being written."""
    return f".{random(_NAME_BYTES).hex()}"


class OutputFile:
    """A new file, written from front to back, that takes its name only when all of it is safe.

    In a `with` block: the bytes go to a random name in the same folder; at the end of the block
    fsync, close, rename without replacing, fsync of the folder. When the block or any of these
    steps fails, the temporary file is removed and the error goes on. Only a power cut or a kill
    can leave it behind. If the last step fails the file has its name, but a power cut may still
    take it back: `NotSaved` says so.

    Args:
        disk: where to write.
        path: the name to take; must be free.
        random: randomness for the temporary name.

    Raises:
        VaultError: on entering or at the end, the name is taken.
        NotFound: on entering, its folder does not exist.
        NotSaved: the disk could not take it.
    """

    def __init__(self, disk: Disk, path: str, *, random: Random) -> None:
        self._disk = disk
        self._path = path
        self._temporary = os.path.join(os.path.dirname(path), temporary_name(random))
        self._file: File | None = None
        self._length = 0

    def __enter__(self) -> Self:
        if self._disk.exists(self._path):
            raise taken(self._path)
        try:
            with self._under_its_own_name():
                self._file = self._disk.create(self._temporary)
        except BaseException:
            self._discard()  # Ctrl-C may come when the file is there and nobody has it yet
            raise
        return self

    def write(self, data: Buffer) -> None:
        """Append the bytes; only inside the `with` block."""
        with self._under_its_own_name():
            self._opened().pwrite(self._length, data)
        self._length += memoryview(data).nbytes

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            with self._under_its_own_name():
                self._opened().fsync()
                self._opened().close()  # Windows renames no open file
                self._disk.rename(self._temporary, self._path)
        except BaseException:
            self._discard()
            raise
        self._disk.sync_folder(self._path)

    def _opened(self) -> File:
        if self._file is None:
            raise RuntimeError("an OutputFile is written inside its with block")
        return self._file

    def _discard(self) -> None:
        """Remove the temporary file as well as can be; the first error is the one to tell."""
        with suppress(VaultError):
            if self._file is not None:
                self._file.close()
        with suppress(VaultError):
            self._disk.remove(self._temporary)

    @contextmanager
    def _under_its_own_name(self) -> Iterator[None]:
        """Errors name the file that was asked for, not a name that nobody knows."""
        try:
            yield
        except VaultError as error:
            error.values = {**error.values, "path": self._path}
            raise
