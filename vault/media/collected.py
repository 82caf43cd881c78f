"""What one file has given so far, kept within the bounds of an answer.

Bounds hold in the child, so that an honest child never makes an answer that the parent
refuses; the parent checks them again.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vault.media.metadata import UNKNOWN_TYPE, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FIELDS: Final = 256
MAX_PARTS: Final = 64
MAX_VALUE: Final = 4096
"""Characters of one value; longer ones are cut, with an ellipsis to show it."""

BUDGET: Final = 200_000
"""Bytes that all values together may take in an answer; what comes later is left out."""

NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass
class Collected:
    """Fields and findings of one file.

    Args:
        media_type: what the first bytes speak for.
        fields: text by tag name, first come, first kept.
        parts: findings that are not fields: previews, maker notes, attachments.
        problem: a key of `PROBLEMS`, or None.
        spent: bytes of the budget that are gone.
    """

    media_type: str = UNKNOWN_TYPE
    fields: dict[str, str] = field(default_factory=dict)
    parts: list[Finding] = field(default_factory=list)
    problem: str | None = None
    spent: int = 0

    def add(self, name: str, value: object) -> None:
        """Keep a field unless it is empty, known already, or one too many."""
        text = clean(value)
        free = name not in self.fields and len(self.fields) < MAX_FIELDS
        if text and free and NAME.fullmatch(name) and self._affords(text):
            self.fields[name] = text

    def found(self, kind: str, name: str, value: object) -> None:
        """Keep a finding that is not a field."""
        text = clean(value)
        if len(self.parts) < MAX_PARTS and NAME.fullmatch(name) and self._affords(text):
            self.parts.append(Finding(kind, name, text))

    @contextmanager
    def tolerating(self) -> Iterator[None]:
        """What a parser of hostile bytes raises costs what it was reading, and no more.

        Lack of memory goes on: it concerns the whole file.
        """
        try:
            yield
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - such parsers raise anything
            self.problem = self.problem or "damaged"

    def _affords(self, text: str) -> bool:
        cost = len(json.dumps(text))
        if self.spent + cost > BUDGET:
            return False
        self.spent += cost
        return True


def clean(value: object) -> str:
    """One value as text, cut to its limit, without what merely fills up its field."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = text.encode("utf-8", "replace").decode("utf-8").rstrip(" \0\r\n\t").lstrip("\0")
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def number(value: float) -> str:
    """A number as ExifTool prints it: 15 significant digits, no trailing zeros."""
    return f"{value:.15g}"
