"""PDF documents: pypdf. No page is drawn, no stream decoded but the XMP packet."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, BinaryIO, Final

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, WrongPasswordError
from pypdf.generic import DictionaryObject, StreamObject

from vault.media.properties import add_xmp

if TYPE_CHECKING:
    from vault.media.collected import Collected

MAX_ATTACHMENTS: Final = 64

_NAMES: Final = {
    "/Title": "Title",
    "/Author": "Author",
    "/Subject": "Subject",
    "/Keywords": "Keywords",
    "/Creator": "Creator",
    "/Producer": "Producer",
    "/Company": "Company",
    "/Manager": "Manager",
    "/SourceModified": "SourceModified",
}
_DATES: Final = {"/CreationDate": "CreateDate", "/ModDate": "ModifyDate"}
_DATE: Final = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?.*",
    re.ASCII | re.DOTALL,
)


def add_pdf(collected: Collected, file: BinaryIO) -> None:
    """Version, number of pages, the information dictionary, XMP, attachments and C2PA.

    Args:
        collected: receives them.
        file: seekable.
    """
    with collected.tolerating():
        try:
            reader = PdfReader(file, strict=False)
            collected.add("PDFVersion", reader.pdf_header.removeprefix("%PDF-"))
            for add in (_add_information, _add_catalog, _add_attachments):
                with collected.tolerating():
                    add(collected, reader)
            if reader.is_encrypted and len(collected.fields) == 1:
                collected.problem = "encrypted"
        except (FileNotDecryptedError, WrongPasswordError):
            collected.problem = "encrypted"


def _add_information(collected: Collected, reader: PdfReader) -> None:
    information = reader.metadata
    if information is None:
        return
    for key, name in _NAMES.items():
        if key in information:
            collected.add(name, information[key])
    for key, name in _DATES.items():
        if key in information:
            collected.add(name, date_of(str(information[key])))


def _add_catalog(collected: Collected, reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    if not isinstance(root, DictionaryObject):
        return
    pages = root["/Pages"]
    if isinstance(pages, DictionaryObject):
        collected.add("PageCount", pages.get("/Count", ""))
    packet = root.get("/Metadata")
    stream = packet.get_object() if packet is not None else None
    if isinstance(stream, StreamObject):
        add_xmp(collected, stream.get_data())
    associated = root.get("/AF")
    files = list(associated.get_object() if associated is not None else ())
    for item in files[:MAX_ATTACHMENTS]:
        file = item.get_object()
        if file.get("/AFRelationship") == "/C2PA_Manifest":
            collected.found("provenance", "C2PA", file.get("/F", "1"))


def _add_attachments(collected: Collected, reader: PdfReader) -> None:
    # Names only: the attachments themselves are not unpacked.
    for name in itertools.islice(reader.attachments, MAX_ATTACHMENTS):
        collected.found("embedded", "EmbeddedFile", name)


def date_of(text: str) -> str:
    """A PDF date (ISO 32000-1, 7.9.4) as ExifTool writes it; other texts as they are.

    `D:20231127230922+05'30'` becomes `2023:11:27 23:09:22+05:30`.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second, zulu, sign, offset, rest = match.groups()
    date = f"{year}:{month or '01'}:{day or '01'}"
    if hour is None:
        return f"{date} 00:00:00"
    zone = zulu or (f"{sign}{offset}:{rest or '00'}" if sign else "")
    return f"{date} {hour}:{minute or '00'}:{second or '00'}{zone}"
