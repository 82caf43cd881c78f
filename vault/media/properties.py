"""Properties in XML: XMP packets (ISO 16684-1) and the property parts of office files.

Read by expat, without a document type: a text that declares one, and so could declare
entities, is not read at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from vault.media.collected import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vault.media.collected import Collected

MAX_PACKET: Final = 4 << 20
"""Bytes of the largest XMP packet that is read; larger ones are only reported."""

MAX_VALUES: Final = 32
"""Items of one property that are kept; a picture's history may list hundreds."""

_RDF_ITEM: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#\nli"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_EXIF_EX: Final = "http://cipa.jp/exif/1.0/"
_AUX: Final = "http://ns.adobe.com/exif/1.0/aux/"
_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_GOOGLE: Final = "http://ns.google.com/photos/1.0/camera/"
_EVENT: Final = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"

_XMP_NAMES: Final = {
    f"{_XMP}\nCreatorTool": "XMP-CreatorTool",
    f"{_XMP}\nCreateDate": "XMP-CreateDate",
    f"{_XMP}\nModifyDate": "XMP-ModifyDate",
    f"{_XMP}\nMetadataDate": "XMP-MetadataDate",
    f"{_XMP}mm/\nDocumentID": "XMP-DocumentID",
    f"{_XMP}mm/\nInstanceID": "XMP-InstanceID",
    f"{_XMP}mm/\nOriginalDocumentID": "XMP-OriginalDocumentID",
    f"{_XMP}rights/\nOwner": "XMP-Owner",
    f"{_EVENT}\nsoftwareAgent": "XMP-HistorySoftwareAgent",
    f"{_EVENT}\nwhen": "XMP-HistoryWhen",
    f"{_DC}\ncreator": "XMP-Creator",
    f"{_DC}\ntitle": "XMP-Title",
    f"{_DC}\ndescription": "XMP-Description",
    f"{_DC}\nrights": "XMP-Rights",
    f"{_DC}\nsubject": "XMP-Subject",
    "http://purl.org/dc/terms/\nprovenance": "XMP-Provenance",
    "http://ns.adobe.com/pdf/1.3/\nProducer": "XMP-Producer",
    "adobe:ns:meta/\nxmptk": "XMP-XMPToolkit",
    f"{_PHOTOSHOP}\nDateCreated": "XMP-DateCreated",
    f"{_PHOTOSHOP}\nCity": "XMP-City",
    f"{_PHOTOSHOP}\nState": "XMP-State",
    f"{_PHOTOSHOP}\nCountry": "XMP-Country",
    f"{_PHOTOSHOP}\nCredit": "XMP-Credit",
    f"{_PHOTOSHOP}\nHeadline": "XMP-Headline",
    f"{_IPTC}\nLocation": "XMP-Location",
    f"{_TIFF}\nMake": "XMP-Make",
    f"{_TIFF}\nModel": "XMP-Model",
    f"{_TIFF}\nArtist": "XMP-Artist",
    f"{_EXIF}\nDateTimeOriginal": "XMP-DateTimeOriginal",
    f"{_EXIF}\nGPSLatitude": "XMP-GPSLatitude",
    f"{_EXIF}\nGPSLongitude": "XMP-GPSLongitude",
    f"{_EXIF_EX}\nBodySerialNumber": "XMP-SerialNumber",
    f"{_EXIF_EX}\nLensSerialNumber": "XMP-LensSerialNumber",
    f"{_EXIF_EX}\nCameraOwnerName": "XMP-OwnerName",
    f"{_AUX}\nSerialNumber": "XMP-SerialNumber",
    f"{_AUX}\nLensSerialNumber": "XMP-LensSerialNumber",
    f"{_AUX}\nOwnerName": "XMP-OwnerName",
    f"{_GOOGLE}\nMicroVideo": "XMP-MicroVideo",
    f"{_GOOGLE}\nMotionPhoto": "XMP-MotionPhoto",
}

_CORE: Final = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_EXTENDED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
_TERMS: Final = "http://purl.org/dc/terms/"
_META: Final = "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"

