"""Writing of many files, under names that somebody else chose, into one folder.

Nothing leaves the folder, nothing there is overwritten, no link is followed, and no name is
accepted that another system would take for something else. Each file takes its name only when
it is whole and durable; when anything fails, all that was made is removed again.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from vault.errors import VaultError, mark
from vault.storage import durable
from vault.storage.failures import not_opened, not_saved, taken, told
from vault.storage.folders import Folder, open_folder
from vault.storage.names import safe_parts, twin_key
from vault.storage.output import temporary_name
from vault.storage.real import RealFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from vault.storage.interface import Buffer, Random

_FOLDER_MODE = 0o700


class ExtractedFile:
    """One file while it is written, from front to back."""

    def __init__(self, file: RealFile) -> None:
        self._file = file
        self._length = 0

    def write(self, data: Buffer) -> None:
        """Append the bytes.

        Raises:
            NotSaved: the disk could not take them.
        """
        self._file.pwrite(self._length, data)
        self._length += memoryview(data).nbytes


class _Made(NamedTuple):
    """A name that this extraction made, to be removed if it fails."""

    parents: tuple[str, ...]
    name: str
    is_folder: bool


class ExtractFolder:
    """A folder to extract into; a `with` block is one extraction.

    The folder is made with mode 0700 if it does not exist; the one above it must. What is in it
    already stays as it is. At the end of the block all folders that got names are synced; only
    then has the extraction succeeded.

    Args:
        path: the folder, as the user named it; may itself be reached through links.
        random: randomness for temporary names.
        open_folder: how the folder is opened (tests bring the one for Windows).

    Raises:
        VaultError: on entering, it is no folder or cannot be opened.
        NotSaved: on entering or at the end, the disk could not take it.
    """

    def __init__(
        self, path: str, *, random: Random, open_folder: Callable[[str], Folder] = open_folder
    ) -> None:
        self._path = path
        self._random = random
        self._open_folder = open_folder
        self._root: Folder | None = None
        self._made_root = False
        self._made: list[_Made] = []
        self._changed: set[tuple[str, ...]] = set()
        self._taken: dict[tuple[str, ...], dict[str, str]] = {}

    def __enter__(self) -> Self:
        with told(not_saved, self._path):
            try:
                os.mkdir(self._path, _FOLDER_MODE)
                self._made_root = True
            except FileExistsError:
                pass
        with told(not_opened, self._path):
            self._root = self._open_folder(self._path)
        return self

    @contextmanager
    def file(self, name: str) -> Iterator[ExtractedFile]:
        """Write one file: it is there, whole and synced, when the block ends without an error.

        Args:
            name: relative, parts separated by `/`; folders on the way are made.

        Raises:
            VaultError: the name is unsafe, taken, or the twin of another in its folder.
            NotSaved: the disk could not take it.
        """
        *parents, last = safe_parts(name)
        shown = self._shown(*parents, last)
        folder = self._reach(tuple(parents))
        try:
            self._require_free(folder, tuple(parents), last)
            temporary = temporary_name(self._random)
            with told(not_saved, shown):
                file = RealFile(folder.create(temporary), shown)
            try:
                yield ExtractedFile(file)
                file.fsync()
                file.close()  # Windows renames no open file
                with told(not_saved, shown):
                    folder.rename(temporary, last)
            except BaseException:
                file.close()
                with suppress(OSError):
                    folder.remove(temporary)
                raise
            self._note(tuple(parents), last, is_folder=False)
        finally:
            folder.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._sync()
        except BaseException:
            self._undo()
            raise
        else:
            if kind is not None:
                self._undo()
        finally:
            self._opened().close()

    def _opened(self) -> Folder:
        if self._root is None:
            raise RuntimeError("an ExtractFolder is used inside its with block")
        return self._root

    def _reach(self, parents: tuple[str, ...]) -> Folder:
        """Open the folder at `parents`, making what is missing; the caller closes it."""
        folder = self._again()
        for depth, part in enumerate(parents):
            above = parents[:depth]
            try:
                if not self._is_there(folder, above, part):
                    with told(not_saved, self._shown(*above, part)):
                        folder.make_folder(part)
                    self._note(above, part, is_folder=True)
                with told(not_opened, self._shown(*above, part)):
                    folder, left = folder.folder(part), folder
            except BaseException:
                folder.close()
                raise
            left.close()
        return folder

    def _again(self) -> Folder:
        """Open the root once more from itself, so that closing it does not close ours."""
        with told(not_opened, self._path):
            return self._opened().folder(os.curdir)

    def _is_there(self, folder: Folder, parents: tuple[str, ...], part: str) -> bool:
        """Return whether the folder has this very name; its twins are refused."""
        present = self._names(folder, parents).get(twin_key(part))
        if present is not None and present != part:
            raise VaultError(
                mark("{path} and {other} are one name on some systems; it was not written."),
                path=self._shown(*parents, part),
                other=present,
            )
        return present is not None

    def _require_free(self, folder: Folder, parents: tuple[str, ...], last: str) -> None:
        if self._is_there(folder, parents, last):
            raise taken(self._shown(*parents, last))

    def _names(self, folder: Folder, parents: tuple[str, ...]) -> dict[str, str]:
        """All names of a folder by what twins share; listed once, then kept up to date."""
        if parents not in self._taken:
            with told(not_opened, self._shown(*parents)):
                self._taken[parents] = {twin_key(name): name for name in folder.names()}
        return self._taken[parents]

    def _note(self, parents: tuple[str, ...], name: str, *, is_folder: bool) -> None:
        self._made.append(_Made(parents, name, is_folder))
        self._changed.add(parents)
        self._taken[parents][twin_key(name)] = name  # listed when it was looked up

    def _sync(self) -> None:
        for parents in sorted(self._changed, key=len, reverse=True):
            folder = self._reach(parents)
            try:
                with told(not_saved, self._shown(*parents)):
                    folder.sync()
            finally:
                folder.close()
        if self._made_root:
            with told(not_saved, self._path):
                durable.sync_folder(os.path.dirname(self._path.rstrip("/\\")) or os.curdir)

    def _undo(self) -> None:
        """Remove what was made, last first, as well as can be."""
        for parents, name, is_folder in reversed(self._made):
            with suppress(VaultError, OSError):
                folder = self._reach(parents)
                try:
                    folder.remove_folder(name) if is_folder else folder.remove(name)
                finally:
                    folder.close()
        if self._made_root:
            with suppress(OSError):
                os.rmdir(self._path)

    def _shown(self, *parts: str) -> str:
        return os.path.join(self._path, *parts)
