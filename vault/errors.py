"""Every error that Amanat raises on purpose, under one root.

VaultError                            1
├── UsageError                        2    the words of the command do not fit
├── PartlyDone                        3    some of it is done, some is not; says which
├── NotFound                         10    no such file, entry or contact
├── InUse                            11    another process holds the container
├── UnlockError                      12    one text for every reason
├── ContainerError                    1
│   ├── ContainerFull
│   ├── RolledBack                         altered, or an older state was put back
│   ├── Damaged                            bytes cannot be read back
│   └── NotSaved                           a write or fsync failed; nothing was acknowledged
├── SourceChanged                     1    a file changed while it was being read
├── LedgerError                      20
│   ├── MalformedRecord                    bytes that the strict readers refuse
│   ├── ChainBroken
│   ├── BadProof
│   ├── BadCheckpoint
│   └── Inconsistent                       two openings of one name, two roots of one size
├── SyncError                        20
│   ├── NotForUs                     12
│   ├── MalformedBundle
│   └── Replayed
├── ContactError                      1
│   └── BadCard                      20
└── VerificationFailed               20    carries the report

A message is an English msgid with `{placeholders}`; the values stay apart, so that
the command line translates the text and passes every value through `safe()` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def mark(text: str) -> str:
    """Mark a message for the translators' catalogue; the text itself is unchanged."""
    return text


class VaultError(Exception):
    """Root of all expected failures.

    Args:
        message: what happened, one line, an English msgid with `{name}` placeholders.
        hint: what to do about it, one line, same form; empty where there is nothing to do.
        values: what the placeholders stand for; may be untrusted.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.values: Mapping[str, object] = values

    def __str__(self) -> str:
        return self.message.format(**self.values)


class UsageError(VaultError):
    """The words of the command do not fit together."""

    exit_code = 2


class PartlyDone(VaultError):
    """Some of what was asked for is done and kept, some is not."""

    exit_code = 3


class NotFound(VaultError):
    """A file, entry or contact that does not exist."""

    exit_code = 10


class InUse(VaultError):
    """Another process holds the lock on the container."""

    exit_code = 11


class UnlockError(VaultError):
    """Wrong passphrase, absent or damaged slot, no container at all: one text for all."""

    exit_code = 12

    def __init__(
        self,
        message: str = mark("This file cannot be opened with this passphrase."),
        *,
        hint: str = mark(
            "Check the file, and type the passphrase again. "
            "If the file is damaged: rescue --from-end"
        ),
    ) -> None:
        super().__init__(message, hint=hint)


class ContainerError(VaultError):
    """The container cannot do what was asked."""


class ContainerFull(ContainerError):
    """No room left at this level for this kind of content."""


class RolledBack(ContainerError):
    """The file was altered, or an older state of it was put back."""


class Damaged(ContainerError):
    """Bytes that were written cannot be read back."""


class NotSaved(ContainerError):
    """A write or an fsync failed: nothing of this commit was acknowledged."""


class SourceChanged(VaultError):
    """A file changed while it was being read; it was not taken in."""


class LedgerError(VaultError):
    """The log, an entry or a proof does not check."""

    exit_code = 20


class MalformedRecord(LedgerError):
    """Bytes that a strict reader refuses."""


class ChainBroken(LedgerError):
    """A leaf does not follow the one before it."""


class BadProof(LedgerError):
    """An inclusion or consistency proof does not lead to the root."""


class BadCheckpoint(LedgerError):
    """A checkpoint is malformed or not signed by the log's keys."""


class Inconsistent(LedgerError):
    """Two signed statements that cannot both be honest."""


class SyncError(VaultError):
    """A bundle cannot be read or made."""

    exit_code = 20


class NotForUs(SyncError):
    """No identity at hand opens this bundle, or it names another recipient."""

    exit_code = 12


class MalformedBundle(SyncError):
    """A bundle that the strict reader refuses, or whose bytes were changed."""


class Replayed(SyncError):
    """This bundle was imported before."""


class ContactError(VaultError):
    """A contact cannot be used as asked."""


class BadCard(ContactError):
    """A card that the strict reader refuses."""

    exit_code = 20


class VerificationFailed(VaultError):
    """What was checked does not hold; `report` says what and why.

    Args:
        report: the findings, an object of the room `verify`.
    """

    exit_code = 20

    def __init__(self, message: str, *, report: object, hint: str = "", **values: object) -> None:
        super().__init__(message, hint=hint, **values)
        self.report = report
