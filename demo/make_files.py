"""Make the small files that the demo brings in; they are invented from the first to the last byte.

    .venv/bin/python demo/make_files.py

A photograph that says where and with what it was taken, a sound, and a text. Run again, it makes
the same bytes, as long as Pillow does.
"""

from __future__ import annotations

import math
import wave
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent / "files"

SIZE = (480, 320)
SAMPLES_PER_SECOND = 8000

NOTE = """\
3 March 2026, about four in the afternoon.

The gate of the school was locked. The guard said that it would stay so, and that
nobody had given him a paper about it. Two women who were turned away with me can
say the same; how to reach them stands elsewhere.
"""


def photograph() -> Image.Image:
    """Draw hills, a wall with a gate, and a sun."""
    picture = Image.new("RGB", SIZE, (196, 214, 232))
    draw = ImageDraw.Draw(picture)
    width, height = SIZE
    draw.ellipse((380, 30, 430, 80), fill=(250, 236, 180))
    for shade, base, swing in (((150, 150, 160), 150, 34), ((176, 160, 130), 190, 20)):
        ridge = [
            (x, base - swing * math.sin(x / 57 + base) - swing / 3 * math.sin(x / 19))
            for x in range(0, width + 1, 4)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], fill=shade)
    draw.rectangle((60, 180, 420, 280), fill=(222, 202, 160))
    draw.rectangle((210, 205, 270, 280), fill=(84, 96, 84))
    draw.line((240, 205, 240, 280), fill=(40, 48, 40), width=2)
    draw.rectangle((0, 280, width, height), fill=(164, 146, 112))
    return picture


def exif() -> Image.Exif:
    """Return what a telephone writes into its pictures: maker, time, serial number, place."""
    tags = Image.Exif()
    tags[0x010F] = "Example"  # Make
    tags[0x0110] = "Demonstration 1"  # Model
    tags[0x0132] = "2026:03:03 16:04:11"  # ModifyDate
    details = tags.get_ifd(0x8769)
    details[0x9003] = "2026:03:03 16:04:11"  # DateTimeOriginal
    details[0xA431] = "000-DEMO-000"  # BodySerialNumber
    place = tags.get_ifd(0x8825)
    place[1], place[2] = "N", (34.0, 20.0, 35.0)
    place[3], place[4] = "E", (62.0, 11.0, 47.0)
    return tags


def sound() -> bytes:
    """Return one second of two tones, 16 bits a sample."""
    samples = bytearray()
    for number in range(SAMPLES_PER_SECOND):
        time = number / SAMPLES_PER_SECOND
        fade = min(1.0, 12 * time, 12 * (1 - time))
        tones = math.sin(2 * math.pi * 440 * time) + math.sin(2 * math.pi * 554.37 * time)
        samples += int(7000 * fade * tones).to_bytes(2, "little", signed=True)
    return bytes(samples)


def main() -> None:
    """Write the three files."""
    FOLDER.mkdir(exist_ok=True)
    photograph().save(FOLDER / "gate.jpg", quality=80, exif=exif())
    with wave.open(str(FOLDER / "voice.wav"), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(SAMPLES_PER_SECOND)
        audio.writeframes(sound())
    (FOLDER / "account.txt").write_bytes(NOTE.encode("ascii"))


if __name__ == "__main__":
    main()
