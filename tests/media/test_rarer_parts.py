"""Places where few files carry something, and where it matters most when they do."""

from __future__ import annotations

import io
import zipfile

import pypdf
import pytest
from PIL import Image, PngImagePlugin
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

from media.making import XMP, box, read, u32
from vault.media.metadata import PROBLEMS, Finding


def movie(*boxes, brand=b"mp42"):
    return box(b"ftyp", brand, bytes(4)) + b"".join(boxes)


def syncsafe(number):
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def id3(*frames):
    body = b"".join(name + len(data).to_bytes(4, "big") + b"\0\0" + data for name, data in frames)
    return b"ID3\3\0\0" + syncsafe(len(body)) + body


def test_song_says_who_and_shows_a_picture():
    tags = id3(
        (b"TPE1", b"\0Person A"),
        (b"TIT2", b"\0Title"),
        (b"TENC", b"\0Person B"),
        (b"COMM", b"\0eng\0said here"),
        (b"APIC", b"\0image/png\0\3\0" + b"x" * 77),
        (b"GEOB", b"\0application/x\0name\0text\0" + b"12345"),
    )
    # 40 frames of MPEG 1 layer III, 128 kbit/s, 44100 Hz, joint stereo.
    frames = (b"\xff\xfb\x90\x64" + bytes(413)) * 40
    found = read(tags + frames)
    assert found.media_type == "audio/mpeg"
    assert found.problem is None
    assert (
        found.fields.items()
        >= {
            "Artist": "Person A",
            "Title": "Title",
            "EncodedBy": "Person B",
            "Comment": "said here",
            "SampleRate": "44100",
            "ChannelMode": "1",
            "AudioBitrate": "128000",
        }.items()
    )
    assert Finding("preview", "Picture", "77") in found.revealing
    assert Finding("embedded", "GeneralEncapsulatedObject", "5") in found.revealing


def flac_block(kind, data, *, last=False):
    return bytes([kind | 128 * last]) + len(data).to_bytes(3, "big") + data


def vorbis_comment(*texts):
    parts = [b"Vendor", *(text.encode() for text in texts)]
    raw = [len(part).to_bytes(4, "little") + part for part in parts]
    return raw[0] + len(texts).to_bytes(4, "little") + b"".join(raw[1:])


def test_lossless_sound_says_who_and_where():
    # 44100 Hz, 2 channels, 16 bits, 88200 samples.
    rates = (44100 << 44 | 1 << 41 | 15 << 36 | 88200).to_bytes(8, "big")
    info = b"\x10\0\x10\0" + bytes(6) + rates + bytes(16)
    comment = vorbis_comment("ARTIST=Person A", "LOCATION=کابل", "ENCODER=Tool")
    picture = u32(3, 9) + b"image/png" + u32(0, 1, 1, 24, 0, 4) + b"data"
    found = read(
        b"fLaC"
        + flac_block(0, info)
        + flac_block(4, comment)
        + flac_block(6, picture, last=True)
        + bytes(64)
    )
    assert found.problem is None
    assert found.fields == {
        "Artist": "Person A",
        "Location": "کابل",
        "Encoder": "Tool",
        "SampleRate": "44100",
        "Channels": "2",
        "BitsPerSample": "16",
        "Duration": "2",
    }
    assert Finding("preview", "Picture", "4") in found.revealing
    assert Finding("location", "Location", "کابل") in found.revealing


def test_field_recorder_says_its_number(sound):
    bext = (
        b"interview".ljust(256, b"\0")
        + b"Recorder 9".ljust(32, b"\0")
        + b"SN-0007".ljust(32, b"\0")
        + b"2026-03-0410:15:30"
        + bytes(10)
        + b"\xab".ljust(64, b"\0")
    )
    found = read(sound + b"bext" + len(bext).to_bytes(4, "little") + bext)
    assert (
        found.fields.items()
        >= {
            "Description": "interview",
            "Originator": "Recorder 9",
            "OriginatorReference": "SN-0007",
            "DateTimeOriginal": "2026:03:04 10:15:30",
        }.items()
    )
    assert Finding("identifier", "UMID", "ab") in found.revealing
    assert Finding("person", "Originator", "Recorder 9") in found.revealing


