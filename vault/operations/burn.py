"""Making a vault impossible to open, for everyone and for good."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault.container.session import open_container
from vault.errors import NotSaved, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.container.session import Session
    from vault.operations.workplace import Workplace


@contextmanager
def session_to_burn(path: str, passphrase: str, place: Workplace) -> Iterator[Session]:
    """Open a vault with any of its passphrases, whatever became of what is in it.

    Args:
        path: the file.
        passphrase: as typed; it shows that this is the right file.
        place: disk, form.

    Raises:
        UnlockError: it does not open, whatever the reason.
        InUse: another process has it open.
        Damaged: the file is longer or shorter than when it was made.
    """
    session = open_container(
        place.disk,
        path,
        passphrase,
        writable=True,
        form=place.form,
        random=place.random,
        allow_altered=True,
    )
    try:
        yield session
    finally:
        session.close()


def burn(session: Session) -> None:
    """Overwrite what turns a passphrase into keys; returns after the last fsync.

    Copies made before are not reached, and open as they did. The session can only be closed then.

    Args:
        session: opened for writing.

    Raises:
        NotSaved: the disk failed; it may still be possible to open the file.
        ContainerError: opened for reading only.
    """
    try:
        session.burn()
    except NotSaved as error:
        raise NotSaved(
            mark("The disk failed: this file may still be possible to open."),
            hint=mark("Try again; or delete the file, and destroy what it stands on."),
        ) from error
