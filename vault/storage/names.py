"""Names that mean one ordinary file on every system, and nothing else on any.

Sources: Microsoft, "Naming Files, Paths, and Namespaces" (reserved names, also with an
extension; trailing dots and spaces; streams behind a colon); Unicode 15 DerivedCoreProperties
(default ignorable code points); RFC 8264, section 5.2.3 (caseless comparison).
"""

from __future__ import annotations

import unicodedata

from vault.errors import VaultError, mark

LONGEST_PART = 255
"""Bytes of one part in UTF-8: ext4, and no more than 255 UTF-16 units of NTFS, APFS and exFAT."""

LONGEST_NAME = 1024
"""Bytes of all parts with the slashes between them."""

_FORBIDDEN = frozenset('<>:"|?*\\')

_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [port + digit for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)

# Not shown by anything: control, format (bidi, zero width), surrogate, private, unassigned,
# line and paragraph separators.
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Default ignorable code points of other categories: joiners, fillers, variation selectors.
_UNSEEN_RANGES = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)


def safe_parts(name: str) -> tuple[str, ...]:
    """Split a relative name at its slashes, if each part is safe on every system.

    Args:
        name: of a file, parts separated by `/`.

    Raises:
        VaultError: a part is empty, `.` or `..`, reserved, too long, holds a character that
            cannot be seen or that a system treats as its own, or ends in a dot or a space.
    """
    if len(name) > LONGEST_NAME or len(_encoded(name)) > LONGEST_NAME:
        raise _refused(mark("The name is too long for some systems: {name}"), name)
    parts = tuple(name.split("/"))
    for part in parts:
        _require_safe(part, name)
    return parts


def twin_key(part: str) -> str:
    """Return what two names have in common that some system takes for one.

    Letters are folded over case and composition, as APFS, NTFS and casefolded ext4 do.
    """
    decomposed = unicodedata.normalize("NFD", part)
    return unicodedata.normalize("NFD", decomposed.casefold())


def _require_safe(part: str, name: str) -> None:
    if part in ("", ".", ".."):
        raise _refused(mark("The name leads out of its folder: {name}"), name)
    if len(_encoded(part)) > LONGEST_PART:
        raise _refused(mark("The name is too long for some systems: {name}"), name)
    if any(_unseen(character) for character in part):
        raise _refused(mark("The name holds characters that cannot be seen: {name}"), name)
    if not _FORBIDDEN.isdisjoint(part):
        raise _refused(mark("The name holds characters that some systems refuse: {name}"), name)
    if part[-1] in ". ":
        raise _refused(mark("The name ends in a dot or a space: {name}"), name)
    if part.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        raise _refused(mark("The name is that of a device on Windows: {name}"), name)


def _unseen(character: str) -> bool:
    if unicodedata.category(character) in _UNSEEN_CATEGORIES:
        return True
    return any(first <= ord(character) <= last for first, last in _UNSEEN_RANGES)


def _encoded(text: str) -> bytes:
    """Lone surrogates are refused as unseen; here they only have to be counted."""
    return text.encode("utf-8", "surrogatepass")


def _refused(message: str, name: str) -> VaultError:
    return VaultError(message, hint=mark("It was not written."), name=name)
