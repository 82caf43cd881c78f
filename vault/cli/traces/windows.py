"""What Windows keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vault.cli.traces.machine import Finding, Machine, State, existing, found_or_clear
from vault.errors import mark

_CLEAR = mark("Nothing of this kind was found.")
_SYSTEM_KEEPS_IT = mark("An ordinary user cannot switch it off; work from Tails if this matters.")


def findings(machine: Machine) -> Iterator[Finding]:
    """Yield what this kind of system keeps."""
    yield from _memory(machine)
    yield from _shells(machine)
    yield from _programs(machine)
    yield from _files(machine)
    yield found_or_clear(
        "usb-history",
        machine.under_root("Windows/INF/setupapi.dev.log"),
        mark("Which sticks were plugged in, and when, is kept: {paths}"),
        _SYSTEM_KEEPS_IT,
        _CLEAR,
    )
    yield Finding(
        "snapshots",
        State.UNKNOWN,
        mark("Restore points and File History may keep earlier states of files."),
        mark("Look in the settings under Backup and under System Protection."),
    )


def _memory(machine: Machine) -> Iterator[Finding]:
    yield found_or_clear(
        "swap",
        machine.under_root("pagefile.sys", "swapfile.sys"),
        mark("Memory can be written to a disk: {paths}"),
        mark("Have the whole disk encrypted (BitLocker or Device Encryption)."),
        _CLEAR,
    )
    yield found_or_clear(
        "hibernation",
        machine.under_root("hiberfil.sys"),
        mark("The system can hibernate, also as Fast Startup: {paths}"),
        mark("As administrator: `powercfg /hibernate off`. Shut down instead of sleeping."),
        _CLEAR,
    )
    yield found_or_clear(
        "core-dumps",
        [
            *_local(machine, "CrashDumps"),
            *machine.under_root("ProgramData/Microsoft/Windows/WER/ReportArchive"),
        ],
        mark("Reports of crashed programs are kept: {paths}"),
        mark("This program keeps itself out of them as far as the system allows; others do not."),
        _CLEAR,
    )


def _shells(machine: Machine) -> Iterator[Finding]:
    yield found_or_clear(
        "shell-history",
        _roaming(machine, "Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt"),
        mark("PowerShell keeps the commands that you type: {paths}"),
        mark(
            "Use the prompt of `amanat open`, which keeps none: --level, --passphrases, `stock` and"
            " `put-right` in a history tell that there may be more to open."
        ),
        _CLEAR,
    )
    yield found_or_clear(
        "terminal-buffers",
        _local(machine, "Packages/Microsoft.WindowsTerminal_8wekyb3d8bbwe/LocalState/state.json"),
        mark("Windows Terminal may keep what its windows showed: {paths}"),
        mark("Set it to open a new tab at start, not the windows of the last session."),
        _CLEAR,
    )


def _programs(machine: Machine) -> Iterator[Finding]:
    yield found_or_clear(
        "prefetch",
        machine.under_root("Windows/Prefetch"),
        mark("Which programs were started, and which files they read first: {paths}"),
        _SYSTEM_KEEPS_IT,
        _CLEAR,
    )
    yield found_or_clear(
        "amcache",
        machine.under_root("Windows/AppCompat/Programs/Amcache.hve"),
        mark("Which programs were ever on this machine, with their digests: {paths}"),
        _SYSTEM_KEEPS_IT,
        _CLEAR,
    )
    yield found_or_clear(
        "srum",
        machine.under_root("Windows/System32/sru/SRUDB.dat"),
        mark("How long each program ran and how much it read, for 30 to 60 days: {paths}"),
        _SYSTEM_KEEPS_IT,
        _CLEAR,
    )
    yield Finding(
        "userassist",
        State.KEEPS,
        mark("The registry counts the programs that you start by clicking (UserAssist)."),
        mark("Start the program from a terminal instead of by double click."),
    )


def _files(machine: Machine) -> Iterator[Finding]:
    recent = "Microsoft/Windows/Recent"
    yield found_or_clear(
        "recent-files",
        _roaming(machine, recent, f"{recent}/AutomaticDestinations"),
        mark("Files that were opened lately, also in Jump Lists: {paths}"),
        mark("Settings, Personalisation, Start: switch off recently opened items."),
        _CLEAR,
    )
    yield found_or_clear(
        "thumbnails",
        _local(
            machine,
            "Microsoft/Windows/Explorer/thumbcache_96.db",
            "Microsoft/Windows/Explorer/thumbcache_256.db",
        ),
        mark("Small copies of pictures that were looked at: {paths}"),
        mark("Folder options: always show icons, never thumbnails; then clean the disk of them."),
        _CLEAR,
    )
    search = "ProgramData/Microsoft/Search/Data/Applications/Windows"
    yield found_or_clear(
        "indexers",
        machine.under_root(f"{search}/Windows.edb", f"{search}/Windows.db"),
        mark("Windows Search lists files and their contents: {paths}"),
        mark("Leave the folders that you work in out of the index."),
        _CLEAR,
    )
    yield found_or_clear(
        "recall",
        _local(machine, "CoreAIPlatform.00/UKP"),
        mark("Pictures of the screen are kept for searching (Recall): {paths}"),
        mark("Settings, Privacy, Recall: switch it off and delete what it kept."),
        _CLEAR,
    )


def _under(machine: Machine, variable: str, default: str, paths: tuple[str, ...]) -> list[Path]:
    folder = machine.folder_of(variable) or (machine.home / default if machine.home else None)
    return existing([folder / path for path in paths]) if folder is not None else []


def _roaming(machine: Machine, *paths: str) -> list[Path]:
    return _under(machine, "APPDATA", "AppData/Roaming", paths)


def _local(machine: Machine, *paths: str) -> list[Path]:
    return _under(machine, "LOCALAPPDATA", "AppData/Local", paths)
