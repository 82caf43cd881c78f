"""The offer to scrub: after writing, in the same words whatever the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.cli.i18n import _

if TYPE_CHECKING:
    from vault.cli.invocation import Invocation


def offer_scrub(here: Invocation) -> None:
    """Say what becomes of what was replaced or erased; at the prompt, once, when it is left."""
    if here.open_vault is None:
        here.output.note(
            _("Older states stay in unused places of the file. To write over them: amanat scrub")
        )
