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


CELLS_LOST = Notice(
    mark(
        "All places that tell of the last save are damaged: the newest save found whole is shown, "
        "and nothing can be saved. To take what it holds into a new vault: rescue NEWFILE"
    ),
    {},
)
"""No cell is valid."""


def noticed(volumes: Sequence[Volume], epoch: int) -> list[Notice]:
    """Put into words what opening noticed.

    Args:
        volumes: that were opened.
        epoch: rows written so far.
    """
    notices = []
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
        if not findings.gone and (lag := volume.lag(epoch)):
            text = mark("Volume {level}: {lag} rows were written without it since its last save.")
            notices.append(Notice(text, {"level": level, "lag": lag}))
        if findings.lost:
            notices.append(lost_notice(volume.level, findings.lost))
    return notices


def lost_notice(level: int, blocks: int) -> Notice:
    """Say that live blocks of a level are lost."""
    text = mark("Volume {level}: {blocks} blocks cannot be read any more. Run: amanat check")
    return Notice(text, {"level": level + 1, "blocks": blocks})
