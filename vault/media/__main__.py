"""The child: reads requests from its standard input, answers on its standard output.

It is started by `vault.media.reader`, never by people.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vault.media import protocol
from vault.media.collected import Collected
from vault.media.confinement import TimeIsUp, confine, time_for_one_file
from vault.media.inspection import inspect_bytes, inspect_path

if TYPE_CHECKING:
    from typing import BinaryIO


def main() -> None:
    """Serve requests until the parent closes the pipe or says something malformed."""
    requests, answers = _take_pipes()
    confine()
    with requests, answers:
        while True:
            head = requests.read(5)
            if len(head) < 5:  # noqa: PLR2004 - kind and length
                return
            kind, length = protocol.parse_request_head(head)
            payload = requests.read(length)
            if len(payload) < length:
                return
            answers.write(protocol.encode_answer(answer(kind, payload)))
            answers.flush()


def answer(kind: bytes, payload: bytes) -> Collected:
    """Inspect what one request names, within the time for one file."""
    collected = Collected()
    only_type = kind in {protocol.TYPE_OF_PATH, protocol.TYPE_OF_BYTES}
    try:
        with time_for_one_file():
            if kind in {protocol.PATH, protocol.TYPE_OF_PATH}:
                inspect_path(os.fsdecode(payload), collected, only_type=only_type)
            else:
                inspect_bytes(payload, collected, only_type=only_type)
    except TimeIsUp:
        collected.problem = "time"
    except MemoryError:
        collected.problem = "memory"
    return collected


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes for ourselves; what a library prints goes nowhere."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


if __name__ == "__main__":
    main()
