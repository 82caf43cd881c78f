"""What is the same on every system: folders that are copied to somebody else's computers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vault.cli.traces.machine import Finding, Machine, State, existing
from vault.errors import mark

_FOLDERS = (
    "Dropbox",
    "OneDrive",
    "Google Drive",
    "GoogleDrive",
    "My Drive",
    "Nextcloud",
    "ownCloud",
    "MEGA",
    "pCloudDrive",
    "Sync",
    "Yandex.Disk",
    "iCloudDrive",
    "Library/CloudStorage",
    "Library/Mobile Documents",
)
_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")


def cloud_folders(machine: Machine) -> list[Path]:
    """Return the folders that programs for cloud storage usually copy away."""
    named = [folder for name in _VARIABLES if (folder := machine.folder_of(name)) is not None]
    return list(dict.fromkeys([*existing(named), *machine.under_home(*_FOLDERS)]))


def findings(machine: Machine, vault: Path | None) -> Iterator[Finding]:
    """Yield what holds on any system.

    Args:
        machine: where to look.
        vault: the file that `--vault` names, if any.
    """
    folders = cloud_folders(machine)
    if vault is not None and (inside := _inside(vault, folders)) is not None:
        yield Finding(
            "vault-in-cloud",
            State.KEEPS,
            mark("The file {vault} stands in {folder}, which is copied to a company's computers."),
            mark("Move it elsewhere; earlier copies may be kept there for a long time."),
            {"vault": vault, "folder": inside},
        )
    if folders:
        yield Finding(
            "cloud",
            State.KEEPS,
            mark("Folders that may be copied to a company's computers: {paths}"),
            mark("Keep the file, and what you take out of it, away from them."),
            {"paths": ", ".join(map(str, folders))},
        )
    else:
        yield Finding("cloud", State.CLEAR, mark("No folder of a known cloud service was found."))


def _inside(path: Path, folders: list[Path]) -> Path | None:
    try:
        whole = path.resolve()
        return next((folder for folder in folders if whole.is_relative_to(folder.resolve())), None)
    except (OSError, ValueError, RuntimeError):
        return None
