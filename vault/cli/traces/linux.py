"""What Linux desktops keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vault.cli.traces.machine import Finding, Machine, State, existing, found_or_clear, is_filled
from vault.errors import mark

_HISTORIES = (".bash_history", ".zsh_history", ".zhistory", ".history", ".ash_history")
_SNAPSHOTTING = frozenset({"btrfs", "zfs", "nilfs2", "bcachefs"})
_FIELDS_OF_A_MOUNT = 3  # proc(5), /proc/self/mounts: device, place, type, …


def findings(machine: Machine) -> Iterator[Finding]:
    """Yield what this kind of system keeps."""
    if 'ID="tails"' in (text := machine.text("etc/os-release") or "") or "ID=tails" in text:
        yield Finding(
            "amnesic",
            State.CLEAR,
            mark("This is Tails: what is not in the persistent folder is gone after shutdown."),
        )
    yield _swap(machine)
    yield _hibernation(machine)
    yield _core_dumps(machine)
    yield _shell_history(machine)
    yield _recent_files(machine)
    yield _thumbnails(machine)
    yield _indexers(machine)
    yield _trash(machine)
    yield _usb_history(machine)
    yield from _snapshots(machine)


def _swap_places(machine: Machine) -> list[str] | None:
    table = machine.text("proc/swaps")
    if table is None:
        return None
    return [line.split()[0] for line in table.splitlines()[1:] if line.split()]


def _swap(machine: Machine) -> Finding:
    places = _swap_places(machine)
    if places is None:
        return Finding("swap", State.UNKNOWN, mark("Whether memory is swapped cannot be read."))
    on_disk = [place for place in places if "zram" not in place]
    if not on_disk:
        return Finding("swap", State.CLEAR, mark("No memory is swapped to a disk."))
    return Finding(
        "swap",
        State.KEEPS,
        mark("Memory can be swapped to a disk: {places}"),
        mark("Switch it off before you work (`sudo swapoff -a`), or have the disk encrypted."),
        {"places": ", ".join(on_disk)},
    )


def _hibernation(machine: Machine) -> Finding:
    states, disk = machine.text("sys/power/state"), machine.text("sys/power/disk")
    if states is None:
        return Finding("hibernation", State.UNKNOWN, mark("Hibernation settings cannot be read."))
    on_disk = [place for place in _swap_places(machine) or [] if "zram" not in place]
    if "disk" not in states.split() or "[disabled]" in (disk or "") or not on_disk:
        return Finding("hibernation", State.CLEAR, mark("The system cannot hibernate."))
    return Finding(
        "hibernation",
        State.KEEPS,
        mark("The system can hibernate, which writes all memory to a disk."),
        mark("Shut down instead, and close the program before the lid."),
    )


def _core_dumps(machine: Machine) -> Finding:
    pattern = machine.text("proc/sys/kernel/core_pattern")
    if pattern is None:
        return Finding("core-dumps", State.UNKNOWN, mark("Settings of crash dumps cannot be read."))
    if not pattern.startswith("|"):
        return Finding("core-dumps", State.CLEAR, mark("No program collects crash dumps."))
    return Finding(
        "core-dumps",
        State.KEEPS,
        mark("Crash dumps of programs are collected by {program}."),
        mark("This program switches them off for itself; others do not."),
        {"program": pattern[1:].split()[0] if pattern[1:].split() else "?"},
    )


def _shell_history(machine: Machine) -> Finding:
    places = machine.under_home(*_HISTORIES)
    if machine.data is not None:
        places += existing([machine.data / "fish" / "fish_history"])
    named = machine.folder_of("HISTFILE")
    if named is not None:
        places += [path for path in existing([named]) if path not in places]
    return found_or_clear(
        "shell-history",
        places,
        mark("The shell keeps the commands that you type: {paths}"),
        mark(
            "Use the prompt of `amanat open`, which keeps none: --level, --passphrases, `stock` and"
            " `put-right` in a history tell that there may be more to open."
        ),
        mark("No history file of a shell was found."),
    )


def _in(folder: Path | None, *names: str) -> list[Path]:
    return existing([folder / name for name in names]) if folder is not None else []


def _recent_files(machine: Machine) -> Finding:
    return found_or_clear(
        "recent-files",
        _in(machine.data, "recently-used.xbel", "RecentDocuments"),
        mark("The desktop keeps a list of files that were opened: {paths}"),
        mark("Switch it off in the desktop's privacy settings, and clear it."),
        mark("No list of recent files was found."),
    )


def _thumbnails(machine: Machine) -> Finding:
    return found_or_clear(
        "thumbnails",
        [path for path in _in(machine.cache, "thumbnails") if is_filled(path)],
        mark("Small copies of pictures that were looked at: {paths}"),
        mark("Delete that folder after looking at pictures, and switch previews off."),
        mark("No small copies of pictures were found."),
    )


def _indexers(machine: Machine) -> Finding:
    return found_or_clear(
        "indexers",
        [
            *_in(machine.cache, "tracker3", "tracker", "localsearch3"),
            *_in(machine.data, "baloo", "recoll"),
            *machine.under_root("var/lib/mlocate/mlocate.db", "var/lib/plocate/plocate.db"),
        ],
        mark("Programs that list files or their contents for searching: {paths}"),
        mark("Keep what you take out of the file in a folder that they leave out."),
        mark("No index of files was found."),
    )


def _trash(machine: Machine) -> Finding:
    return found_or_clear(
        "trash",
        [path for path in _in(machine.data, "Trash/files") if is_filled(path)],
        mark("Deleted files wait in {paths}"),
        mark("Empty it; on flash memory the contents may stay all the same."),
        mark("The folder of deleted files is empty."),
    )


def _usb_history(machine: Machine) -> Finding:
    return found_or_clear(
        "usb-history",
        machine.under_root("var/log/journal", "var/log/syslog", "var/log/messages"),
        mark("The system's log tells which sticks were plugged in, and when: {paths}"),
        mark("It cannot be switched off for one stick; a system that forgets, such as Tails, can."),
        mark("No lasting log of the system was found."),
    )


def _snapshots(machine: Machine) -> Iterator[Finding]:
    mounts = machine.text("proc/self/mounts")
    if mounts is None:
        yield Finding("snapshots", State.UNKNOWN, mark("The file systems cannot be listed."))
        return
    rows = [line.split() for line in mounts.splitlines()]
    kinds = {row[2] for row in rows if len(row) >= _FIELDS_OF_A_MOUNT} & _SNAPSHOTTING
    if kinds:
        yield Finding(
            "snapshots",
            State.KEEPS,
            mark("File systems that can keep earlier states of files: {kinds}"),
            mark("Look whether snapshots are taken; they keep earlier copies of your file."),
            {"kinds": ", ".join(sorted(kinds))},
        )
    else:
        yield Finding(
            "snapshots", State.CLEAR, mark("No file system here takes snapshots by itself.")
        )
