"""Waiting for a save that goes on in another thread, however often somebody presses Ctrl-C."""

from __future__ import annotations

from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future


def wait_out(save: Future[Any]) -> BaseException | None:
    """Wait until a save is over; a session with a save under way must not be given back.

    Returns:
        What interrupted the waiting, the last of it; `None` if nothing did. The save's own
        outcome is for the caller to ask.
    """
    interruption: BaseException | None = None
    while not save.done():
        try:
            wait([save])
        except BaseException as error:  # noqa: BLE001  Ctrl-C, or a signal that ends the prompt
            interruption = error
    return interruption
