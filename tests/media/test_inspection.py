from __future__ import annotations

import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from media.making import read
from vault.media.collected import BUDGET, MAX_VALUE, Collected
from vault.media.inspection import inspect_path
from vault.media.metadata import GIVEN_AWAY, PROBLEMS
from vault.media.protocol import encode_answer, parse_answer


def kinds(metadata, kind):
    return {finding.field: finding.value for finding in metadata.revealing if finding.kind == kind}


PHOTO = {
    "Make": "Maker",
    "Model": "Phone 7",
    "Orientation": "6",
    "Artist": "نام",
    "DateTimeOriginal": "2026:03:04 10:15:30",
    "OffsetTimeOriginal": "+04:30",
    "ExposureTime": "0.3333333333",
    "SerialNumber": "BODY-123",
    "LensSerialNumber": "LENS-456",
    "GPSLatitude": "34.525",
    "GPSLongitude": "-69.175",
    "GPSAltitude": "-1790.5",
    "GPSTimeStamp": "05:45:07.25",
    "ImageWidth": "24",
    "ImageHeight": "16",
}


def test_photo_says_who_where_when_and_with_what(jpeg):
    found = read(jpeg)
    assert found.media_type == "image/jpeg"
    assert found.problem is None
    assert found.fields.items() >= PHOTO.items()
    assert found.fields["UserComment"] == "کابل"
    assert found.fields["Comment"] == "said here"
    assert found.fields["XMP-Creator"] == "Person A, Person B"
    assert found.fields["XMP-GPSLatitude"] == "-34.525"
    assert kinds(found, "serial-number") == {
        "SerialNumber": "BODY-123",
        "LensSerialNumber": "LENS-456",
    }
    assert kinds(found, "location").keys() == {
        "GPSLatitude",
        "GPSLongitude",
        "GPSAltitude",
        "GPSTimeStamp",
        "XMP-GPSLatitude",
    }
    assert kinds(found, "person") == {"Artist": "نام", "XMP-Creator": "Person A, Person B"}
    assert kinds(found, "device") == {"Make": "Maker", "Model": "Phone 7"}
    assert kinds(found, "software") == {"XMP-CreatorTool": "Tool 2", "XMP-XMPToolkit": "Toolkit 1"}
    assert kinds(found, "xmp").keys() == {"XMP"}


def test_picture_without_pixels_is_not_decoded(png):
    # The compressed pixels are gone: a reader that decodes them would fail.
    start = png.index(b"IDAT")
    found = read(png[: start + 4])
    assert found.fields.items() >= PHOTO.items()
    assert found.fields["PNG-Author"] == "Person C"
    assert kinds(found, "person").keys() == {"Artist", "PNG-Author"}


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("HEIF", "image/heic"),
        ("AVIF", "image/avif"),
    ],
)
def test_other_pictures_say_the_same(form, media_type, photo_exif):
    out = io.BytesIO()
    try:
        Image.new("RGB", (24, 16)).save(out, form, exif=photo_exif)
    except (OSError, KeyError):
        pytest.skip(f"this Pillow does not write {form}")
    found = read(out.getvalue())
    assert found.media_type == media_type
    assert found.problem is None
    # Pillow writes no further directories into a TIFF.
    names = ["Make", "ImageWidth", "ImageHeight"]
    names += [] if form == "TIFF" else ["SerialNumber", "GPSLatitude"]
    wanted = {name: PHOTO[name] for name in names}
    assert found.fields.items() >= wanted.items()


def test_thumbnail_and_maker_note_are_told():
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x927C] = b"notes of the maker"
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=tags)
    assert kinds(read(out.getvalue()), "maker-note") == {"MakerNote": "18"}


def test_sound_says_who_and_with_what(sound):
    found = read(sound)
    assert found.media_type == "audio/x-wav"
    assert found.problem is None
    assert found.fields == {
        "Artist": "Person D",
        "Software": "Tool 3",
        "SampleRate": "8000",
        "NumChannels": "2",
        "BitsPerSample": "16",
        "Duration": "1.5",
    }
    assert kinds(found, "provenance") == {"C2PA": "4"}
    assert kinds(found, "person") == {"Artist": "Person D"}


