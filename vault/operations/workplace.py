"""What every use case is given: disk, clock, randomness, and the format of containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vault.container.form import Form
    from vault.crypto.entropy import Random
    from vault.storage.interface import Disk

    Progress = Callable[[int, int | None], None]
    """Called with what is done so far and, where it is known, what there is in all."""


@dataclass(frozen=True)
class Workplace:
    """Where a use case runs.

    Attributes:
        disk: containers and output files.
        clock: the time now, UTC.
        random: randomness.
        form: the format of containers; tests inject a cheap one.
    """

    disk: Disk
    clock: Callable[[], datetime]
    random: Random
    form: Form

    def now(self) -> str:
        """Return the time now as RFC 3339 in UTC, whole seconds."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
