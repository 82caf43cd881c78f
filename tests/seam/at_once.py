"""A commit of several rows without its threads: what they would do is done at once.

Rows of the tests' geometry are so small that handing one over costs more than filling it. Runs
of many thousand containers save two fifths of their time; a part of each goes with threads.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from vault.container import row_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _AtOnce:
    """In place of a pool of one thread."""

    def __init__(self, workers: int) -> None:
        assert workers == 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[..., None], *words: object) -> Future[None]:
        future: Future[None] = Future()
        try:
            future.set_result(work(*words))
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            future.set_exception(error)
        return future


@contextmanager
def at_once(*, threads: bool = False) -> Iterator[None]:
    """Let commits do without threads; or with them, as they are."""
    original = row_writer.ThreadPoolExecutor
    if not threads:
        row_writer.ThreadPoolExecutor = _AtOnce
    try:
        yield
    finally:
        row_writer.ThreadPoolExecutor = original
