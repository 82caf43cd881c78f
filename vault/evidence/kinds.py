"""Kinds of entry, and which fields each must and may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vault.errors import UsageError, mark
from vault.evidence.fields import FIELDS, check_value

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    Args:
        name: the value of the field `kind`.
        meaning: one line for people, an English msgid.
        needs: fields without which it is not written.
        never: fields that it does not have.
    """

    name: str
    meaning: str
    needs: frozenset[str]
    never: frozenset[str] = frozenset()


EXHIBIT: Final = Kind(
    "exhibit",
    mark("A file brought in: photo, audio, video, document, message export"),
    frozenset({"kind", "file"}),
)
NOTE: Final = Kind(
    "note",
    mark("An observation or short account in one's own words"),
    frozenset({"kind", "title"}),
    frozenset({"file", "file-name", "media-metadata"}),
)
STOCK: Final = Kind(
    "stock",
    mark("A file that waits to be moved to a less secret volume"),
    frozenset({"kind", "file"}),
)
KINDS: Final = {kind.name: kind for kind in (EXHIBIT, NOTE, STOCK)}


def check_entry(fields: Mapping[str, bytes]) -> Kind:
    """Refuse an entry that this version would not write.

    Args:
        fields: value by field name; `file` and `media-metadata` in their own line formats.

    Returns:
        The kind of the entry.

    Raises:
        UsageError: unknown kind or field, a field missing or out of place, a bad value.
    """
    for name, value in fields.items():
        check_value(name, value)
    if "kind" not in fields:
        raise UsageError(mark("The entry has no field {name}"), name="kind")
    kind = KINDS[fields["kind"].decode("utf-8")]
    missing, misplaced = kind.needs - fields.keys(), kind.never & fields.keys()
    for name in FIELDS:
        if name in missing:
            raise UsageError(mark("The entry has no field {name}"), name=name)
        if name in misplaced:
            raise UsageError(
                mark("An entry of the kind {kind} has no field {name}"), kind=kind.name, name=name
            )
    return kind
