"""Parts of which the small files of these tests are made, and the reading of one."""

from __future__ import annotations

import io

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from vault.media.collected import Collected
from vault.media.inspection import inspect_bytes
from vault.media.protocol import encode_answer, parse_answer


def read(content):
    """As it comes out at the other end: through the protocol's own bounds."""
    collected = Collected()
    inspect_bytes(content, collected)
    return parse_answer(encode_answer(collected)[4:])


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Toolkit 1">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Tool 2"'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="34,31.5S">'
    b"<dc:creator><rdf:Seq><rdf:li>Person A</rdf:li><rdf:li>Person B</rdf:li></rdf:Seq>"
    b"</dc:creator>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    tags[0x0110] = "Phone 7"
    tags[0x0112] = 6
    tags[0x013B] = "نام".encode()
    directory = tags.get_ifd(0x8769)
    directory[0x9003] = "2026:03:04 10:15:30"
    directory[0x9011] = "+04:30"
    directory[0x829A] = IFDRational(1, 3)
    directory[0xA431] = "BODY-123"
    directory[0xA435] = "LENS-456"
    directory[0x9286] = b"UNICODE\0" + "کابل".encode("utf-16-le")
    gps = tags.get_ifd(0x8825)
    gps[1] = "N"
    gps[2] = (34.0, 31.0, 30.0)
    gps[3] = "W"
    gps[4] = (69.0, 10.5, 0.0)
    gps[5] = b"\1"
    gps[6] = 1790.5
    gps[7] = (5.0, 45.0, 7.25)
    return tags


def picture(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (24, 16), (200, 10, 10)).save(out, form, **options)
    return out.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big", signed=number < 0) for number in numbers)
