"""What a part of the programme found."""

from __future__ import annotations

from dataclasses import dataclass, field


class NotPossibleHere(Exception):
    """A part cannot run on this system; the text says why."""


@dataclass
class Result:
    """One line of the report.

    Attributes:
        what: was tried.
        tried: how many times.
        faults: each with what makes it again; none is what is claimed.
        seen: what else there was, counted.
        skipped: why nothing was tried, or "".
    """

    what: str
    tried: int = 0
    faults: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    skipped: str = ""

    def count(self, name: str, number: int = 1) -> None:
        """Count something that was seen."""
        self.seen[name] = self.seen.get(name, 0) + number

    def add(self, other: Result) -> None:
        """Put another process's share of the same work to this one."""
        self.tried += other.tried
        self.faults += other.faults
        self.skipped = self.skipped or other.skipped
        for name, number in other.seen.items():
            self.count(name, number)

    def line(self) -> str:
        """Say all of it in one line."""
        if self.skipped:
            return f"NOT TRIED: {self.what}: {self.skipped}"
        seen = "".join(f", {number} {name}" for name, number in sorted(self.seen.items()))
        return f"{self.what}: {self.tried} tried, {len(self.faults) or 'no'} faults{seen}"
