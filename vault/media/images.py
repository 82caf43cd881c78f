"""Pictures: Pillow with pillow-heif, and exifread where Pillow finds nothing.

Nothing here decodes pixels: only headers and metadata are read. Pillow's guard against
decompression bombs stays on, for readers that decode all the same.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pillow_heif
from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from vault.media import exif
from vault.media.properties import add_xmp
from vault.media.second_reader import add_by_exifread

if TYPE_CHECKING:
    from vault.media.collected import Collected

# Pillow warns above this and refuses above twice as much: phones make 200 million pixels.
Image.MAX_IMAGE_PIXELS = 134_217_728

_PILLOW_FORMATS: Final = {
    "image/avif": ("AVIF",),
    "image/bmp": ("BMP",),
    "image/gif": ("GIF",),
    "image/heic": ("HEIF",),
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/tiff": ("TIFF",),
    "image/webp": ("WEBP",),
}
TYPES: Final = frozenset(_PILLOW_FORMATS)
"""Media types that `add_image` reads."""

_EXIF_HEADER: Final = b"Exif\0\0"
_WIDTH, _HEIGHT = 256, 257
_PHOTOSHOP_THUMBNAIL: Final = 1036
_IPTC_NAMES: Final = {
    (2, 5): "IPTC-ObjectName",
    (2, 25): "IPTC-Keywords",
    (2, 55): "IPTC-DateCreated",
    (2, 80): "IPTC-By-line",
    (2, 90): "IPTC-City",
    (2, 92): "IPTC-Sub-location",
    (2, 95): "IPTC-Province-State",
    (2, 101): "IPTC-Country",
    (2, 105): "IPTC-Headline",
    (2, 110): "IPTC-Credit",
    (2, 116): "IPTC-CopyrightNotice",
    (2, 120): "IPTC-Caption-Abstract",
}

pillow_heif.register_heif_opener(thumbnails=False)


def add_image(collected: Collected, file: BinaryIO) -> None:
    """Size, EXIF, GPS, IPTC, XMP, previews and C2PA of a picture.

    Args:
        collected: receives them; its type chooses the only decoder that may look.
        file: seekable.
    """
    with collected.tolerating(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=_PILLOW_FORMATS[collected.media_type]) as image:
                _add_open_image(collected, image)
        except Image.DecompressionBombError:
            collected.problem = "too-large"
    # A second reader: for EXIF that Pillow does not reach, and serial numbers in maker notes.
    if "Make" not in collected.fields or _has_maker_note(collected):
        add_by_exifread(collected, file)


def _add_open_image(collected: Collected, image: Image.Image) -> None:
    # Of a TIFF Pillow tells the size after turning, and the tags the size that is stored.
    stored = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    collected.add("ImageWidth", stored.get(_WIDTH, image.width))
    collected.add("ImageHeight", stored.get(_HEIGHT, image.height))
    # Any of these may be broken alone, and then the others still speak.
    for add in (_add_exif, _add_xmp, _add_iptc, _add_parts):
        with collected.tolerating():
            add(collected, image)


def _add_exif(collected: Collected, image: Image.Image) -> None:
    raw = image.info.get("exif")
    if image.format == "TIFF":
        tags = image.getexif()
    elif isinstance(raw, bytes):
        # Not `getexif`: of a PNG without EXIF that would decode the whole picture.
        tags = Image.Exif()
        tags.load(raw if raw.startswith(_EXIF_HEADER) else _EXIF_HEADER + raw)
    else:
        return
    exif.add_image_tags(collected, tags)
    exif.add_exif_tags(collected, tags.get_ifd(ExifTags.IFD.Exif))
    exif.add_gps_tags(collected, tags.get_ifd(ExifTags.IFD.GPSInfo))
    thumbnail = tags.get_ifd(ExifTags.IFD.IFD1).get(exif.THUMBNAIL_LENGTH)
    if thumbnail:
        collected.found("preview", "ThumbnailImage", thumbnail)


def _add_xmp(collected: Collected, image: Image.Image) -> None:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    if isinstance(packet, bytes):
        add_xmp(collected, packet)


def _add_iptc(collected: Collected, image: Image.Image) -> None:
    if not isinstance(image, ImageFile.ImageFile) or image.format not in {"JPEG", "MPO", "TIFF"}:
        return
    records: dict[Any, Any] = IptcImagePlugin.getiptcinfo(image) or {}
    for key, name in _IPTC_NAMES.items():
        values = records.get(key)
        if values:
            items = values if isinstance(values, list) else [values]
            collected.add(name, b", ".join(items))


def _add_parts(collected: Collected, image: Image.Image) -> None:
    info = image.info
    comment = info.get("comment")
    if comment:
        collected.add("Comment", comment)
    for key, value in info.items():
        # Text chunks of PNG: any keyword that its writer liked.
        if image.format == "PNG" and isinstance(value, str) and key != "XML:com.adobe.xmp":
            collected.add(f"PNG-{str(key).replace(' ', '-')}"[:64], value)
    resources = info.get("photoshop")
    if isinstance(resources, dict) and _PHOTOSHOP_THUMBNAIL in resources:
        collected.found("preview", "PhotoshopThumbnail", len(resources[_PHOTOSHOP_THUMBNAIL]))
    if image.format == "MPO":
        collected.found("preview", "PreviewImage", getattr(image, "n_frames", 2) - 1)
    if info.get("depth_images"):
        collected.found("embedded", "DepthImage", len(info["depth_images"]))
    manifest = sum(
        len(data)
        for name, data in getattr(image, "applist", ())
        if name == "APP11" and data[:2] == b"JP"
    )
    if manifest:
        collected.found("provenance", "C2PA", manifest)
    for chunk, data, *_ in getattr(image, "private_chunks", ()):
        if chunk == b"caBX":
            collected.found("provenance", "C2PA", len(data))


def _has_maker_note(collected: Collected) -> bool:
    return any(part.kind == "maker-note" for part in collected.parts)