def test_film_carries_xmp():
    uuid = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)
    found = read(movie(uuid))
    assert found.fields["XMP-CreatorTool"] == "Tool 2"
    assert found.fields["XMP-GPSLatitude"] == "-34.525"


def test_film_of_another_phone_says_where():
    """3GPP TS 26.244, 8.10: longitude, latitude, altitude in sixteenths of two bytes."""
    place = u32(69 << 16, -(34 << 16), (1790 << 16) + 32768)
    loci = box(b"loci", bytes(4), b"\x15\xc7", "کابل".encode() + b"\0", b"\0", place)
    found = read(movie(box(b"moov", box(b"udta", loci)), brand=b"3gp5"))
    assert found.media_type == "video/3gpp"
    assert found.fields == {
        "MajorBrand": "3gp5",
        "LocationInformation": "کابل",
        "GPSLatitude": "-34",
        "GPSLongitude": "69",
        "GPSAltitude": "1790.5",
    }


def test_sound_of_itunes_says_who():
    items = (
        box(kind, box(b"data", u32(1, 0), value))
        for kind, value in ((b"\xa9ART", b"Person A"), (b"\xa9too", b"Tool"), (b"covr", bytes(50)))
    )
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(25)), box(b"ilst", *items))
    found = read(movie(box(b"moov", box(b"udta", meta)), brand=b"M4A "))
    assert found.media_type == "audio/mp4"
    assert found.fields == {"MajorBrand": "M4A", "Artist": "Person A", "Encoder": "Tool"}
    assert Finding("preview", "CoverArt", "50") in found.revealing


def test_film_of_a_camera_says_its_model():
    text = b"Camera 3"
    model = box(b"\xa9mod", len(text).to_bytes(2, "big"), bytes(2), text)
    found = read(movie(box(b"moov", box(b"udta", model)), brand=b"qt  "))
    assert (found.media_type, found.fields["Model"]) == ("video/quicktime", "Camera 3")


def test_film_longer_than_four_gigabytes_is_walked():
    wide = (1).to_bytes(4, "big") + b"free" + (24).to_bytes(8, "big") + bytes(8)
    last = (0).to_bytes(4, "big") + box(b"moov", box(b"mvhd", u32(0, 0, 0, 10, 25)))[4:]
    assert read(movie(wide, last)).fields["Duration"] == "2.5"


def test_long_header_of_a_film_is_read():
    body = b"\1\0\0\0" + b"".join(n.to_bytes(8, "big") for n in (0, 0)) + u32(10)
    mvhd = box(b"mvhd", body, (25).to_bytes(8, "big"))
    assert read(movie(box(b"moov", mvhd))).fields["Duration"] == "2.5"


@pytest.mark.parametrize("place", [b"+1", b"nowhere", b"+.+.", b""])
def test_place_that_is_none_is_left_out(place):
    xyz = box(b"\xa9xyz", len(place).to_bytes(2, "big"), bytes(2), place)
    found = read(movie(box(b"moov", box(b"udta", xyz))))
    assert (found.problem, found.fields) == (None, {"MajorBrand": "mp42"})


def test_agency_picture_says_who_and_where():
    iptc = b"".join(
        b"\x1c\2" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((80, b"Person A"), (90, "کابل".encode()), (25, b"one"), (25, b"two"))
    )
    thumbnail = bytes(28) + b"jpeg"
    resources = b"".join(
        b"8BIM"
        + number.to_bytes(2, "big")
        + b"\0\0"
        + len(data).to_bytes(4, "big")
        + data
        + bytes(len(data) & 1)
        for number, data in ((0x0404, iptc), (1036, thumbnail))
    )
    segment = b"Photoshop 3.0\0" + resources
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    raw = out.getvalue()
    raw = raw[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + raw[2:]
    found = read(raw)
    assert found.problem is None
    assert found.fields["IPTC-By-line"] == "Person A"
    assert found.fields["IPTC-City"] == "کابل"
    assert found.fields["IPTC-Keywords"] == "one, two"
    assert Finding("preview", "PhotoshopThumbnail", "32") in found.revealing


def test_picture_of_several_is_told():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(
        out, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))]
    )
    assert Finding("preview", "PreviewImage", "1") in read(out.getvalue()).revealing


