"""EXIF tags: from Pillow's or exifread's values to ExifTool's names and numbers.

Tag numbers and meanings: CIPA DC-008 (Exif 3.0), tables 4 to 17. Only tags of the list are
kept: the untouched bytes are in the vault for everything else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from vault.media.collected import clean, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault.media.collected import Collected

IMAGE_TAGS: Final = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0112: "Orientation",
    0x011A: "XResolution",
    0x011B: "YResolution",
    0x0128: "ResolutionUnit",
    0x0131: "Software",
    0x0132: "ModifyDate",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xC614: "UniqueCameraModel",
    0xC62F: "CameraSerialNumber",
}
"""Tags of the first image directory."""

EXIF_TAGS: Final = {
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8822: "ExposureProgram",
    0x8827: "ISO",
    0x9000: "ExifVersion",
    0x9003: "DateTimeOriginal",
    0x9004: "CreateDate",
    0x9010: "OffsetTime",
    0x9011: "OffsetTimeOriginal",
    0x9012: "OffsetTimeDigitized",
    0x9201: "ShutterSpeedValue",
    0x9202: "ApertureValue",
    0x9203: "BrightnessValue",
    0x9204: "ExposureCompensation",
    0x9205: "MaxApertureValue",
    0x9206: "SubjectDistance",
    0x9207: "MeteringMode",
    0x9208: "LightSource",
    0x9209: "Flash",
    0x920A: "FocalLength",
    0x9214: "SubjectArea",
    0x9286: "UserComment",
    0x9290: "SubSecTime",
    0x9291: "SubSecTimeOriginal",
    0x9292: "SubSecTimeDigitized",
    0xA001: "ColorSpace",
    0xA002: "ExifImageWidth",
    0xA003: "ExifImageHeight",
    0xA20E: "FocalPlaneXResolution",
    0xA20F: "FocalPlaneYResolution",
    0xA210: "FocalPlaneResolutionUnit",
    0xA401: "CustomRendered",
    0xA402: "ExposureMode",
    0xA403: "WhiteBalance",
    0xA404: "DigitalZoomRatio",
    0xA405: "FocalLengthIn35mmFormat",
    0xA406: "SceneCaptureType",
    0xA420: "ImageUniqueID",
    0xA430: "OwnerName",
    0xA431: "SerialNumber",
    0xA432: "LensInfo",
    0xA433: "LensMake",
    0xA434: "LensModel",
    0xA435: "LensSerialNumber",
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
}
"""Tags of the Exif directory."""

GPS_TAGS: Final = {
    0x00: "GPSVersionID",
    0x02: "GPSLatitude",
    0x04: "GPSLongitude",
    0x06: "GPSAltitude",
    0x07: "GPSTimeStamp",
    0x08: "GPSSatellites",
    0x0C: "GPSSpeedRef",
    0x0D: "GPSSpeed",
    0x10: "GPSImgDirectionRef",
    0x11: "GPSImgDirection",
    0x12: "GPSMapDatum",
    0x17: "GPSDestBearingRef",
    0x18: "GPSDestBearing",
    0x1B: "GPSProcessingMethod",
    0x1C: "GPSAreaInformation",
    0x1D: "GPSDateStamp",
    0x1F: "GPSHPositioningError",
}
"""Tags of the GPS directory."""

MAKER_NOTE: Final = 0x927C
THUMBNAIL_LENGTH: Final = 0x0202
C2PA_STORE: Final = 0xCD41

_LATITUDE, _LONGITUDE, _ALTITUDE, _TIME = 0x02, 0x04, 0x06, 0x07
_NEGATIVE: Final = {_LATITUDE: "S", _LONGITUDE: "W", _ALTITUDE: "1"}
_VERSIONS: Final = frozenset({0x9000})
_WITH_CHARSET: Final = frozenset({0x9286, 0x1B, 0x1C})
_UTF_16: Final = range(0x9C9B, 0x9CA0)
_CHARSET_BYTES: Final = 8
_SEXAGESIMAL: Final = 3


def add_image_tags(collected: Collected, tags: Mapping[int, object]) -> None:
    """Fields of the first image directory."""
    for tag, name in IMAGE_TAGS.items():
        if tag in tags:
            collected.add(name, text_of(tag, tags[tag]))
    if C2PA_STORE in tags:
        collected.found("provenance", "C2PA", _length(tags[C2PA_STORE]))


def add_exif_tags(collected: Collected, tags: Mapping[int, object]) -> None:
    """Fields of the Exif directory, and whether the maker left notes."""
    for tag, name in EXIF_TAGS.items():
        if tag in tags:
            collected.add(name, text_of(tag, tags[tag]))
    if MAKER_NOTE in tags:
        collected.found("maker-note", "MakerNote", _length(tags[MAKER_NOTE]))


def add_gps_tags(collected: Collected, tags: Mapping[int, object]) -> None:
    """Fields of the GPS directory, coordinates as signed decimal degrees."""
    for tag, name in GPS_TAGS.items():
        if tag not in tags:
            continue
        if tag in _NEGATIVE:
            collected.add(name, _signed(tag, tags))
        elif tag == _TIME:
            collected.add(name, _time(tags[tag]))
        else:
            collected.add(name, text_of(tag, tags[tag]))


def text_of(tag: int, value: object) -> str:
    """One value as `exiftool -n` shows it."""
    if tag in _UTF_16 and isinstance(value, (bytes, tuple, list)):
        return clean(bytes(value).decode("utf-16-le", "replace").split("\0", 1)[0])
    if isinstance(value, bytes):
        return _text_of_bytes(tag, value)
    if isinstance(value, str):
        return text_of_latin_1(value)
    if isinstance(value, (tuple, list)):
        return " ".join(_number(item) for item in value)
    return _apex(tag, value)


def text_of_latin_1(value: str) -> str:
    """Pillow reads all text as Latin-1; phones and people write UTF-8."""
    try:
        return clean(value.encode("latin-1").decode("utf-8"))
    except (UnicodeDecodeError, UnicodeEncodeError):
        return clean(value)


def _text_of_bytes(tag: int, value: bytes) -> str:
    if tag in _VERSIONS:
        return clean(value)
    if tag in _WITH_CHARSET:
        charset, text = value[:_CHARSET_BYTES], value[_CHARSET_BYTES:]
        if charset.startswith(b"UNICODE"):
            # Writers disagree on the byte order. In one script the high bytes vary less.
            big = len(set(text[0::2])) <= len(set(text[1::2]))
            return clean(text.decode("utf-16-be" if big else "utf-16-le", "replace"))
        if charset.startswith(b"JIS"):
            return clean(text.decode("iso2022_jp", "replace"))
        return clean(text)
    return " ".join(str(byte) for byte in value[:16])


def _apex(tag: int, value: object) -> str:
    """Shutter speed in seconds and apertures as f-numbers (CIPA DC-008, annex C)."""
    if EXIF_TAGS.get(tag) in {"ShutterSpeedValue", "ApertureValue", "MaxApertureValue"}:
        exponent = float(_number(value))
        if not math.isfinite(exponent) or abs(exponent) > 100:  # noqa: PLR2004 - no such camera
            return ""
        time = EXIF_TAGS[tag] == "ShutterSpeedValue"
        return number(2.0**-exponent if time else 2.0 ** (exponent / 2))
    return _number(value)


def _number(value: object) -> str:
    """Whole numbers whole, ratios with ten significant digits, as ExifTool rounds them."""
    if isinstance(value, int):
        return str(value)
    try:
        ratio = float(value)  # type: ignore[arg-type]  # Pillow's and exifread's ratios
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return ""
    return f"{ratio:.10g}" if math.isfinite(ratio) else ""


def _floats(value: object) -> list[float]:
    items: Iterable[object] = value if isinstance(value, (tuple, list)) else (value,)
    texts = [_number(item) for item in items]
    return [float(text) for text in texts] if all(texts) else []


def _signed(tag: int, tags: Mapping[int, object]) -> str:
    parts = _floats(tags[tag])
    if tag != _ALTITUDE and len(parts) == _SEXAGESIMAL:
        degrees = parts[0] + (parts[1] + parts[2] / 60) / 60
    elif len(parts) == 1:
        degrees = parts[0]
    else:
        return ""
    reference = tags.get(tag - 1, "")
    mark = str(reference[0]) if isinstance(reference, bytes) and reference else str(reference)
    sign = -1 if mark.upper().startswith(_NEGATIVE[tag]) else 1
    return number(sign * degrees)


def _time(value: object) -> str:
    parts = _floats(value)
    if len(parts) != _SEXAGESIMAL:
        return ""
    hours, minutes, seconds = parts
    whole = f"{seconds:.6f}".rstrip("0").rstrip(".")
    return f"{int(hours):02}:{int(minutes):02}:{whole if seconds >= 10 else '0' + whole}"  # noqa: PLR2004 - two digits


def _length(value: object) -> str:
    return str(len(value)) if isinstance(value, (bytes, str, tuple, list)) else "1"
