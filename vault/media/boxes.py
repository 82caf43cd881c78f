"""ISO base media files (ISO/IEC 14496-12: MP4, MOV, 3GP, M4A) walked box by box.

Tag readers for such files do not look where phones write places, devices and times, nor at
pictures' tracks. Only headers and tags are read; every length is checked against the box
around it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from vault.media.collected import number
from vault.media.properties import MAX_PACKET, add_xmp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.media.collected import Collected

MAX_BOXES: Final = 4096
"""Boxes that are looked at in one file."""

MAX_CONTENT: Final = 65536
"""Bytes of the largest box whose content is read, XMP excepted."""

_CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta"})
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_EPOCH: Final = datetime(1904, 1, 1, tzinfo=UTC)
_USER_TEXT: Final = {
    b"\xa9mak": "Make",
    b"\xa9mod": "Model",
    b"\xa9swr": "Software",
    b"\xa9day": "ContentCreateDate",
    b"\xa9nam": "Title",
    b"\xa9cmt": "Comment",
    b"\xa9aut": "Author",
    b"\xa9cpy": "Copyright",
}
_ITUNES: Final = {
    **_USER_TEXT,
    b"\xa9ART": "Artist",
    b"\xa9alb": "Album",
    b"\xa9gen": "Genre",
    b"\xa9wrt": "Composer",
    b"\xa9too": "Encoder",
    b"aART": "AlbumArtist",
    b"cprt": "Copyright",
    b"desc": "Description",
}
_COVER: Final = b"covr"
_APPLE_KEYS: Final = {
    b"com.apple.quicktime.make": "Make",
    b"com.apple.quicktime.model": "Model",
    b"com.apple.quicktime.software": "Software",
    b"com.apple.quicktime.creationdate": "CreationDate",
    b"com.apple.quicktime.author": "Author",
    b"com.apple.quicktime.content.identifier": "ContentIdentifier",
    b"com.apple.quicktime.title": "Title",
    b"com.android.manufacturer": "AndroidMake",
    b"com.android.model": "AndroidModel",
    b"com.android.version": "AndroidVersion",
}
_APPLE_LOCATION: Final = b"com.apple.quicktime.location.ISO6709"
_ISO_6709: Final = re.compile(r"([+-][0-9]+(?:\.[0-9]+)?)([+-][0-9]+(?:\.[0-9]+)?)([+-][0-9.]+)?")


class Box(NamedTuple):
    """One box: its type, where its content starts and ends, and the types around it."""

    kind: bytes
    start: int
    end: int
    around: tuple[bytes, ...]


def add_boxes(collected: Collected, file: BinaryIO) -> None:
    """Duration, times, tracks, place, device, XMP and C2PA of such a file.

    Args:
        collected: receives them.
        file: seekable.
    """
    size = file.seek(0, 2)
    handler = b""
    for box in _walk(file, 0, size, ()):
        if box.kind == b"uuid":
            _add_uuid(collected, file, box)
            continue
        content = _content(file, box)
        if box.kind == b"hdlr" and b"trak" in box.around and b"minf" not in box.around:
            handler = content[8:12]
        elif box.kind in _READERS:
            _READERS[box.kind](collected, content)
        elif box.kind == b"stsd":
            _add_sample_entry(collected, handler, content)
        elif box.kind == b"meta" and box.around in {(b"moov",), (b"moov", b"udta")}:
            _add_metadata_items(collected, file, box)
        elif box.around == (b"moov", b"udta"):
            _add_user_data(collected, box.kind, content)


def _walk(file: BinaryIO, start: int, end: int, around: tuple[bytes, ...]) -> Iterator[Box]:
    pending = [(start, end, around)]
    seen = 0
    while pending:
        start, end, around = pending.pop()
        if end - start < 8 or seen == MAX_BOXES:  # noqa: PLR2004 - a box header
            continue
        seen += 1
        box = _box(file, start, end, around)
        if box is None:
            continue
        pending.append((box.end, end, around))
        if box.kind in _CONTAINERS:
            pending.append((box.start, box.end, (*around, box.kind)))
        yield box


def _box(file: BinaryIO, start: int, end: int, around: tuple[bytes, ...]) -> Box | None:
    file.seek(start)
    header = file.read(16)
    length, kind, head = int.from_bytes(header[:4], "big"), header[4:8], 8
    if length == 1:
        length, head = int.from_bytes(header[8:16], "big"), 16
    elif length == 0:
        length = end - start  # to the end of what is around it
    if length < head or start + length > end:
        return None
    return Box(kind, start + head, start + length, around)


def _content(file: BinaryIO, box: Box, limit: int = MAX_CONTENT) -> bytes:
    file.seek(box.start)
    return file.read(min(box.end - box.start, limit))


def _add_uuid(collected: Collected, file: BinaryIO, box: Box) -> None:
    name = _content(file, box, 16)
    if name == _XMP:
        if box.end - box.start <= MAX_PACKET:
            add_xmp(collected, _content(file, box, MAX_PACKET)[16:])
        else:
            collected.found("xmp", "XMP", box.end - box.start - 16)
    elif name == _C2PA:
        collected.found("provenance", "C2PA", box.end - box.start - 16)


def _add_file_type(collected: Collected, content: bytes) -> None:
    collected.add("MajorBrand", content[:4].decode("ascii", "replace"))


def _add_movie_header(collected: Collected, content: bytes) -> None:
    wide = content[:1] == b"\1"
    width, at = (8, 4) if wide else (4, 4)
    made, changed = (int.from_bytes(content[at + i * width :][:width], "big") for i in (0, 1))
    scale = int.from_bytes(content[at + 2 * width :][:4], "big")
    duration = int.from_bytes(content[at + 2 * width + 4 :][:width], "big")
    collected.add("CreateDate", _time(made))
    collected.add("ModifyDate", _time(changed))
    if scale and duration != (1 << 8 * width) - 1:  # all ones: unknown
        collected.add("Duration", number(duration / scale))


def _add_track_header(collected: Collected, content: bytes) -> None:
    width, height = (int.from_bytes(content[-8:][i : i + 4], "big") / 65536 for i in (0, 4))
    if width and height:
        collected.add("ImageWidth", number(width))
        collected.add("ImageHeight", number(height))
        turned = {
            (1, 0, 0, 1): 0,
            (0, 1, -1, 0): 90,
            (-1, 0, 0, -1): 180,
            (0, -1, 1, 0): 270,
        }
        matrix = content[-44:-8]
        a, b, c, d = (
            round(int.from_bytes(matrix[i : i + 4], "big", signed=True) / 65536)
            for i in (0, 4, 12, 16)
        )
        collected.add("Rotation", turned.get((a, b, c, d), ""))


_READERS: Final = {
    b"ftyp": _add_file_type,
    b"mvhd": _add_movie_header,
    b"tkhd": _add_track_header,
}


def _add_sample_entry(collected: Collected, handler: bytes, content: bytes) -> None:
    """The first sample description of a track (ISO/IEC 14496-12, 8.5.2, 12.1.3, 12.2.3)."""
    entry = content[8:]
    kind = entry[4:8].decode("ascii", "replace")
    if handler == b"vide":
        collected.add("CompressorID", kind)
    elif handler == b"soun" and len(entry) >= 36:  # noqa: PLR2004 - an audio sample entry
        collected.add("AudioFormat", kind)
        collected.add("AudioChannels", int.from_bytes(entry[24:26], "big"))
        collected.add("AudioSampleRate", int.from_bytes(entry[32:34], "big"))


def _add_user_data(collected: Collected, kind: bytes, content: bytes) -> None:
    """QuickTime's texts: length, language, characters; 3GPP's place of making (TS 26.244)."""
    if kind == b"\xa9xyz":
        _add_location(collected, _user_text(content))
    elif kind in _USER_TEXT:
        collected.add(_USER_TEXT[kind], _user_text(content))
    elif kind == b"loci":
        _add_3gpp_location(collected, content)


def _user_text(content: bytes) -> str:
    length = int.from_bytes(content[:2], "big")
    return content[4 : 4 + length].decode("utf-8", "replace")


def _add_location(collected: Collected, text: str) -> None:
    match = _ISO_6709.match(text)
    if match is None:
        return
    for name, part in zip(
        ("GPSLatitude", "GPSLongitude", "GPSAltitude"), match.groups(), strict=True
    ):
        if part and part.count(".") <= 1 and part.strip("+-."):
            collected.add(name, number(float(part)))


def _add_3gpp_location(collected: Collected, content: bytes) -> None:
    name, _, rest = content[6:].partition(b"\0")
    collected.add("LocationInformation", name)
    if len(rest) >= 13:  # noqa: PLR2004 - role and three fixed-point numbers
        longitude, latitude, altitude = (
            int.from_bytes(rest[i : i + 4], "big", signed=True) / 65536 for i in (1, 5, 9)
        )
        collected.add("GPSLatitude", number(latitude))
        collected.add("GPSLongitude", number(longitude))
        collected.add("GPSAltitude", number(altitude))


def _add_metadata_items(collected: Collected, file: BinaryIO, box: Box) -> None:
    """Metadata items (QuickTime File Format, "Metadata"), iTunes's and those by key.

    Of the latter `ilst` holds the numbers and `keys` the names.
    """
    # QuickTime's `meta` starts with a box, ISO's with version and flags.
    start = box.start if _content(file, box, 8)[4:8] == b"hdlr" else box.start + 4
    keys: list[bytes] = []
    for part in _walk(file, start, box.end, ()):
        if part.kind == b"keys":
            keys = _key_names(_content(file, part))
        elif part.kind == b"ilst":
            for item in _walk(file, part.start, part.end, ()):
                # One `data` box: its header, type and locale are sixteen bytes.
                value = _content(file, item)[16:]
                index = int.from_bytes(item.kind, "big")
                if 0 < index <= len(keys):
                    _add_key(collected, keys[index - 1], value)
                elif item.kind in _ITUNES:
                    collected.add(_ITUNES[item.kind], value)
                elif item.kind == _COVER:
                    collected.found("preview", "CoverArt", item.end - item.start - 16)


def _key_names(content: bytes) -> list[bytes]:
    names = []
    at = 8
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if length < 8:  # noqa: PLR2004 - its own header
            break
        names.append(content[at + 8 : at + length])
        at += length
    return names


def _add_key(collected: Collected, key: bytes, value: bytes) -> None:
    if key == _APPLE_LOCATION:
        _add_location(collected, value.decode("utf-8", "replace"))
    elif key in _APPLE_KEYS:
        collected.add(_APPLE_KEYS[key], value)


def _time(seconds: int) -> str:
    """Seconds since 1904 in UTC, as ExifTool writes times; nothing for zero."""
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return moment.strftime("%Y:%m:%d %H:%M:%S") if seconds else ""
