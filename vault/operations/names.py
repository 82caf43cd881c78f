"""What an owner may call a volume or a contact: a short line that can be kept and shown."""

from __future__ import annotations

MAX_NAME_BYTES = 255
"""Bytes of the longest name, in UTF-8: what a record of the catalog has room for."""

_JOINERS = "\u200c\u200d"
"""Persian and Pashto are not written rightly without them; Python counts them as unprintable."""


def can_be_name(name: str) -> bool:
    """Tell whether this is a name: not blank, one line, no control or bidi characters.

    Args:
        name: as it was typed.
    """
    shown = name.translate(dict.fromkeys(map(ord, _JOINERS)))
    return (
        bool(shown.strip())
        and shown.isprintable()  # false for a lone surrogate, so that the next line cannot fail
        and len(name.encode("utf-8")) <= MAX_NAME_BYTES
    )
