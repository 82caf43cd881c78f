"""Small files of many kinds, made here, so that the tests need nothing from outside."""

from __future__ import annotations

import io
import wave
import zipfile

import pypdf
import pytest
from PIL import Image, PngImagePlugin
from pypdf.generic import NameObject, TextStringObject

from media.making import XMP, box, exif, picture, u32


@pytest.fixture
def photo_exif() -> Image.Exif:
    return exif()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return picture("JPEG", exif=exif(), xmp=XMP, comment=b"said here")


@pytest.fixture(scope="session")
def png() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Person C")
    return picture("PNG", exif=exif(), pnginfo=text)


@pytest.fixture(scope="session")
def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(4 * 12000))
    info = b"INFO" + b"IART\x09\0\0\0Person D\0\0" + b"ISFT\x06\0\0\0Tool 3"
    raw = out.getvalue() + b"LIST" + len(info).to_bytes(4, "little") + info
    raw += b"C2PA\x04\0\0\0abcd"
    return raw[:4] + (len(raw) - 8).to_bytes(4, "little") + raw[8:]


@pytest.fixture(scope="session")
def pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_blank_page(100, 100)
    writer.add_metadata(
        {
            "/Title": "عنوان",
            "/Author": "Person E",
            "/Producer": "Tool 4",
            "/CreationDate": "D:20260304101530+04'30'",
        }
    )
    writer.root_object[NameObject("/Lang")] = TextStringObject("fa-AF")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture(scope="session")
def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in ("a.txt", "../b.txt", "folder/c.txt"):
            file.writestr(name, "content")
    return out.getvalue()


@pytest.fixture(scope="session")
def office() -> bytes:
    core = (
        '<cp:coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:cp="http://schemas.openxmlformats.org'
        '/package/2006/metadata/core-properties"><dc:creator>Person F</dc:creator>'
        "<cp:lastModifiedBy>Person G</cp:lastModifiedBy>"
        "<dcterms:created>2026-03-04T10:15:30Z</dcterms:created></cp:coreProperties>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", "<w/>")
        file.writestr("docProps/core.xml", core)
    return out.getvalue()


@pytest.fixture(scope="session")
def film() -> bytes:
    """A film of 2.5 s, 1920 × 1080 turned by 90°, with Android's and Apple's places."""
    mvhd = box(b"mvhd", u32(0, 3_855_446_100, 3_855_446_160, 600, 1500), bytes(80))
    turned = u32(0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    tkhd = box(b"tkhd", bytes(40), turned, u32(1920 << 16, 1080 << 16))
    hdlr = box(b"hdlr", bytes(8), b"vide", bytes(13))
    stsd = box(b"stsd", u32(0, 1), box(b"hvc1", bytes(70)))
    video = box(b"trak", tkhd, box(b"mdia", hdlr, box(b"minf", box(b"stbl", stsd))))
    entry = box(b"mp4a", bytes(16), b"\0\1\0\x10", bytes(4), u32(44100 << 16))
    stsd = box(b"stsd", u32(0, 1), entry)
    hdlr = box(b"hdlr", bytes(8), b"soun", bytes(13))
    mdhd = box(b"mdhd", u32(0, 0, 0, 44100, 110250, 0))
    audio = box(b"trak", box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", stsd))))
    place = b"+34.5250+069.1783/"
    udta = box(b"udta", box(b"\xa9xyz", len(place).to_bytes(2, "big"), b"\x15\xc7", place))
    names = (b"com.apple.quicktime.model", b"com.apple.quicktime.location.ISO6709")
    values = (b"Phone 7", b"+01.0000+002.0000+0003/")
    keys = box(b"keys", u32(0, 2), *(box(b"mdta", name) for name in names))
    items = (
        box(u32(number), box(b"data", u32(1, 0), value)) for number, value in enumerate(values, 1)
    )
    meta = box(b"meta", box(b"hdlr", bytes(24)), keys, box(b"ilst", *items))
    c2pa = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), bytes(20))
    moov = box(b"moov", mvhd, video, audio, udta, meta)
    return box(b"ftyp", b"isom", u32(512), b"isommp41") + c2pa + moov + box(b"mdat", bytes(9))
