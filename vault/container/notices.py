"""What opening and saving noticed, in words, about open levels only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.errors import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vault.container.volume import Volume


class Notice(NamedTuple):
    """Something the owner should know, as a message to translate and its values."""

    message: str
    values: Mapping[str, object]


def noticed(volumes: Sequence[Volume], *, cells_lost: bool) -> list[Notice]:
    """Put into words what opening noticed."""
    notices = []
    if cells_lost:
        notices.append(
            Notice(mark("The places that hold the newest state cannot be read; standing in."), {})
        )
    for volume in volumes:
        level, findings = volume.level + 1, volume.findings
        if findings.gone:
            text = mark("Volume {level}: wholly overwritten by rows written without it.")
            notices.append(Notice(text, {"level": level}))
        elif findings.altered:
            text = mark("Volume {level}: altered, or an older state of the file was put back.")
            notices.append(Notice(text, {"level": level}))
        if findings.unfinished:
            text = mark("Volume {level}: an unfinished save was skipped.")
            notices.append(Notice(text, {"level": level}))
        if findings.lag:
            text = mark("Volume {level}: {lag} rows were written without it since its last save.")
            notices.append(Notice(text, {"level": level, "lag": findings.lag}))
        if findings.lost:
            notices.append(lost_notice(volume.level, findings.lost))
    return notices


def lost_notice(level: int, blocks: int) -> Notice:
    """Say that live blocks of a level are lost."""
    text = mark("Volume {level}: {blocks} blocks cannot be read any more. Run: amanat check")
    return Notice(text, {"level": level + 1, "blocks": blocks})