def test_thumbnail_of_a_photo_is_told():
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    tags.get_ifd(1)
    raw = bytearray(b"II*\0\x08\0\0\0" + b"\1\0" + b"\x0f\1\2\0\4\0\0\0ABC\0" + b"\x1a\0\0\0")
    raw += b"\1\0" + b"\2\2\4\0\1\0\0\0\x39\x30\0\0" + bytes(4)
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=b"Exif\0\0" + bytes(raw))
    found = read(out.getvalue())
    assert found.fields["Make"] == "ABC"
    assert Finding("preview", "ThumbnailImage", "12345") in found.revealing


def test_exif_behind_the_pixels_is_found(png):
    start = png.index(b"eXIf") - 4
    end = start + int.from_bytes(png[start : start + 4], "big") + 12
    last = png.index(b"IEND") - 4
    moved = png[:start] + png[end:last] + png[start:end] + png[last:]
    found = read(moved)
    assert found.fields.items() >= {"SerialNumber": "BODY-123", "GPSLatitude": "34.525"}.items()


def test_signed_png_is_told():
    out = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add(b"caBX", b"manifest")
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=text)
    found = read(out.getvalue())
    assert Finding("provenance", "C2PA", "8") in found.revealing


def test_motion_photo_is_told():
    packet = XMP.replace(
        b"xmp:CreatorTool",
        b'xmlns:c="http://ns.google.com/photos/1.0/camera/" c:MotionPhoto="1" xmp:CreatorTool',
    )
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=packet)
    assert Finding("embedded", "XMP-MotionPhoto", "1") in read(out.getvalue()).revealing


def document(**options):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": "Person A"})
    packet = StreamObject()
    packet.set_data(XMP)
    writer.root_object[NameObject("/Metadata")] = writer._add_object(packet)
    file = DictionaryObject(
        {
            NameObject("/F"): TextStringObject("m.c2pa"),
            NameObject("/AFRelationship"): NameObject("/C2PA_Manifest"),
        }
    )
    writer.root_object[NameObject("/AF")] = ArrayObject([file])
    writer.add_attachment("list.txt", b"names")
    if options:
        writer.encrypt(**options)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_document_carries_xmp_attachments_and_a_manifest():
    found = read(document())
    assert found.problem is None
    assert found.fields["XMP-Creator"] == "Person A, Person B"
    assert Finding("provenance", "C2PA", "m.c2pa") in found.revealing
    assert Finding("embedded", "EmbeddedFile", "list.txt") in found.revealing


def test_document_behind_a_password_is_told():
    found = read(document(user_password="x", algorithm="RC4-128"))
    assert found.media_type == "application/pdf"
    assert found.problem == PROBLEMS["encrypted"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D:20260304101530+04'30'", "2026:03:04 10:15:30+04:30"),
        ("D:20260304101530+04'30", "2026:03:04 10:15:30+04:30"),
        ("D:20260304101530Z", "2026:03:04 10:15:30Z"),
        ("D:20260304101530Z00'00'", "2026:03:04 10:15:30Z"),
        ("20260304", "2026:03:04 00:00:00"),
        ("D:2026", "2026:01:01 00:00:00"),
        ("Wednesday", "Wednesday"),
    ],
)
def test_dates_of_documents(text, expected):
    from vault.media.pdf import date_of

    assert date_of(text) == expected


def test_open_document_says_who_and_shows_a_picture():
    meta = (
        '<m:document-meta xmlns:m="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0">'
        "<meta:initial-creator>Person A</meta:initial-creator>"
        "<meta:generator>Tool</meta:generator></m:document-meta>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("meta.xml", meta)
        file.writestr("Thumbnails/thumbnail.png", bytes(66))
    found = read(out.getvalue())
    assert found.media_type == "application/vnd.oasis.opendocument.text"
    assert found.fields["Initial-creator"] == "Person A"
    assert Finding("person", "Initial-creator", "Person A") in found.revealing
    assert Finding("preview", "PreviewImage", "66") in found.revealing


def test_encrypted_office_document_is_told(office):
    # The flag of the member in the central directory.
    at = office.rindex(b"PK\1\2")
    found = read(office[: at + 8] + b"\1" + office[at + 9 :])
    assert found.problem == PROBLEMS["encrypted"]
