"""The one table of exit codes; the same code and text whatever the number of volumes."""

from __future__ import annotations

from vault.errors import mark

OK = 0
ERROR = 1
USAGE = 2
PARTLY_DONE = 3
NOT_FOUND = 10
IN_USE = 11
CANNOT_OPEN = 12
NOT_VERIFIED = 20
INTERRUPTED = 130

EXIT_CODES = {
    OK: mark("done"),
    ERROR: mark("an error; nothing after the last saved step was changed"),
    USAGE: mark("the words of the command do not fit"),
    PARTLY_DONE: mark("partly done; the messages say which part"),
    NOT_FOUND: mark("no such file, item or contact"),
    IN_USE: mark("another process is using the file"),
    CANNOT_OPEN: mark("cannot be opened: wrong passphrase or identity, or not such a file"),
    NOT_VERIFIED: mark("verification failed, or the file is malformed"),
    INTERRUPTED: mark("interrupted: Ctrl-C, a closed window, a shutdown"),
}
"""Every code that the program ends with, and what it means."""
