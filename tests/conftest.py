"""What holds for every test: no network, reproducible random examples, no work done twice."""

from __future__ import annotations

import gc
import os
import sys

from hypothesis import settings

import vault  # noqa: F401  before the next line: it keeps its process from writing byte code
from vault.errors import VaultError

# The tests and the programs that they start would else compile everything anew, each time.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

# Nothing of the program or of its tests opens a connection; sockets inside the machine
# (AF_UNIX, whose addresses are text or bytes) are left to the tools that run the tests.
_ADDRESS_EVENTS = frozenset({"socket.connect", "socket.bind"})


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    named = event in _ADDRESS_EVENTS and not isinstance(arguments[1], str | bytes)
    if named or event == "socket.getaddrinfo":
        raise AssertionError(f"{event} {arguments!r}")


sys.addaudithook(_refuse_network)


_make_error = VaultError.__init__


def _make_error_in_words(error: VaultError, message: str, *, hint: str = "", **values) -> None:
    """Whatever is raised in any test says something, and has what its words stand for."""
    for text in (message, hint):
        assert isinstance(text, str)
        text.format(**values)
    assert None not in values.values()
    _make_error(error, message, hint=hint, **values)


VaultError.__init__ = _make_error_in_words


def pytest_collection_finish():
    """Keep the thousands of tests and modules out of every search for garbage."""
    gc.collect()
    gc.freeze()


# The same examples every time: a failure in CI is a failure here. Longer runs are tests/prove.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, database=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))
