"""Files that unpack to more than anyone has."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from vault.media.metadata import PROBLEMS
from vault.media.reader import MetadataReader


@pytest.fixture(scope="module")
def reader():
    with MetadataReader() as reader:
        yield reader


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width, height, *chunks):
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + pixels


def test_picture_of_many_pixels_is_not_opened(reader):
    found = reader.read_bytes(huge_png(60_000, 60_000))
    assert (found.media_type, found.problem) == ("image/png", PROBLEMS["too-large"])


def test_picture_of_a_good_phone_is_opened(reader):
    found = reader.read_bytes(huge_png(16_320, 12_240))
    assert (found.fields["ImageWidth"], found.problem) == ("16320", None)


def test_compressed_text_in_a_picture_is_bounded(reader):
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9))
    found = reader.read_bytes(huge_png(10, 10, bomb))
    assert found.media_type == "image/png"
    assert all(len(text) <= 4096 for text in found.fields.values())


def test_archive_that_unpacks_to_gigabytes_is_only_counted(reader):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open("a", "w") as member:
        for _ in range(64):
            member.write(bytes(1 << 20))
    found = reader.read_bytes(out.getvalue())
    assert (found.fields, found.problem) == ({"ZipFileCount": "1"}, None)


def test_properties_that_unpack_to_megabytes_are_not_read(reader):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "")
        file.writestr("word/document.xml", "")
        file.writestr("docProps/core.xml", bytes(32 << 20))
    found = reader.read_bytes(out.getvalue())
    assert found.media_type.endswith("wordprocessingml.document")
    assert found.problem == PROBLEMS["too-large"]


def test_archive_of_many_names_is_counted(reader):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for number in range(20_000):
            file.writestr(f"{number}", b"")
    assert reader.read_bytes(out.getvalue()).fields == {"ZipFileCount": "20000"}


@pytest.mark.parametrize("brackets", [b"[", b"<</A"])
def test_deeply_nested_document_costs_metadata_only(reader, brackets):
    nested = b"%PDF-1.7\n1 0 obj\n" + brackets * 100_000 + b"\nendobj\ntrailer\n<</Root 1 0 R>>\n"
    found = reader.read_bytes(nested + b"startxref\n9\n%%EOF")
    assert found.media_type == "application/pdf"
    assert found.problem is not None


def test_document_whose_tables_name_each_other_ends(reader):
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Prev 9>>\nstartxref\n9\n%%EOF"
    found = reader.read_bytes(b"%PDF-1.7\n" + table)
    assert found.media_type == "application/pdf"
    assert found.problem is not None


def test_film_of_boxes_within_boxes_ends(reader):
    content = b""
    for _ in range(5000):
        content = (len(content) + 8).to_bytes(4, "big") + b"moov" + content
    found = reader.read_bytes(b"\0\0\0\x10ftypmp42\0\0\0\0" + content)
    assert found.media_type == "video/mp4"


def test_sound_of_many_chunks_ends(reader):
    found = reader.read_bytes(b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 100_000)
    assert found.media_type == "audio/x-wav"
    assert found.problem is not None


def test_entities_in_xmp_are_not_expanded(reader, pdf):
    laughs = b"".join(b"<!ENTITY a%d '%s'>" % (i + 1, b"&a%d;" % i * 10) for i in range(9))
    bomb = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + laughs + b"]><x>&a9;</x>"
    item = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bomb)
    found = reader.read_bytes(huge_png(10, 10, item))
    assert found.problem == PROBLEMS["damaged"]
