"""Names of the files in a bundle: which may stand there, and what each known one holds.

A name is no path of the receiver's machine: it is matched here against the few places that this
version knows, and whatever is not among them is reported and never written anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from vault.encoding.refusal import malformed
from vault.errors import mark

MAX_NAME_LENGTH = 121

_NAME = re.compile(rb"[a-z0-9][a-z0-9._/-]{0,120}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_NUMBER = r"(0|[1-9][0-9]{0,18})"
_LEAF = re.compile(rf"entries/{_NUMBER}/leaf")
_PROOF = re.compile(rf"entries/{_NUMBER}/proof")
_FIELD = re.compile(rf"entries/{_NUMBER}/fields/([a-z0-9-]{{1,32}})")
_MEDIA = re.compile(r"media/([0-9a-f]{64})")


class Kind(Enum):
    """What a file of a bundle holds."""

    CARD = "card"
    CHECKPOINT = "checkpoint"
    LEAF = "leaf"
    PROOF = "proof"
    FIELD = "field"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file of a bundle belongs.

    Attributes:
        kind: what it holds.
        seq: number of the entry, for leaf, proof and field.
        field: name of the field, for a field.
        sha256: digest that the name states, 32 bytes, for media.
    """

    kind: Kind
    seq: int | None = None
    field: str | None = None
    sha256: bytes | None = None


def read_name(raw: bytes) -> str:
    """Check a name against the grammar.

    `[a-z0-9][a-z0-9._/-]{0,120}`; besides, no part between slashes is empty, holds "..", begins
    or ends with ".", or is a device of Windows with or without an extension.

    Raises:
        MalformedRecord: it is no such name.
    """
    if _NAME.fullmatch(raw) is None:
        raise _refused(raw)
    name = raw.decode("ascii")
    for part in name.split("/"):
        if not part or ".." in part or part[0] == "." or part[-1] == ".":
            raise _refused(raw)
        if _RESERVED.fullmatch(part):
            raise _refused(raw)
    return name


def place_of(name: str) -> Place | None:
    """Return where a file of this name belongs, or None for a name that is not known."""
    if name in (Kind.CARD.value, Kind.CHECKPOINT.value):
        return Place(Kind(name))
    if found := _LEAF.fullmatch(name):
        return Place(Kind.LEAF, seq=int(found[1]))
    if found := _PROOF.fullmatch(name):
        return Place(Kind.PROOF, seq=int(found[1]))
    if found := _FIELD.fullmatch(name):
        return Place(Kind.FIELD, seq=int(found[1]), field=found[2])
    if found := _MEDIA.fullmatch(name):
        return Place(Kind.MEDIA, sha256=bytes.fromhex(found[1]))
    return None


def _refused(raw: bytes) -> Exception:
    return malformed(mark("Not a name that a file in a bundle may have: {found}"), raw)
