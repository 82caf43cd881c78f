"""How entries, sizes, times and digests look, on screens and in JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vault.cli.i18n import _, counted
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.catalog.bodies import Contact
    from vault.catalog.rows import Entry
    from vault.operations.opened import OpenVault

_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_POWERS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def entries_text(number: int) -> str:
    """Return how many entries, in words."""
    return counted("{number} entry", "{number} entries", number).format(number=number)


def files_text(number: int) -> str:
    """Return how many files, in words."""
    return counted("{number} file", "{number} files", number).format(number=number)


def read_size(text: str) -> int:
    """Return the bytes that a text like 1GiB, 512M or 134217728 means; units are powers of 1024.

    Raises:
        UsageError: not a size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            mark("“{text}” is not a size."), hint=mark("Write it like 1GiB or 512MiB."), text=text
        )
    return int(found[1]) << _POWERS[found[2].upper()]


def read_fields(pairs: Sequence[str]) -> dict[str, bytes]:
    """Return what `--field NAME=VALUE` says, by name.

    Raises:
        UsageError: a text without `=`, or a name twice.
    """
    from vault.evidence.fields import normalise

    fields: dict[str, bytes] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name in fields:
            raise UsageError(
                mark("“{text}” is not a field, or stands twice."),
                hint=mark("Write it like --field place=Herat"),
                text=pair,
            )
        fields[name] = normalise(value).encode("utf-8", "surrogateescape")
    return fields


class Naming:
    """Names entries as commands take them, and says of each whether its sender was compared.

    Args:
        vault: open; its contacts are looked up once per log.
    """

    def __init__(self, vault: OpenVault) -> None:
        self._catalog = vault.catalog
        self._own = vault.catalog.origin
        self._known: dict[str, Contact | None] = {}

    def item(self, origin: str, seq: int) -> str:
        """Return NUMBER for an entry of the own log, else CONTACT/NUMBER."""
        if origin == self._own:
            return str(seq)
        contact = self._contact(origin)
        return f"{contact.name if contact else '?'}/{seq}"

    def confirmed(self, origin: str) -> bool:
        """Whether it is the own log, or that of a contact whose fingerprint was compared."""
        contact = None if origin == self._own else self._contact(origin)
        return origin == self._own or (contact is not None and contact.confirmed)

    def row(self, entry: Entry) -> list[object]:
        """Return the cells of an entry in a list: item, when, kind, size, title."""
        from vault.cli.progress import as_bytes

        kind = entry.kind if self.confirmed(entry.origin) else _("not confirmed")
        if entry.fields == 0:
            kind = _("erased") if entry.origin == self._own else _("withheld or erased")
        size = as_bytes(entry.media.size) if entry.media else ""
        return [self.item(entry.origin, entry.seq), entry.added, kind, size, entry.title]

    def content(self, entry: Entry) -> dict[str, object]:
        """Return an entry as `--json` prints it."""
        media = entry.media
        return {
            "item": self.item(entry.origin, entry.seq),
            "log": entry.origin,
            "confirmed": self.confirmed(entry.origin),
            "seq": entry.seq,
            "added": entry.added,
            "kind": entry.kind,
            "title": entry.title,
            "file_name": entry.file_name,
            "fields": entry.fields,
            "size": media.size if media else None,
            "sha256": media.sha256.hex() if media else None,
            "type": media.media_type if media else None,
        }

    def _contact(self, origin: str) -> Contact | None:
        if origin not in self._known:
            self._known[origin] = self._catalog.contact_of(origin)
        return self._known[origin]
