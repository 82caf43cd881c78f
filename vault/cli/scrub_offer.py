"""The offer to scrub: after erasing, in the same words whatever the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.cli.i18n import _

if TYPE_CHECKING:
    from vault.cli.invocation import Invocation


def offer_scrub(here: Invocation) -> None:
    """Say how what was erased or moved away is written over, and what that costs.

    At the prompt it is said there, on the screen of which nothing stays.
    """
    here.output.note(_("To write over these places: amanat scrub, from the last passphrase only."))
    here.output.note(_("What is not open when it runs is lost."))
