from __future__ import annotations

import pytest

from vault.media import inspection
from vault.media.media_type import EXTENSIONS, HEAD, extension_for, sniff

HEADS = [
    (b"\xff\xd8\xff\xe0", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", ".webp"),
    (b"II*\0", "image/tiff", ".tif"),
    (b"MM\0*", "image/tiff", ".tif"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic", ".heic"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic", ".heic"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif", ".avif"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4", ".mp4"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime", ".mov"),
    (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime", ".mov"),
    (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "video/3gpp", ".3gp"),
    (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4", ".m4a"),
    (b"RIFF\0\0\0\0WAVEfmt ", "audio/x-wav", ".wav"),
    (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", ".avi"),
    (b"ID3\x04\0", "audio/mpeg", ".mp3"),
    (b"\xff\xfb\x90\x64", "audio/mpeg", ".mp3"),
    (b"\xff\xf1\x50\x80", "audio/aac", ".aac"),
    (b"#!AMR\n", "audio/amr", ".amr"),
    (b"OggS" + bytes(24) + b"\x01vorbis", "audio/ogg", ".ogg"),
    (b"OggS" + bytes(24) + b"OpusHead", "audio/opus", ".opus"),
    (b"OggS" + bytes(24) + b"\x80theora", "video/ogg", ".ogv"),
    (b"fLaC\0\0\0\x22", "audio/flac", ".flac"),
    (b"\x1aE\xdf\xa3\x93B\x82\x84webm", "video/webm", ".webm"),
    (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", "video/x-matroska", ".mkv"),
    (b"%PDF-1.7\n", "application/pdf", ".pdf"),
    (b"junk before\n%PDF-1.4", "application/pdf", ".pdf"),
    (b"PK\3\4" + bytes(22) + b"\5\0\0\0a.txt", "application/zip", ".zip"),
    (b"PK\5\6" + bytes(18), "application/zip", ".zip"),
    (
        b"PK\3\4" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
        "application/vnd.oasis.opendocument.text",
        ".odt",
    ),
    (b"PK\3\4" + bytes(26) + b"[Content_Types].xml PK\3\4 word/document.xml", None, ".docx"),
    (b"PK\3\4" + bytes(26) + b"[Content_Types].xml PK\3\4 xl/workbook.xml", None, ".xlsx"),
    (b"PK\3\4" + bytes(26) + b"[Content_Types].xml PK\3\4 ppt/slide.xml", None, ".pptx"),
    (b"{\\rtf1\\ansi", "text/rtf", ".rtf"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le"),
        "application/msword",
        ".doc",
    ),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", ".ole"),
    (b"BM" + bytes(12) + b"\x28\0\0\0", "image/bmp", ".bmp"),
    (b"  <!doctype HTML>", "text/html", ".html"),
    (b"\xef\xbb\xbf<?xml version='1.0'?><html>", "text/html", ".html"),
    ("سلام".encode(), "text/plain", ".txt"),
    ("سلام".encode("utf-16"), "text/plain", ".txt"),
    (b"1 < 2 <html", "text/plain", ".txt"),
    ("ا".encode() * (HEAD // 2 - 1) + b"a" + "ا".encode()[:1], "text/plain", ".txt"),
    (b"\xd8", "application/octet-stream", ".bin"),
    (b"", "application/octet-stream", ".bin"),
    (bytes(64), "application/octet-stream", ".bin"),
    (b"BM is a town", "text/plain", ".txt"),
    (b"\xff\xff\xff\xff", "application/octet-stream", ".bin"),
]


@pytest.mark.parametrize(("head", "media_type", "extension"), HEADS)
def test_first_bytes_tell_the_type(head, media_type, extension):
    found = sniff(head)
    assert media_type in {found, None}
    assert extension == extension_for(found)


def test_every_answer_has_an_extension():
    assert {sniff(head) for head, _, _ in HEADS} <= EXTENSIONS.keys()
    assert inspection._READERS.keys() <= EXTENSIONS.keys()


def test_unknown_type_has_no_special_extension():
    assert extension_for("application/x-unheard-of") == ".bin"


def test_many_comments_before_html_cost_no_time():
    assert sniff(b"<!---->" * 9000) == "text/plain"
