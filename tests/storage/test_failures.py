"""What each number of the system is called, with what to do about it."""

from __future__ import annotations

import errno
import os

import pytest

from vault.errors import Damaged, InUse, NotFound, NotSaved, VaultError
from vault.storage import failures
from vault.storage.failures import (
    not_locked,
    not_opened,
    not_read,
    not_removed,
    not_saved,
    source_not_read,
    taken,
)

COPY = "Copy what is on this disk to another one before you go on."


def told(error):
    """The kind of an error, its text, and what to do."""
    return type(error), str(error), error.hint


def test_numbers_that_this_system_does_not_know_are_left_out():
    known = failures._numbers("EIO", "ENOSUCHNUMBER", "EPERM")
    assert (errno.EIO, errno.EPERM) == known
    assert () == failures._numbers("ENOSUCHNUMBER")


@pytest.mark.parametrize(
    ("tell", "number", "expected"),
    [
        (
            not_saved,
            errno.ENOSPC,
            (
                NotSaved,
                "The disk is full: f was not saved.",
                "Make room on the disk, or use another one; then do it again.",
            ),
        ),
        (not_saved, errno.EIO, (NotSaved, "The disk failed while writing: f was not saved.", COPY)),
        (not_saved, errno.ENOENT, (NotFound, "There is no folder for f.", "")),
        (
            not_saved,
            errno.EEXIST,
            (
                VaultError,
                "f exists already; it was not touched.",
                "Choose another name, or move the old one away.",
            ),
        ),
        (not_read, errno.EIO, (Damaged, "The disk failed while reading f.", COPY)),
        (
            not_read,
            errno.ENODEV,
            (Damaged, "The disk is gone: f cannot be read.", "Plug it in again and repeat."),
        ),
        (source_not_read, errno.EIO, (VaultError, "The disk failed while reading f.", COPY)),
        (not_opened, errno.ENOENT, (NotFound, "There is no file f.", "")),
        (
            not_opened,
            errno.EACCES,
            (VaultError, "You are not allowed to open f.", "Ask its owner."),
        ),
        (
            not_opened,
            errno.EMFILE,
            (VaultError, "Too many files are open: f cannot be.", "Close some programs."),
        ),
        (
            not_locked,
            errno.EWOULDBLOCK,
            (
                InUse,
                "f is in use by another process.",
                "Close the other window or wait until it is done; then do it again.",
            ),
        ),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(tell, number, expected):
    assert expected == told(tell(OSError(number, os.strerror(number)), "f"))


def test_a_taken_name_is_told_with_a_way_out():
    hint = "Choose another name, or move the old one away."
    assert (VaultError, "f exists already; it was not touched.", hint) == told(taken("f"))


PLAIN = {
    not_saved: (NotSaved, "f was not saved: {}"),
    not_read: (Damaged, "f cannot be read: {}"),
    source_not_read: (VaultError, "f cannot be read: {}"),
    not_opened: (VaultError, "f cannot be opened: {}"),
    not_removed: (NotSaved, "f could not be removed: {}"),
    not_locked: (VaultError, "f cannot be locked: {}"),
}


@pytest.mark.parametrize("tell", PLAIN, ids=lambda tell: tell.__name__)
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EPIPE, "the system's own words"), "the system's own words"),
        (OSError(errno.EPIPE, None), os.strerror(errno.EPIPE)),
        (OSError("no number at all"), "no number at all"),
    ],
    ids=["words", "number", "neither"],
)
def test_an_error_without_words_here_is_told_in_those_of_the_system(tell, error, reason):
    kind, text = PLAIN[tell]
    failure = tell(error, "f")
    assert (kind, text.format(reason)) == told(failure)[:2]
    assert {"path": "f", "reason": reason} == failure.values
