"""What the catalog needs from one volume of a container: numbered blocks, staged until a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vault.crypto.types import Buffer
from vault.errors import Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 1
"""Namespace of the database's pages: object 0, number = page counted from 0."""

MEDIA = 2
"""Namespace of file contents: one object per file, number = chunk counted from 0."""

RECORD = 3
"""Namespace of the record stream: object 0, number = block counted from 0."""

BlockId = tuple[int, int, int]
"""Namespace, object, number."""


class BlockStore(Protocol):
    """One open volume. What is put or dropped is staged; the container's commit makes it last."""

    @property
    def payload(self) -> int:
        """Bytes that one block holds at most."""
        ...

    def get(self, namespace: int, object_id: int, number: int) -> bytes:
        """Return a block, a staged one first; raises `Damaged` when absent or unreadable."""
        ...

    def has(self, namespace: int, object_id: int, number: int) -> bool:
        """Whether the block is in the volume's map; reads nothing."""
        ...

    def absent(self, namespace: int, object_id: int, count: int) -> Iterator[int]:
        """Yield which of an object's blocks 0 … count − 1 are not in the map; reads nothing."""
        ...

    def read_run(
        self, namespace: int, object_id: int, first: int, count: int
    ) -> Iterator[bytes | memoryview]:
        """Return `count` blocks one after another; raises `Damaged` at a lost one."""
        ...

    def put(self, namespace: int, object_id: int, number: int, payload: Buffer) -> None:
        """Stage a block; raises `ContainerFull`."""
        ...

    def drop(self, namespace: int, object_id: int, number: int) -> None:
        """Stage the removal of a block."""
        ...

    def numbers(self, namespace: int, object_id: int) -> list[int]:
        """Return the numbers of an object's blocks, ascending, staged ones included."""
        ...

    def objects(self, namespace: int) -> list[int]:
        """Return the objects that have blocks in a namespace."""
        ...

    def pending_blocks(self) -> int:
        """Return how many blocks are staged."""
        ...

    def batch_limit(self) -> int:
        """Return how many blocks one commit may carry."""
        ...

    def room(self, *, media: bool) -> int:
        """Return how many blocks more fit: of files, or of everything else."""
        ...


class BlocksInMemory:
    """A `BlockStore` that is a dictionary: the first contents of a volume are written into it.

    Args:
        payload: bytes that one block holds.
    """

    def __init__(self, payload: int) -> None:
        self._payload = payload
        self.blocks: dict[BlockId, bytes] = {}

    @property
    def payload(self) -> int:
        """Bytes that one block holds."""
        return self._payload

    def get(self, namespace: int, object_id: int, number: int) -> bytes:
        """Return a block.

        Raises:
            Damaged: there is none.
        """
        try:
            return self.blocks[namespace, object_id, number]
        except KeyError:
            raise Damaged(mark("Block {number} is missing."), number=number) from None

    def has(self, namespace: int, object_id: int, number: int) -> bool:
        """Whether there is such a block."""
        return (namespace, object_id, number) in self.blocks

    def absent(self, namespace: int, object_id: int, count: int) -> Iterator[int]:
        """Yield which of an object's blocks 0 … count − 1 there are not."""
        return (n for n in range(count) if not self.has(namespace, object_id, n))

    def read_run(self, namespace: int, object_id: int, first: int, count: int) -> Iterator[bytes]:
        """Return `count` blocks one after another."""
        for number in range(first, first + count):
            yield self.get(namespace, object_id, number)

    def put(self, namespace: int, object_id: int, number: int, payload: Buffer) -> None:
        """Keep a block."""
        self.blocks[namespace, object_id, number] = bytes(payload)

    def drop(self, namespace: int, object_id: int, number: int) -> None:
        """Remove a block, if there is one."""
        self.blocks.pop((namespace, object_id, number), None)

    def numbers(self, namespace: int, object_id: int) -> list[int]:
        """Return the numbers of an object's blocks, ascending."""
        wanted = (namespace, object_id)
        return sorted(n for space, owner, n in self.blocks if (space, owner) == wanted)

    def objects(self, namespace: int) -> list[int]:
        """Return the objects that have blocks in a namespace."""
        return sorted({owner for space, owner, _ in self.blocks if space == namespace})

    def pending_blocks(self) -> int:
        """Return 0: nothing waits, everything is kept at once."""
        return 0

    def batch_limit(self) -> int:
        """Return a number that no first content reaches."""
        return 1 << 32

    def room(self, *, media: bool) -> int:
        """Return a number that no first content reaches."""
        del media
        return 1 << 32