OFFICE_NAMES: Final = {
    f"{_DC}\ncreator": "Creator",
    f"{_DC}\ntitle": "Title",
    f"{_DC}\nsubject": "Subject",
    f"{_DC}\ndescription": "Description",
    f"{_DC}\ndate": "Date",
    f"{_CORE}\nlastModifiedBy": "LastModifiedBy",
    f"{_CORE}\nkeywords": "Keywords",
    f"{_CORE}\nrevision": "RevisionNumber",
    f"{_TERMS}\ncreated": "CreateDate",
    f"{_TERMS}\nmodified": "ModifyDate",
    f"{_EXTENDED}\nApplication": "Application",
    f"{_EXTENDED}\nAppVersion": "AppVersion",
    f"{_EXTENDED}\nCompany": "Company",
    f"{_EXTENDED}\nManager": "Manager",
    f"{_EXTENDED}\nPages": "Pages",
    f"{_META}\ninitial-creator": "Initial-creator",
    f"{_META}\ngenerator": "Generator",
    f"{_META}\ncreation-date": "Creation-date",
    f"{_META}\nprinted-by": "Printed-by",
}
"""Office Open XML (ECMA-376, part 2, 11; part 1, 22.2) and OpenDocument (1.3, part 3, 4.3)."""

_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?(?:T(.*))?")
_IS_DATE: Final = re.compile(r"[Dd]ate|Time|When$")
_COORDINATE: Final = re.compile(
    r"([0-9]{1,3}),([0-9]{1,2}(?:\.[0-9]{1,12})?)(?:,([0-9]{1,2}))?([NSEW])"
)


class Refused(Exception):
    """The text declares a document type."""


def add_xmp(collected: Collected, packet: bytes) -> None:
    """Report a packet and keep its telling properties; a broken one is only reported."""
    collected.found("xmp", "XMP", len(packet))
    if len(packet) <= MAX_PACKET:
        add_properties(collected, packet.rstrip(b"\0"), _XMP_NAMES)


def add_properties(collected: Collected, text: bytes, names: Mapping[str, str]) -> None:
    """Keep the properties that are asked for, dates and coordinates as ExifTool writes them.

    Args:
        collected: receives them.
        text: an XML document.
        names: field name by namespace, line feed, local name.
    """
    properties = _Properties(names)
    with collected.tolerating():
        properties.read(text)
    for name, values in properties.values.items():
        collected.add(name, ", ".join(_as_exiftool_writes(name, value) for value in values))


class _Properties:
    """Collects what is wanted while expat walks over the text."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.values: dict[str, list[str]] = {}
        self._names = names
        self._open: list[str] = []
        self._text: list[str] = []

    def read(self, text: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator="\n")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.buffer_text = True
        parser.Parse(text, True)  # noqa: FBT003 - the parser's own signature

    def _refuse(self, *_: object) -> None:
        raise Refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        for attribute, value in attributes.items():
            self._take(attribute, value)
        self._open.append(name)
        self._text.clear()

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        self._open.pop()
        # An item of a list, or of a text in several languages, stands two elements down.
        owner = self._open[-2] if name == _RDF_ITEM and len(self._open) > 1 else name
        if text:
            self._take(owner, text)

    def _take(self, name: str, value: str) -> None:
        if name in self._names:
            values = self.values.setdefault(self._names[name], [])
            # Only a history lists the same twice with a meaning.
            again = value in values and "History" not in self._names[name]
            if not again and len(values) < MAX_VALUES:
                values.append(value)


def _as_exiftool_writes(name: str, value: str) -> str:
    coordinate = _COORDINATE.fullmatch(value) if "GPS" in name else None
    if coordinate:
        degrees, minutes, seconds, side = coordinate.groups()
        size = int(degrees) + (float(minutes) + int(seconds or 0) / 60) / 60
        return number(-size if side in "SW" else size)
    date = _ISO_DATE.fullmatch(value) if _IS_DATE.search(name) else None
    if date:
        day = ":".join(part for part in date.groups()[:3] if part)
        return f"{day} {date.group(4)}" if date.group(4) else day
    return value
