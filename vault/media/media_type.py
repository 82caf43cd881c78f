"""Media types by the first bytes of a file, and the file name extension of each type.

Names are those of the IANA registry where it has one, else what ExifTool says. Sources of
the signatures: the formats' specifications, and https://mimesniff.spec.whatwg.org/.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from vault.media.metadata import UNKNOWN_TYPE

HEAD: Final = 65536
"""Bytes from the start of a file that `sniff` wants; fewer when the file is shorter."""

EXTENSIONS: Final = {
    "application/msword": ".doc",
    "application/octet-stream": ".bin",
    "application/pdf": ".pdf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-outlook": ".msg",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-ole-storage": ".ole",
    "application/zip": ".zip",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/x-wav": ".wav",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "video/3gpp": ".3gp",
    "video/mp4": ".mp4",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
}
"""Extension of every type that `sniff` answers with."""

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"{\\rtf", "text/rtf"),
)

_BRANDS: Final = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
}

_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."
_OFFICE: Final = (
    (b"word/", "wordprocessingml.document"),
    (b"xl/", "spreadsheetml.sheet"),
    (b"ppt/", "presentationml.presentation"),
)
_OLE: Final = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
)
_HTML: Final = re.compile(rb"<(?:!doctype html|html)\b", re.IGNORECASE)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


# Frame headers: twelve or eleven bits of sync, version, layer (ISO/IEC 11172-3, 13818-7).
_ADTS: Final = 0xFFF0
_MPEG_LAYER_3: Final = 0xFFE2
_RESERVED_VERSION: Final = 0x08
_RESERVED_RATE: Final = 3


def extension_for(media_type: str) -> str:
    """The usual extension, with its dot; `.bin` for types that are not in the list."""
    return EXTENSIONS.get(media_type, EXTENSIONS[UNKNOWN_TYPE])


def sniff(head: bytes) -> str:
    """The media type that the first bytes speak for, `application/octet-stream` if none.

    Args:
        head: the first `HEAD` bytes, or the whole file when it is shorter.
    """
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    for family in (_pdf, _riff, _iso, _zip, _ole, _ogg, _matroska, _mpeg_audio, _bmp, _text):
        found = family(head)
        if found:
            return found
    return UNKNOWN_TYPE


def _pdf(head: bytes) -> str:
    # Readers accept junk before the header (ISO 32000-1, annex H, note 13).
    return "application/pdf" if b"%PDF-" in head[:1024] else ""


def _riff(head: bytes) -> str:
    if head[:4] not in {b"RIFF", b"RF64"}:
        return ""
    forms = {b"WAVE": "audio/x-wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
    return forms.get(head[8:12], "")


def _iso(head: bytes) -> str:
    if head[4:8] in {b"moov", b"wide", b"mdat"}:
        return "video/quicktime"  # written before `ftyp` existed
    if head[4:8] != b"ftyp":
        return ""
    brand = head[8:12]
    if brand.startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    if brand in {b"mif1", b"msf1"} and b"avif" in head[16 : int.from_bytes(head[:4], "big")]:
        return "image/avif"
    return _BRANDS.get(brand, "video/mp4")


def _zip(head: bytes) -> str:
    if not head.startswith((b"PK\3\4", b"PK\5\6")):
        return ""
    # OpenDocument puts its type, stored, into the first member (part 2, 3.3).
    if head[30:38] == b"mimetype" and head[38:].startswith(_OPEN_DOCUMENT):
        rest = re.match(rb"[a-z]+", head[38 + len(_OPEN_DOCUMENT) :])
        media_type = (_OPEN_DOCUMENT + rest.group()).decode() if rest else ""
        return media_type if media_type in EXTENSIONS else "application/zip"
    if b"[Content_Types].xml" in head or b"_rels/.rels" in head:
        for folder, suffix in _OFFICE:
            if folder in head:
                return f"application/vnd.openxmlformats-officedocument.{suffix}"
    return "application/zip"


def _ole(head: bytes) -> str:
    if not head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return ""
    for name, media_type in _OLE:
        if name.encode("utf-16-le") in head:
            return media_type
    return "application/x-ole-storage"


def _ogg(head: bytes) -> str:
    if not head.startswith(b"OggS"):
        return ""
    first = head[28:]  # of a first page with one segment: the codec's identification
    if first.startswith(b"OpusHead"):
        return "audio/opus"
    return "video/ogg" if first.startswith(b"\x80theora") else "audio/ogg"


def _matroska(head: bytes) -> str:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    return "video/webm" if b"webm" in head[:64] else "video/x-matroska"


def _mpeg_audio(head: bytes) -> str:
    if head[:1] != b"\xff":
        return ""
    first, second = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:3], "big")
    if first & 0xFFF6 == _ADTS:
        return "audio/aac"
    layer_3 = first & 0xFFE6 == _MPEG_LAYER_3 and first & 0x18 != _RESERVED_VERSION
    usable = second >> 4 not in {0, 15} and second >> 2 & 3 != _RESERVED_RATE
    return "audio/mpeg" if layer_3 and usable else ""


def _bmp(head: bytes) -> str:
    sizes = {12, 40, 52, 56, 64, 108, 124}  # of the second header, by version
    bitmap = head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in sizes
    return "image/bmp" if bitmap else ""


def _text(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text/plain"
    if not head or _CONTROLS.search(head):
        return ""
    try:
        # The head may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return ""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1024]
    return "text/html" if start.startswith(b"<") and _HTML.search(start) else "text/plain"
