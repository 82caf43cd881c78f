"""Bringing files in: what `add` takes and reports; `vault.operations.intake` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.operations.intake import Added, AddReport, Intake
from vault.storage.source import Found, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault.media.reader import MetadataReader
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress
    from vault.storage.source import Source

__all__ = ["AddReport", "Added", "add_paths", "add_stream"]


def add_paths(
    vault: OpenVault,
    paths: Iterable[str],
    fields: Mapping[str, bytes],
    *,
    reader: MetadataReader,
    progress: Progress,
    again: bool = False,
    read_back: bool = False,
) -> AddReport:
    """Add files and folders of files.

    Args:
        vault: opened for writing.
        paths: named by the user; folders are walked, links in them are skipped and told.
        fields: what the user says of them all, by field name.
        reader: reads metadata in a process that holds no key.
        progress: called with bytes read and bytes in all.
        again: add an entry even if the same bytes are there already.
        read_back: decrypt what was written and compare before it counts as added.

    Raises:
        UsageError: a field that no entry may have.
        NotFound: one of the paths does not exist; nothing was added.
    """
    found = [item for path in paths for item in walk(path)]
    intake = Intake(vault, fields, reader, again=again, read_back=read_back)
    total = sum(item.size for item in found if isinstance(item, Found))
    intake.run(found, lambda done: progress(done, total))
    return intake.report


def add_stream(
    vault: OpenVault,
    source: Source,
    fields: Mapping[str, bytes],
    *,
    reader: MetadataReader,
    progress: Progress,
    again: bool = False,
    read_back: bool = False,
) -> AddReport:
    """Add what a stream brings until its end, as one file; see `add_paths`.

    Raises:
        VaultError: the stream failed; nothing was added.
    """
    intake = Intake(vault, fields, reader, again=again, read_back=read_back)
    intake.run_stream(source, lambda done: progress(done, None))
    return intake.report