def test_film_says_where_when_and_with_what(film):
    found = read(film)
    assert found.media_type == "video/mp4"
    assert found.problem is None
    assert (
        found.fields.items()
        >= {
            "MajorBrand": "isom",
            "CreateDate": "2026:03:04 05:15:00",
            "ModifyDate": "2026:03:04 05:16:00",
            "Duration": "2.5",
            "ImageWidth": "1920",
            "ImageHeight": "1080",
            "Rotation": "90",
            "CompressorID": "hvc1",
            "AudioFormat": "mp4a",
            "AudioChannels": "1",
            "AudioSampleRate": "44100",
            "GPSLatitude": "34.525",
            "GPSLongitude": "69.1783",
            "Model": "Phone 7",
        }.items()
    )
    assert kinds(found, "location").keys() >= {"GPSLatitude", "GPSLongitude"}
    assert kinds(found, "provenance") == {"C2PA": "20"}


def test_document_says_who_and_with_what(pdf):
    found = read(pdf)
    assert found.media_type == "application/pdf"
    assert found.problem is None
    assert (
        found.fields.items()
        >= {
            "PageCount": "2",
            "Title": "عنوان",
            "Author": "Person E",
            "Producer": "Tool 4",
            "CreateDate": "2026:03:04 10:15:30+04:30",
        }.items()
    )
    assert kinds(found, "person") == {"Author": "Person E"}


def test_archive_is_counted_only(archive):
    found = read(archive)
    assert found.media_type == "application/zip"
    assert found.fields == {"ZipFileCount": "3"}
    assert kinds(found, "embedded") == {"ZipFileCount": "3"}


def test_office_document_says_who_wrote_it(office):
    found = read(office)
    assert found.media_type.endswith("wordprocessingml.document")
    assert kinds(found, "person") == {"Creator": "Person F", "LastModifiedBy": "Person G"}
    assert found.fields["CreateDate"] == "2026:03:04 10:15:30Z"


def test_text_says_nothing_of_itself():
    found = read("سلام\n".encode())
    assert (found.media_type, found.fields, found.revealing) == ("text/plain", {}, ())


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"{\\rtf1}", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_cannot_be_read_here_is_told(content):
    assert kinds(read(content), "unread").keys() == {"Properties"}


def test_document_type_in_xmp_is_refused(jpeg):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=bomb)
    found = read(out.getvalue())
    assert found.problem == PROBLEMS["damaged"]
    assert kinds(found, "xmp") == {"XMP": str(len(bomb))}


def test_long_values_are_cut_and_control_characters_kept():
    tags = Image.Exif()
    tags[0x010E] = "\x1b[31m" + "a" * 9000
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=tags)
    text = read(out.getvalue()).fields["ImageDescription"]
    assert len(text) == MAX_VALUE
    assert text.startswith("\x1b[31ma")
    assert text.endswith("…")


def test_all_values_together_stay_within_an_answer():
    collected = Collected()
    for number in range(1000):
        collected.add(f"Name{number}", "\U0001f600" * MAX_VALUE)
        collected.found("text", f"Name{number}", "\x00" * MAX_VALUE + "end")
    raw = encode_answer(collected)[4:]
    assert len(raw) < BUDGET + 60_000
    assert parse_answer(raw).fields == collected.fields


@pytest.mark.parametrize("place", ["folder", "pipe", "missing", "a\0b", "/dev/zero"])
def test_only_regular_files_are_opened(tmp_path, place):
    (tmp_path / "folder").mkdir()
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    collected = Collected()
    inspect_path(os.path.join(tmp_path, place), collected)
    assert collected.problem == "unreadable"


@pytest.mark.parametrize("name", ["jpeg", "png", "sound", "film", "pdf", "archive", "office"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_costs_metadata_only(request, name, data):
    content = bytearray(request.getfixturevalue(name))
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = read(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert {finding.kind for finding in found.revealing} <= GIVEN_AWAY.keys()
