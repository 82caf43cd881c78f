"""Making an entry from its fields, and checking what is disclosed of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.crypto.hashes import SHA256_SIZE
from vault.encoding.binary import read_hex, write_hex
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.errors import BadProof, Inconsistent, LedgerError, mark
from vault.ledger.disclosure import SALT_SIZE, Disclosure, commitment, parse_disclosure
from vault.ledger.leaf import COMMITMENT_COUNTS, Leaf, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault.crypto.entropy import Random

FILE_FIELD = "file"
"""Name of the field that stands for the exhibit's bytes; committed in the `file` line."""

MAX_FIELDS = COMMITMENT_COUNTS[-1] - 1
"""Fields of one entry besides `file`: one commitment at least is a decoy."""

_RESTRICTED_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # RFC 6838, section 4.2, lower case
_MEDIA_TYPE = re.compile(f"{_RESTRICTED_NAME}/{_RESTRICTED_NAME}")


@dataclass(frozen=True)
class Entry:
    """A new entry: its leaf, and one disclosure for each field, ascending by name."""

    leaf: bytes
    disclosures: tuple[bytes, ...]

    @property
    def leaf_hash(self) -> bytes:
        """The 32 bytes that the next entry names as `prev`."""
        return leaf_hash(self.leaf)


@dataclass(frozen=True)
class FileValue:
    """Value of the field `file`.

    Attributes:
        sha256: 32 bytes, of the exhibit.
        size: bytes of the exhibit.
        media_type: lower case, without parameters.
    """

    sha256: bytes
    size: int
    media_type: str


def build_entry(
    log: str, seq: int, prev: bytes, fields: Mapping[str, bytes], random: Random
) -> Entry:
    """Make an entry.

    Args:
        log: origin of the log.
        seq: number of the entry.
        prev: 32 bytes, the hash of the leaf before it, or `genesis(log)`.
        fields: values by name; at most 63 besides `file`.
        random: gives 32 bytes for each salt and each decoy.

    Raises:
        MalformedRecord: a name, value or number that no entry can hold, or too many fields.
        LedgerError: `random` gave the same bytes twice.
    """
    others = sum(name != FILE_FIELD for name in fields)
    if others > MAX_FIELDS:
        raise malformed(mark("An entry has at most 63 fields, not {count}."), count=others)
    salts = _distinct(len(fields), random)
    disclosures = tuple(
        Disclosure(log, seq, name, salt, fields[name]).encode()
        for name, salt in zip(sorted(fields), salts, strict=True)
    )
    digests = dict(zip(sorted(fields), map(commitment, disclosures), strict=True))
    width = next(count for count in COMMITMENT_COUNTS if count > others)
    decoys = _distinct(1 + width - others, random)
    # Without a file its line is a decoy too: nothing tells an exhibit from a note.
    file = digests.pop(FILE_FIELD, decoys.pop())
    leaf = Leaf(log, seq, prev, file, tuple(sorted([*digests.values(), *decoys])))
    return Entry(leaf.encode(), disclosures)


def check_disclosure(leaf: Leaf, raw: bytes) -> Disclosure:
    """Check that a disclosure opens a commitment of this leaf.

    Args:
        leaf: a leaf, parsed.
        raw: the disclosure's bytes.

    Raises:
        MalformedRecord: not a disclosure in its only form.
        BadProof: of another log or entry, or its digest is not where it belongs.
    """
    disclosure = parse_disclosure(raw)
    if disclosure.log != leaf.log:
        raise BadProof(mark("The field “{name}” belongs to another log."), name=disclosure.name)
    if disclosure.seq != leaf.seq:
        raise BadProof(
            mark("The field “{name}” belongs to entry {found}, not to entry {seq}."),
            name=disclosure.name,
            found=disclosure.seq,
            seq=leaf.seq,
        )
    # The reader of leaves saw to it that no digest stands twice.
    places = (leaf.file,) if disclosure.name == FILE_FIELD else leaf.commitments
    if commitment(raw) not in places:
        raise BadProof(
            mark("The field “{name}” is not what entry {seq} was made with."),
            name=disclosure.name,
            seq=leaf.seq,
        )
    return disclosure


def check_disclosures(leaf: Leaf, raws: Iterable[bytes]) -> dict[str, Disclosure]:
    """Check all that is disclosed of one entry.

    Returns:
        The disclosures by name.

    Raises:
        MalformedRecord: one is not in its only form, or two share a salt.
        BadProof: one does not open a commitment of this leaf.
        Inconsistent: two openings of one name; whoever holds both can prove that the owner
            committed to two values.
    """
    found: dict[str, Disclosure] = {}
    for raw in raws:
        disclosure = check_disclosure(leaf, raw)
        if disclosure.name in found:
            raise Inconsistent(
                mark("Entry {seq} has two values of the field “{name}”."),
                seq=leaf.seq,
                name=disclosure.name,
            )
        found[disclosure.name] = disclosure
    # A shared salt would let one who knows a field guess at another with it.
    if len({disclosure.salt for disclosure in found.values()}) != len(found):
        raise malformed(mark("Two fields of entry {seq} share a salt."), seq=leaf.seq)
    return found


def file_value(sha256: bytes, size: int, media_type: str) -> bytes:
    """Return the value of the field `file`: three lines.

    Raises:
        MalformedRecord: a digest, size or media type that the reader would refuse.
    """
    if len(sha256) != SHA256_SIZE:
        raise malformed(mark("A digest of {length} bytes instead of 32."), length=len(sha256))
    shown = media_type.encode("utf-8", "backslashreplace")
    return b"sha256 %s\nsize %s\ntype %s\n" % (
        write_hex(sha256),
        write_decimal(size),
        _check_media_type(shown),
    )


def parse_file_value(value: bytes) -> FileValue:
    """Read the value of the field `file` in its only form.

    Raises:
        MalformedRecord: any other form.
    """
    reader = LineReader(value)
    sha256 = read_hex(reader.value(b"sha256"), SHA256_SIZE)
    size = read_decimal(reader.value(b"size"))
    media_type = _check_media_type(reader.value(b"type"))
    reader.end()
    return FileValue(sha256, size, media_type.decode("ascii"))


def _check_media_type(text: bytes) -> bytes:
    if _MEDIA_TYPE.fullmatch(text.decode("ascii", "backslashreplace")) is None:
        raise malformed(mark("Not a media type: {found}"), text)
    return text


def _distinct(count: int, random: Random) -> list[bytes]:
    drawn = [random(SALT_SIZE) for _ in range(count)]
    if len(set(drawn)) != count:
        raise LedgerError(mark("The random generator of this machine repeats itself."))
    return drawn
