"""Passphrases that come from a descriptor or a file, one a line, in the order they are asked."""

from __future__ import annotations

import os
from pathlib import Path

from vault.cli.terminal import LONGEST_LINE, decoded, too_long
from vault.errors import NotFound, UsageError, VaultError, mark


class LineSource:
    """Lines of an open descriptor, taken one at a time.

    Read byte by byte: what follows the lines that were asked for stays in the descriptor, so
    that `--passphrase-fd 0` and a file on standard input go together.

    Args:
        descriptor: open for reading; stays open.
        name: the option it came from, for messages.
        own: whether `close` closes the descriptor; one that was handed over stays open.
    """

    def __init__(self, descriptor: int, name: str, *, own: bool = False) -> None:
        self._descriptor = descriptor
        self._name = name
        self._own = own
        self._taken = 0

    def close(self) -> None:
        """Give it up; no line can be taken after that."""
        if self._own:
            self._own = False
            os.close(self._descriptor)

    def next_line(self) -> str:
        r"""Return the next line without its end (`\n` or `\r\n`).

        Raises:
            UsageError: there is no further line, or the descriptor cannot be read.
            VaultError: the line is longer than 4,095 bytes, or is not UTF-8.
        """
        line = self.further_line()
        if line is None:
            raise UsageError(
                mark("{option} held {count} passphrases; one more is asked for."),
                hint=mark("Give one a line, in the order in which they are asked for."),
                option=self._name,
                count=self._taken,
            )
        return line

    def further_line(self) -> str | None:
        """Return the next line, or None where there is none; see `next_line`."""
        line = bytearray()
        try:
            while (byte := os.read(self._descriptor, 1)) not in {b"", b"\n"}:
                line += byte
                if len(line) > LONGEST_LINE:
                    raise too_long()
        except OSError as error:
            raise UsageError(
                mark("{option} cannot be read: {reason}."),
                hint=mark("Give a descriptor that is open for reading."),
                option=self._name,
                reason=os.strerror(error.errno or 0),
            ) from None
        if not byte and not line:
            return None
        self._taken += 1
        return decoded(bytes(line.removesuffix(b"\r")))


def source_from_file(path: str) -> LineSource:
    """Open a passphrase file; a pipe or another device serves as well.

    Raises:
        NotFound: there is no such file.
        VaultError: it cannot be opened.
    """
    try:
        descriptor = os.open(Path(path), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise NotFound(
            mark("There is no passphrase file {path}."),
            hint=mark("Check the name after --passphrase-file."),
            path=path,
        ) from None
    except (OSError, ValueError) as error:
        raise VaultError(
            mark("The passphrase file {path} cannot be opened: {reason}."),
            hint=mark("Check the name after --passphrase-file, and who may read it."),
            path=path,
            reason=os.strerror(getattr(error, "errno", None) or 0),
        ) from None
    return LineSource(descriptor, "--passphrase-file", own=True)
