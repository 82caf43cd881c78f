"""Sound, by mutagen; `boxes` reads MP4 and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

from mutagen.aac import AAC
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggtheora import OggTheora
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from vault.media.collected import number

if TYPE_CHECKING:
    from mutagen import FileType

    from vault.media.collected import Collected

_READERS: Final[dict[str, tuple[type[FileType], ...]]] = {
    "audio/aac": (AAC,),
    "audio/flac": (FLAC,),
    "audio/mpeg": (MP3,),
    "audio/ogg": (OggVorbis, OggSpeex, OggFLAC),
    "audio/opus": (OggOpus,),
    "audio/x-wav": (WAVE,),
    "video/ogg": (OggTheora,),
}
TYPES: Final = frozenset(_READERS)
"""Media types that `add_audio` reads."""

# What ExifTool calls the number of channels differs by format.
_CHANNELS: Final = {"audio/x-wav": "NumChannels", "audio/flac": "Channels"}

_ID3: Final = {
    "TIT2": "Title",
    "TPE1": "Artist",
    "TPE2": "Band",
    "TALB": "Album",
    "TCON": "Genre",
    "TCOM": "Composer",
    "TCOP": "Copyright",
    "TENC": "EncodedBy",
    "TSSE": "EncoderSettings",
    "TOWN": "FileOwner",
    "TPUB": "Publisher",
    "TDRC": "RecordingTime",
    "TYER": "Year",
}
_VORBIS: Final = {
    "title": "Title",
    "artist": "Artist",
    "album": "Album",
    "genre": "Genre",
    "composer": "Composer",
    "performer": "Performer",
    "copyright": "Copyright",
    "organization": "Organization",
    "contact": "Contact",
    "location": "Location",
    "date": "Date",
    "description": "Description",
    "comment": "Comment",
    "encoder": "Encoder",
    "encoded-by": "EncodedBy",
}
_MPEG_MODES: Final = 4


def add_audio(collected: Collected, file: BinaryIO) -> None:
    """Length, rate, channels and tags.

    Args:
        collected: receives them; its type chooses the only reader that may look.
        file: seekable.
    """
    with collected.tolerating():
        reader = _best(file, _READERS[collected.media_type])
        sound = reader(file)
        _add_stream(collected, sound.info)
        _add_tags(collected, sound.tags)
        for picture in getattr(sound, "pictures", ()):
            collected.found("preview", "Picture", len(picture.data))


def _best(file: BinaryIO, readers: tuple[type[FileType], ...]) -> type[FileType]:
    header = file.read(128)
    file.seek(0)
    return max(readers, key=lambda reader: reader.score("", file, header))


def _add_stream(collected: Collected, info: Any) -> None:  # noqa: ANN401 - one class per format
    kind = collected.media_type
    rate = getattr(info, "sample_rate", 0)
    if rate:
        collected.add("SampleRate", rate)
    mode = getattr(info, "mode", None)
    if kind == "audio/mpeg" and mode in range(_MPEG_MODES):
        collected.add("ChannelMode", mode)
        collected.add("AudioBitrate", getattr(info, "bitrate", ""))
    elif getattr(info, "channels", 0):
        collected.add(_CHANNELS.get(kind, "AudioChannels"), info.channels)
    if getattr(info, "bits_per_sample", 0):
        collected.add("BitsPerSample", info.bits_per_sample)
    if getattr(info, "length", 0):
        collected.add("Duration", number(info.length))


def _add_tags(collected: Collected, tags: Any) -> None:  # noqa: ANN401 - one class per format
    if isinstance(tags, ID3):
        _add_id3(collected, tags)
    elif tags is not None:
        _add_vorbis(collected, tags)


def _add_id3(collected: Collected, tags: Any) -> None:  # noqa: ANN401 - mutagen is not typed here
    for frame, name in _ID3.items():
        if frame in tags:
            collected.add(name, ", ".join(str(text) for text in tags[frame].text))
    for comment in tags.getall("COMM"):
        collected.add("Comment", ", ".join(str(text) for text in comment.text))
    for picture in tags.getall("APIC"):
        collected.found("preview", "Picture", len(picture.data))
    for item in tags.getall("GEOB"):
        collected.found("embedded", "GeneralEncapsulatedObject", len(item.data))


def _add_vorbis(collected: Collected, tags: Any) -> None:  # noqa: ANN401 - as above
    for key, name in _VORBIS.items():
        if tags.get(key):
            collected.add(name, ", ".join(str(value) for value in tags[key]))
    for picture in tags.get("metadata_block_picture", ()):
        collected.found("preview", "Picture", len(picture))
