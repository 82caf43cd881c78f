r"""The value of the field `media-metadata`: what a file says of itself, as lines.

    amanat-metadata/v1
    type <media type>
    <Name> <value>            any number, names strictly ascending by their bytes

A name is `[A-Za-z0-9-]{1,64}`, one of ExifTool's tag names; the value is UTF-8 text as
`exiftool -n` shows it, exactly as the file has it (no normal form is applied). In a value a
backslash is written `\\` and a control or line separator (U+0000 to U+001F, U+007F to
U+009F, U+2028, U+2029) `\u` and four lowercase hex digits; nothing else is escaped. Every
line ends with LF. One set of fields has one encoding.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vault.errors import MalformedRecord, mark
from vault.evidence.fields import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD: Final = "amanat-metadata/v1"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,127}")
_ESCAPED: Final = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPE: Final = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")


def encode_metadata(media_type: str, fields: Mapping[str, str]) -> bytes:
    """The lines for these fields, at most 1 MiB.

    Args:
        media_type: lower case, without parameters: `image/jpeg`.
        fields: text by tag name.

    Raises:
        MalformedRecord: a name, the type or a value that the format cannot carry.
    """
    if _TYPE.fullmatch(media_type) is None:
        raise _malformed()
    lines = [_HEAD, f"type {media_type}"]
    for name in sorted(fields):
        if _NAME.fullmatch(name) is None:
            raise _malformed()
        lines.append(f"{name} {_ESCAPED.sub(_escape, fields[name])}")
    try:
        raw = ("\n".join(lines) + "\n").encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate is no text
        raise _malformed() from None
    if len(raw) > LIMIT:
        raise _malformed()
    return raw


def parse_metadata(raw: bytes) -> tuple[str, dict[str, str]]:
    """Media type and fields of such a value.

    Raises:
        MalformedRecord: anything but the one encoding of what it says.
    """
    if len(raw) > LIMIT:
        raise _malformed()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed() from None
    head, *lines = text.split("\n")
    if head != _HEAD or len(lines) < 2 or lines.pop() != "":  # noqa: PLR2004 - type, end
        raise _malformed()
    key, _, media_type = lines[0].partition(" ")
    if key != "type":
        raise _malformed()
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(" ")
        fields[name] = _ESCAPE.sub(_unescape, value)
    # Order, duplicates, names and escapes: all are right if and only if this is what we write.
    if encode_metadata(media_type, fields) != raw:
        raise _malformed()
    return media_type, fields


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return "\\\\" if character == "\\" else f"\\u{ord(character):04x}"


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16)) if match.group(1) else "\\"


def _malformed() -> MalformedRecord:
    return MalformedRecord(mark("The field media-metadata is malformed"))
