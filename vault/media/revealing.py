"""What the bytes give away to whoever receives the file whole.

A file sent as it is carries its metadata even when every field of the entry is withheld;
the preview before sealing shows this list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vault.media.metadata import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# By parts of the names of fields; the first match counts.
_BY_NAME: Final = (
    (re.compile(r"MotionPhoto|MicroVideo"), "embedded"),
    (re.compile(r"SerialNumber|DeviceId"), "serial-number"),
    (re.compile(r"UniqueID|DocumentID|InstanceID|ContentIdentifier|UMID$"), "identifier"),
    (re.compile(r"GPS(?!VersionID)|Location|City$|Country|State$|Sub-location|Place"), "location"),
    (
        re.compile(
            r"Artist|Author|Owner|Copyright|[Cc]reator$|By-line|Credit|Rights$|Originator$"
            r"|LastModifiedBy|Printed-by|EncodedBy|Manager|Company|Publisher|Photographer|ImageEditor|Engineer"
        ),
        "person",
    ),
    (re.compile(r"Make$|Model$|HostComputer"), "device"),
    (
        re.compile(
            r"Software|Producer|CreatorTool|Encoder|Application|Generator|Handler"
            r"|Firmware|Toolkit"
        ),
        "software",
    ),
    (re.compile(r"Date|When$|TimeOriginal|OffsetTime|TimeStamp"), "time"),
    (
        re.compile(r"Comment|Description|Caption|Headline|Keywords|Title|Subject$|Album$|Lyrics"),
        "text",
    ),
)


def given_away(fields: Mapping[str, str], parts: Iterable[Finding]) -> tuple[Finding, ...]:
    """Every field that says something about people, places, times and tools; then the parts.

    Args:
        fields: text by tag name.
        parts: findings that are not fields: previews, maker notes, further files.
    """
    named = ((_kind_of(name), name, value) for name, value in sorted(fields.items()))
    return (*(Finding(kind, name, value) for kind, name, value in named if kind), *parts)


def _kind_of(name: str) -> str:
    return next((kind for pattern, kind in _BY_NAME if pattern.search(name)), "")
