"""A disk in memory, with the locks of a real one and cheap copies of its state."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.storage.failures import not_locked, not_opened, not_removed, not_saved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vault.storage.interface import Buffer

PAGE = 4096


class Content:
    """The bytes of one file: an unchanging base, and the pages that differ from it.

    A copy shares both, so that ten thousand states of one file cost what they differ in.
    """

    def __init__(self, base: bytes = b"") -> None:
        self._base = base
        self._pages: dict[int, bytes] = {}  # whole pages, replaced and never changed
        self._length = len(base)

    def __len__(self) -> int:
        return self._length

    def fork(self) -> Content:
        copy = Content(self._base)
        copy._pages = self._pages.copy()
        copy._length = self._length
        return copy

    def flat(self) -> bytes:
        """All bytes; the file goes on from them, so that the next call is cheap."""
        if self._pages or self._length != len(self._base):
            self._base = self.read(0, self._length)
            self._pages = {}
        return self._base

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self._length)
        if offset >= end:
            return b""
        if not self._pages and end <= len(self._base):
            return self._base[offset:end]
        first, last = offset // PAGE, (end - 1) // PAGE
        changed = self._changed_between(first, last)
        if not changed and end <= len(self._base):
            return self._base[offset:end]
        if first == last:
            return self._page(first)[offset - first * PAGE : end - first * PAGE]
        parts, at = [], offset
        for number in changed:
            start = number * PAGE
            if start > at:
                parts.append(self._unchanged(at, start))
            parts.append(self._pages[number][max(at - start, 0) : end - start])
            at = start + PAGE
        if at < end:
            parts.append(self._unchanged(at, end))
        return b"".join(parts)

    def write(self, offset: int, data: Buffer) -> None:
        whole = bytes(data)
        at, end = offset, offset + len(whole)
        while at < end:
            number, within = divmod(at, PAGE)
            part = whole[at - offset : at - offset + PAGE - within]
            if len(part) < PAGE:
                old = self._page(number)
                part = old[:within] + part + old[within + len(part) :]
            self._pages[number] = part
            at = min(end, (number + 1) * PAGE)
        self._length = max(self._length, end)

    def grow(self, length: int) -> None:
        """Be at least `length` long; what is added reads as zeros."""
        self._length = max(self._length, length)

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        return self._unchanged(number * PAGE, (number + 1) * PAGE) if page is None else page

    def _unchanged(self, offset: int, end: int) -> bytes:
        """What the base holds there; zeros beyond it."""
        return self._base[offset:end].ljust(end - offset, b"\0")

    def _changed_between(self, first: int, last: int) -> list[int]:
        pages = self._pages
        if not pages:
            return []
        if last - first < len(pages):
            return [number for number in range(first, last + 1) if number in pages]
        return sorted(number for number in pages if first <= number <= last)


@dataclass(eq=False)
class Node:
    """A file apart from its name: two openings of one file share it."""

    content: Content
    locks: dict[object, bool] = field(default_factory=dict)  # opening -> exclusive


class MemoryFile:
    def __init__(self, node: Node, path: str, *, writable: bool) -> None:
        self.node = node
        self._path = path
        self._writable = writable
        self._open = True

    def pread(self, offset: int, length: int) -> bytes:
        self._require_open()
        return self.node.content.read(offset, length)

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        self._require_open()
        data = self.node.content.read(offset, len(buffer))
        size = len(data)
        buffer[:size] = data
        return size

    def pwrite(self, offset: int, data: Buffer) -> None:
        self._require_open()
        if not self._writable:
            raise not_saved(_failure(errno.EBADF), self._path)
        self.node.content.write(offset, data)

    def fsync(self) -> None:
        self._require_open()

    def write_on(self) -> None:
        """Nothing was lost here."""

    def size(self) -> int:
        self._require_open()
        return len(self.node.content)

    def lock(self, *, exclusive: bool) -> None:
        self._require_open()
        others = [held for opening, held in self.node.locks.items() if opening is not self]
        if any(others) or (exclusive and others):
            raise not_locked(_failure(errno.EWOULDBLOCK), self._path)
        self.node.locks[self] = exclusive

    def close(self) -> None:
        self.node.locks.pop(self, None)
        self._open = False

    def _require_open(self) -> None:
        # A double is stricter than the system: use after closing is a bug, not a failure.
        assert self._open, f"{self._path} was closed"


class MemoryDisk:
    """Files by path; every folder exists.

    Args:
        files: what is there from the start.
        free: what `free_space` answers.
    """

    def __init__(
        self, files: Mapping[str, bytes] | None = None, *, free: int | None = None
    ) -> None:
        self.nodes = {path: Node(Content(bytes(data))) for path, data in (files or {}).items()}
        self.free = free

    def open(self, path: str, *, writable: bool = False) -> MemoryFile:
        return MemoryFile(self.node(path), path, writable=writable)

    def create(self, path: str) -> MemoryFile:
        self._require_free(path)
        node = self.nodes[path] = Node(Content())
        return MemoryFile(node, path, writable=True)

    def rename(self, old: str, new: str) -> None:
        self._require_free(new)
        if old not in self.nodes:
            raise not_saved(_failure(errno.ENOENT), old)
        self.nodes[new] = self.nodes.pop(old)

    def remove(self, path: str) -> None:
        if path not in self.nodes:
            raise not_removed(_failure(errno.ENOENT), path)
        del self.nodes[path]

    def sync_folder(self, path: str) -> None:
        """Nothing is lost here anyway."""

    def exists(self, path: str) -> bool:
        return path in self.nodes

    def free_space(self, path: str) -> int | None:
        return self.free

    def _require_free(self, path: str) -> None:
        if path in self.nodes:
            raise not_saved(_failure(errno.EEXIST), path)

    # What tests do behind the program's back.

    def node(self, path: str) -> Node:
        if path not in self.nodes:
            raise not_opened(_failure(errno.ENOENT), path)
        return self.nodes[path]

    def snapshot(self) -> dict[str, bytes]:
        """All files with their bytes, as a copy of the disk would hold them."""
        return {path: node.content.flat() for path, node in self.nodes.items()}

    def fork(self) -> MemoryDisk:
        """A disk of its own that starts from this state; locks are not copied."""
        copy = MemoryDisk(free=self.free)
        copy.nodes = {path: Node(node.content.fork()) for path, node in self.nodes.items()}
        return copy

    def read(self, path: str) -> bytes:
        return self.node(path).content.flat()

    def put(self, path: str, data: bytes) -> None:
        """Set a whole file, new or not; openings of the old one keep the old one."""
        self.nodes[path] = Node(Content(bytes(data)))

    def damage(self, path: str, offset: int, data: bytes) -> None:
        """Overwrite bytes under everybody who has the file open."""
        self.node(path).content.write(offset, data)

    def flip(self, path: str, offset: int, mask: int = 0x01) -> None:
        """Change the bits of one byte that are set in `mask`."""
        (byte,) = self.node(path).content.read(offset, 1)
        self.damage(path, offset, bytes([byte ^ mask]))

    def truncate(self, path: str, length: int) -> None:
        self.nodes[path].content = Content(self.read(path)[:length])

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)


def _failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))
