"""Making a vault impossible to open, for everyone and for good."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from vault.container.burning import Remains
from vault.container.salvage import open_damaged
from vault.container.session import open_container
from vault.errors import Damaged, NotSaved, UnlockError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.operations.workplace import Workplace


class Burnable(Protocol):
    """A file that a passphrase opened, whole or damaged."""

    def burn(self) -> None:
        """Overwrite heads and cells."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


@contextmanager
def file_to_burn(path: str, passphrase: str, place: Workplace) -> Iterator[Burnable]:
    """Open a vault with any of its passphrases, whatever became of what is in it.

    What does not open as usual is opened as `rescue` does it: by the head in front although the
    file has another length now, or by the head at its end.

    Args:
        path: the file.
        passphrase: as typed; it shows that this is the right file.
        place: disk, form.

    Raises:
        UnlockError: it does not open, whatever the reason.
        InUse: another process has it open.
    """
    opened: Burnable
    try:
        opened = open_container(
            place.disk,
            path,
            passphrase,
            writable=True,
            form=place.form,
            random=place.random,
            allow_altered=True,
        )
    except UnlockError:
        found = _remains(path, passphrase, place, from_end=True)
        if found is None:
            raise
        opened = found
    except Damaged:
        found = _remains(path, passphrase, place, from_end=False)
        if found is None:
            raise
        opened = found
    try:
        yield opened
    finally:
        opened.close()


def _remains(path: str, passphrase: str, place: Workplace, *, from_end: bool) -> Remains | None:
    """Open what a head of the damaged file tells of; None where it does not open."""
    try:
        damaged = open_damaged(place.disk, path, passphrase, form=place.form, from_end=from_end)
    except (UnlockError, Damaged):
        return None
    damaged.close()
    file = place.disk.open(path, writable=True)
    try:
        file.lock(exclusive=True)
    except BaseException:
        file.close()
        raise
    return Remains(file, damaged.geometry, place.random)


def burn(opened: Burnable) -> None:
    """Overwrite what turns a passphrase into keys; returns after the last fsync.

    Copies made before are not reached, and open as they did. What is open can only be closed then.

    Args:
        opened: for writing.

    Raises:
        NotSaved: the disk failed, or Ctrl-C came; it may still be possible to open the file.
        ContainerError: opened for reading only.
    """
    try:
        opened.burn()
    except NotSaved as error:
        raise NotSaved(
            mark("The disk failed: this file may still be possible to open."),
            hint=mark("Try again; or delete the file, and destroy what it stands on."),
        ) from error
    except KeyboardInterrupt as error:
        raise NotSaved(
            mark("Burning was interrupted: this file may still be possible to open."),
            hint=mark("To end it, burn it again; or delete the file."),
        ) from error
