"""What macOS keeps."""

from __future__ import annotations

from collections.abc import Iterator

from vault.cli.traces.machine import Finding, Machine, State, found_or_clear
from vault.errors import mark


def findings(machine: Machine) -> Iterator[Finding]:
    """Yield what this kind of system keeps."""
    yield Finding(
        "swap",
        State.KEEPS,
        mark("Memory is swapped to the disk, encrypted under a key that is lost at shutdown."),
        mark("Shut down; have FileVault switched on."),
    )
    yield found_or_clear(
        "hibernation",
        machine.under_root("private/var/vm/sleepimage", "var/vm/sleepimage"),
        mark("Memory is written to the disk in sleep: {paths}"),
        mark("Shut down instead of sleeping; have FileVault switched on."),
        mark("No image of the memory was found."),
    )
    yield found_or_clear(
        "core-dumps",
        machine.under_home("Library/Logs/DiagnosticReports"),
        mark("Reports of crashed programs are kept: {paths}"),
        mark("Settings, Privacy, Analytics: do not share; delete that folder's contents."),
        mark("No reports of crashed programs were found."),
    )
    yield found_or_clear(
        "shell-history",
        machine.under_home(".zsh_history", ".zsh_sessions", ".bash_history", ".bash_sessions"),
        mark("The shell keeps the commands that you type: {paths}"),
        mark(
            "Use the prompt of `amanat open`, which keeps none: --level, --passphrases, `stock` and"
            " `put-right` in a history tell that there may be more to open."
        ),
        mark("No history file of a shell was found."),
    )
    yield found_or_clear(
        "recent-files",
        machine.under_home("Library/Application Support/com.apple.sharedfilelist"),
        mark("Lists of files and programs that were opened lately: {paths}"),
        mark("Settings, Control Centre: set recent items to none."),
        mark("No list of recent files was found."),
    )
    yield found_or_clear(
        "thumbnails",
        machine.under_home("Library/Caches/com.apple.QuickLook.thumbnailcache"),
        mark("Small copies of pictures that were looked at: {paths}"),
        mark("`qlmanage -r cache` empties it."),
        mark("No small copies of pictures were found where they usually are."),
    )
    yield found_or_clear(
        "indexers",
        machine.under_root(".Spotlight-V100", "System/Volumes/Data/.Spotlight-V100"),
        mark("Spotlight lists files and their contents: {paths}"),
        mark("Settings, Spotlight, Search Privacy: add the folders that you work in."),
        mark("No index of files was found."),
    )
    yield found_or_clear(
        "trash",
        machine.under_home(".Trash"),
        mark("Deleted files wait in {paths}"),
        mark("Empty it; on flash memory the contents may stay all the same."),
        mark("There is no folder of deleted files."),
    )
    yield Finding(
        "snapshots",
        State.UNKNOWN,
        mark("Time Machine may keep earlier states of files on this disk as well."),
        mark("`tmutil listlocalsnapshots /` lists them."),
    )
