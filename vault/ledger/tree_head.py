"""The three lines that a checkpoint signs: origin, size and root of a log's tree.

C2SP tlog-checkpoint, without extension lines: type 0x06 signatures would not cover them.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault.crypto.hashes import SHA256_SIZE
from vault.encoding.binary import read_base64, write_base64
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.errors import mark
from vault.ledger.merkle import EMPTY_ROOT


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself.

    Attributes:
        origin: the name of the log.
        size: number of leaves, at most 2**63 - 1.
        root: 32 bytes, the root of the tree over them.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """Return the note text: three lines.

        Raises:
            MalformedRecord: a size out of range, a root that is none for this size.
        """
        _check_root(self.size, self.root)
        size = write_decimal(self.size)
        return b"%s\n%s\n%s\n" % (self.origin.encode("utf-8"), size, write_base64(self.root))


def parse_checkpoint_text(text: bytes) -> Checkpoint:
    """Read the text of a checkpoint's note; signatures are not looked at.

    Raises:
        MalformedRecord: anything but the three lines.
    """
    reader = LineReader(text, utf8=True)
    origin = reader.line()
    if not origin:
        raise malformed(mark("A checkpoint without the name of its log."))
    size = read_decimal(reader.line())
    root = read_base64(reader.line(), SHA256_SIZE)
    reader.end()
    _check_root(size, root)
    return Checkpoint(origin.decode("utf-8"), size, root)


def _check_root(size: int, root: bytes) -> None:
    if len(root) != SHA256_SIZE:
        raise malformed(mark("A root of {length} bytes instead of 32."), length=len(root))
    if size == 0 and root != EMPTY_ROOT:
        raise malformed(mark("A log without entries has another root than this."))
