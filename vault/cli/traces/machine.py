"""A machine as `doctor` looks at it, and what it finds; tests lay out a false one in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from vault.errors import mark


class State(Enum):
    """What was found; the values appear in JSON."""

    KEEPS = "keeps"
    CLEAR = "clear"
    UNKNOWN = "unknown"


STATE_WORDS = {
    State.KEEPS: mark("keeps"),
    State.CLEAR: mark("clear"),
    State.UNKNOWN: mark("unknown"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that a system keeps, or does not.

    Attributes:
        area: a short name that does not change: "swap".
        state: whether it keeps something.
        text: what was found, a msgid.
        advice: what to do about it, a msgid, or empty.
        values: what the placeholders of both stand for.
    """

    area: str
    state: State
    text: str
    advice: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """Where to look.

    Attributes:
        system: "linux", "windows", "macos" or another name.
        root: the folder that stands for "/", or for the system's drive.
        home: the person's home folder; None where there is none.
        cache: where programs keep what they can make again.
        data: where programs keep what is the person's.
        environ: the environment's variables.
    """

    system: str
    root: Path
    home: Path | None
    cache: Path | None
    data: Path | None
    environ: Mapping[str, str]

    def text(self, path: str) -> str | None:
        """Return a short system file under `root` as text, or None if it cannot be read."""
        try:
            with (self.root / path).open("rb") as stream:
                return stream.read(_LONGEST_SETTING).decode("utf-8", "replace")
        except OSError:
            return None

    def under_home(self, *paths: str) -> list[Path]:
        """Return those of some paths in the home folder that exist."""
        return existing([self.home / path for path in paths]) if self.home else []

    def under_root(self, *paths: str) -> list[Path]:
        """Return those of some paths of the system that exist."""
        return existing([self.root / path for path in paths])

    def folder_of(self, variable: str) -> Path | None:
        """Return the folder that a variable of the environment names."""
        value = self.environ.get(variable)
        return Path(value) if value else None


_LONGEST_SETTING = 1 << 16


def existing(paths: list[Path]) -> list[Path]:
    """Return those paths that exist; what may not be looked at counts as existing."""
    found = []
    for path in paths:
        try:
            path.lstat()
        except PermissionError:
            found.append(path)
        except (OSError, ValueError):
            continue
        else:
            found.append(path)
    return found


def is_filled(folder: Path) -> bool:
    """Return whether a folder holds anything; True where it may not be looked into."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except PermissionError:
        return True
    except OSError:
        return False


def found_or_clear(area: str, paths: list[Path], text: str, advice: str, clear: str) -> Finding:
    """Return a finding that names the paths, or one that says there are none."""
    if not paths:
        return Finding(area, State.CLEAR, clear)
    return Finding(area, State.KEEPS, text, advice, {"paths": ", ".join(map(str, paths))})


def this_machine(environ: Mapping[str, str]) -> Machine:
    """Return the machine that the program runs on."""
    from platformdirs import user_cache_path, user_data_path

    systems = {"linux": "linux", "win32": "windows", "darwin": "macos"}
    try:
        home: Path | None = Path.home()
    except RuntimeError:  # no HOME, and no entry for the user
        home = None
    return Machine(
        system=systems.get(sys.platform, sys.platform),
        root=Path(environ.get("SYSTEMDRIVE", "C:") + "\\") if os.name == "nt" else Path("/"),
        home=home,
        cache=user_cache_path() if home else None,
        data=user_data_path() if home else None,
        environ=environ,
    )
