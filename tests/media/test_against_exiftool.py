"""Real files: every field that the reader gives is what ExifTool shows.

The expected values were written down from `exiftool -n -a -G1` 12.57 (Debian 12), not from
the reader. Names are ExifTool's, those from XMP with `XMP-` before them; coordinates are
those of its composite tags, which carry the sign.

One value is not ExifTool's: it divides the size of the whole WAV file, its manifest
included, by the byte rate (33.9675 s), where the sound itself lasts 33.529625 s. Without
`-n` both are shown as 0:00:34.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.media.metadata import PROBLEMS
from vault.media.reader import MetadataReader

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason=f"{SAMPLES} is not here: NOT COMPARED with ExifTool on real files",
)

EXPECTED = {
    "c2pa-audio.wav": (
        "audio/x-wav",
        {
            "Album": "YouTube Audio Library",
            "Artist": "Kevin MacLeod",
            "BitsPerSample": "16",
            "Duration": "33.529625",
            "Genre": "Cinematic",
            "NumChannels": "2",
            "Product": "YouTube Audio Library",
            "SampleRate": "8000",
            "Title": "Impact Moderato",
        },
    ),
    "c2pa-bad-signature.jpg": ("image/jpeg", {"ImageHeight": "683", "ImageWidth": "1024"}),
    "c2pa-document.pdf": (
        "application/pdf",
        {
            "CreateDate": "2023:11:27 23:09:22+05:30",
            "Creator": "Adobe Express",
            "ModifyDate": "2023:11:27 23:09:25+05:30",
            "PDFVersion": "1.7",
            "PageCount": "1",
            "Producer": "Adobe Express",
            "Title": "Untitled - November 15, 2023 at 11.42.21",
            "XMP-CreateDate": "2023:11:27 23:09:22+05:30",
            "XMP-CreatorTool": "Adobe Express",
            "XMP-DocumentID": "uuid:1451f3b4-f62b-df4a-a252-b1839d620dfd",
            "XMP-InstanceID": "uuid:f1803c06-4bd9-7d46-a504-59b7c0981bae",
            "XMP-MetadataDate": "2023:11:27 23:09:25+05:30",
            "XMP-ModifyDate": "2023:11:27 23:09:25+05:30",
            "XMP-Producer": "Adobe Express",
            "XMP-Title": "Untitled - November 15, 2023 at 11.42.21",
            "XMP-XMPToolkit": "Adobe XMP Core 9.1-c001 79.a8d4753, 2023/03/23-08:56:37",
        },
    ),
    "c2pa-good.jpg": ("image/jpeg", {"ImageHeight": "1365", "ImageWidth": "2048"}),
    "c2pa-video.mp4": (
        "video/mp4",
        {
            "AudioChannels": "2",
            "AudioFormat": "mp4a",
            "AudioSampleRate": "48000",
            "CompressorID": "avc1",
            "CreateDate": "2022:08:08 21:49:00",
            "Duration": "2.02666666666667",
            "ImageHeight": "1280",
            "ImageWidth": "720",
            "MajorBrand": "mp42",
            "ModifyDate": "2022:08:08 21:49:00",
            "Rotation": "0",
            "XMP-CreateDate": "2022:08:08 21:49Z",
            "XMP-DocumentID": "c6a9bd1c-667b-2eb1-9b13-11d100000049",
            "XMP-HistorySoftwareAgent": "Adobe Premiere Rush (Macintosh), Adobe "
            "Premiere Rush (Macintosh), Adobe Premiere "
            "Rush (Macintosh)",
            "XMP-HistoryWhen": "2022:08:08 17:49-04:00, 2022:08:08 17:49-04:00, "
            "2022:08:08 17:49-04:00",
            "XMP-InstanceID": "xmp.iid:a385def5-3207-4f7f-bb7e-588875cd7af5",
            "XMP-MetadataDate": "2022:08:08 17:49-04:00",
            "XMP-ModifyDate": "2022:08:08 21:49Z",
            "XMP-OriginalDocumentID": "xmp.did:1f392682-9b12-45ca-ae61-513a3b5a9872",
            "XMP-Provenance": (
                "self#jumbf=/c2pa/urn:uuid:54281c07-ad34-430e-bea5-112a18facf0b/c2pa.claim"
            ),
            "XMP-XMPToolkit": "XMP Core 6.0.0",
        },
    ),
    "photo-gps.jpg": (
        "image/jpeg",
        {
            "ColorSpace": "1",
            "CreateDate": "2008:10:22 16:28:39",
            "CustomRendered": "0",
            "DateTimeOriginal": "2008:10:22 16:28:39",
            "DigitalZoomRatio": "0",
            "ExifImageHeight": "480",
            "ExifImageWidth": "640",
            "ExifVersion": "0220",
            "ExposureCompensation": "0",
            "ExposureMode": "0",
            "ExposureProgram": "2",
            "ExposureTime": "0.01333333333",
            "FNumber": "5.9",
            "Flash": "16",
            "FocalLength": "24",
            "FocalLengthIn35mmFormat": "112",
            "GPSDateStamp": "2008:10:23",
            "GPSLatitude": "43.4674483333333",
            "GPSLongitude": "11.8851266666639",
            "GPSMapDatum": "WGS-84",
            "GPSSatellites": "06",
            "GPSTimeStamp": "14:27:07.24",
            "ISO": "64",
            "ImageHeight": "480",
            "ImageWidth": "640",
            "LightSource": "0",
            "Make": "NIKON",
            "MaxApertureValue": "2.73208051350879",
            "MeteringMode": "5",
            "Model": "COOLPIX P6000",
            "ModifyDate": "2008:11:01 21:15:07",
            "Orientation": "1",
            "ResolutionUnit": "2",
            "SceneCaptureType": "0",
            "Software": "Nikon Transfer 1.1 W",
            "WhiteBalance": "0",
            "XMP-XMPToolkit": "Public XMP Toolkit Core 3.5",
            "XResolution": "300",
            "YResolution": "300",
        },
    ),
    "photo-phone.heic": (
        "image/heic",
        {
            "ApertureValue": "1.79999999993144",
            "BrightnessValue": "7.112198201",
            "ColorSpace": "65535",
            "CreateDate": "2021:04:11 15:47:53",
            "DateTimeOriginal": "2021:04:11 15:47:53",
            "ExifImageHeight": "3024",
            "ExifImageWidth": "4032",
            "ExifVersion": "0232",
            "ExposureCompensation": "0",
            "ExposureMode": "0",
            "ExposureProgram": "2",
            "ExposureTime": "0.002557544757",
            "FNumber": "1.8",
            "Flash": "16",
            "FocalLength": "4.25",
            "FocalLengthIn35mmFormat": "26",
            "GPSAltitude": "260.5606383",
            "GPSDestBearing": "348.0553285",
            "GPSDestBearingRef": "M",
            "GPSHPositioningError": "38.81300435",
            "GPSImgDirection": "348.0553285",
            "GPSImgDirectionRef": "M",
            "GPSLatitude": "39.0513444444444",
            "GPSLongitude": "-94.2887722222222",
            "GPSSpeed": "0.5122973324",
            "GPSSpeedRef": "K",
            "HostComputer": "iPhone 11 Pro Max",
            "ISO": "32",
            "ImageHeight": "3313",
            "ImageWidth": "2566",
            "LensInfo": "1.539999962 6 1.8 2.4",
            "LensMake": "Apple",
            "LensModel": "iPhone 11 Pro Max back triple camera 4.25mm f/1.8",
            "Make": "Apple",
            "MeteringMode": "5",
            "Model": "iPhone 11 Pro Max",
            "ModifyDate": "2021:04:11 15:47:53",
            "OffsetTime": "-05:00",
            "OffsetTimeDigitized": "-05:00",
            "OffsetTimeOriginal": "-05:00",
            "ResolutionUnit": "2",
            "SceneCaptureType": "0",
            "ShutterSpeedValue": "0.00255500000619703",
            "Software": "14.4.2",
            "SubSecTimeDigitized": "054",
            "SubSecTimeOriginal": "054",
            "SubjectArea": "2002 1505 2213 1324",
            "WhiteBalance": "0",
            "XMP-CreateDate": "2021:04:11 15:47:53",
            "XMP-CreatorTool": "14.4.2",
            "XMP-DateCreated": "2021:04:11 15:47:53",
            "XMP-ModifyDate": "2021:04:11 15:47:53",
            "XMP-XMPToolkit": "XMP Core 6.0.0",
            "XResolution": "72",
            "YResolution": "72",
        },
    ),
    "photo-phone.jpg": (
        "image/jpeg",
        {
            "ApertureValue": "2.2000000590909",
            "BrightnessValue": "5.279122542",
            "ColorSpace": "1",
            "CreateDate": "2015:04:10 20:12:23",
            "CustomRendered": "3",
            "DateTimeOriginal": "2015:04:10 20:12:23",
            "DigitalZoomRatio": "1.971014493",
            "ExifImageHeight": "2448",
            "ExifImageWidth": "3264",
            "ExifVersion": "0221",
            "ExposureCompensation": "0",
            "ExposureMode": "0",
            "ExposureProgram": "2",
            "ExposureTime": "0.025",
            "FNumber": "2.2",
            "Flash": "16",
            "FocalLength": "4.15",
            "FocalLengthIn35mmFormat": "57",
            "GPSAltitude": "639.6111111",
            "GPSDateStamp": "2015:04:10",
            "GPSDestBearing": "31.2013245",
            "GPSDestBearingRef": "T",
            "GPSImgDirection": "211.2013423",
            "GPSImgDirectionRef": "T",
            "GPSLatitude": "40.4469722222222",
            "GPSLongitude": "-3.72475277777778",
            "GPSSpeed": "0",
            "GPSSpeedRef": "K",
            "GPSTimeStamp": "18:12:23.06",
            "ISO": "32",
            "ImageHeight": "2448",
            "ImageWidth": "3264",
            "LensInfo": "4.15 4.15 2.2 2.2",
            "LensMake": "Apple",
            "LensModel": "iPhone 6 back camera 4.15mm f/2.2",
            "Make": "Apple",
            "MeteringMode": "3",
            "Model": "iPhone 6",
            "ModifyDate": "2015:04:10 20:12:23",
            "Orientation": "1",
            "ResolutionUnit": "2",
            "SceneCaptureType": "0",
            "ShutterSpeedValue": "0.0249939913594565",
            "Software": "8.3",
            "SubSecTimeDigitized": "550",
            "SubSecTimeOriginal": "550",
            "SubjectArea": "1754 1356 612 607",
            "WhiteBalance": "0",
            "XResolution": "72",
            "YResolution": "72",
        },
    ),
    "photo-small.jpg": (
        "image/jpeg",
        {
            "ApertureValue": "7.0250086414932",
            "ColorSpace": "1",
            "CreateDate": "2008:05:30 15:56:01",
            "CustomRendered": "0",
            "DateTimeOriginal": "2008:05:30 15:56:01",
            "ExifImageHeight": "68",
            "ExifImageWidth": "100",
            "ExifVersion": "0221",
            "ExposureCompensation": "0",
            "ExposureMode": "1",
            "ExposureProgram": "1",
            "ExposureTime": "0.00625",
            "FNumber": "7.1",
            "Flash": "9",
            "FocalLength": "135",
            "FocalPlaneResolutionUnit": "2",
            "FocalPlaneXResolution": "4438.356164",
            "FocalPlaneYResolution": "4445.969125",
            "GPSVersionID": "2 2 0 0",
            "ISO": "100",
            "ImageHeight": "68",
            "ImageWidth": "100",
            "Make": "Canon",
            "MeteringMode": "5",
            "Model": "Canon EOS 40D",
            "ModifyDate": "2008:07:31 10:38:11",
            "Orientation": "1",
            "ResolutionUnit": "2",
            "SceneCaptureType": "0",
            "ShutterSpeedValue": "0.00602426103674977",
            "Software": "GIMP 2.4.5",
            "SubSecTime": "00",
            "SubSecTimeDigitized": "00",
            "SubSecTimeOriginal": "00",
            "WhiteBalance": "0",
            "XResolution": "72",
            "YResolution": "72",
        },
    ),
}


@pytest.fixture(scope="module")
def reader():
    with MetadataReader() as reader:
        yield reader


@pytest.mark.parametrize("name", EXPECTED)
def test_sound_sample_says_what_exiftool_shows(reader, name):
    media_type, fields = EXPECTED[name]
    found = reader.read(SAMPLES / name)
    assert found.problem is None
    assert found.media_type == media_type
    assert found.fields == fields


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("photo-corrupted.jpg", "image/jpeg"),
        ("photo-invalid-exif.jpg", "image/jpeg"),
        ("proofmode-bad-signature.zip", "application/zip"),
        ("proofmode-good.zip", "application/zip"),
        ("README.md", "text/plain"),
    ],
)
def test_other_samples_cost_nothing_but_metadata(reader, name, media_type):
    found = reader.read(SAMPLES / name)
    assert found.media_type == media_type
    assert found.problem in {None, PROBLEMS["damaged"]}
    assert reader.read(SAMPLES / "photo-small.jpg").fields["Make"] == "Canon"


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        (
            "photo-gps.jpg",
            {"location", "device", "software", "time", "maker-note", "preview", "xmp"},
        ),
        ("photo-phone.heic", {"location", "device", "software", "time", "maker-note", "xmp"}),
        ("c2pa-good.jpg", {"provenance"}),
        ("c2pa-audio.wav", {"provenance", "person", "text"}),
        (
            "c2pa-video.mp4",
            {"provenance", "software", "time", "identifier", "xmp"},
        ),
        (
            "c2pa-document.pdf",
            {"provenance", "software", "time", "identifier", "xmp", "text", "person", "embedded"},
        ),
        ("proofmode-good.zip", {"embedded"}),
    ],
)
def test_bytes_give_away(reader, name, kinds):
    assert kinds == {finding.kind for finding in reader.read(SAMPLES / name).revealing}
