"""What holds for every test: no network, reproducible random examples."""

from __future__ import annotations

import os
import sys

from hypothesis import settings

# Nothing of the program or of its tests opens a connection; sockets inside the machine
# (AF_UNIX, whose addresses are text or bytes) are left to the tools that run the tests.
_ADDRESS_EVENTS = frozenset({"socket.connect", "socket.bind"})


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    named = event in _ADDRESS_EVENTS and not isinstance(arguments[1], str | bytes)
    if named or event == "socket.getaddrinfo":
        raise AssertionError(f"{event} {arguments!r}")


sys.addaudithook(_refuse_network)

# The same examples every time: a failure in CI is a failure here. Longer runs are tests/prove.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, database=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))
