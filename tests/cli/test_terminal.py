import os
import sys
import threading

import pytest

from vault.cli.terminal import LONGEST_LINE, decoded
from vault.errors import VaultError

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

import termios

from vault.cli.terminal import TtyTerminal


@pytest.fixture
def pair():
    keyboard, descriptor = os.openpty()
    terminal = TtyTerminal(descriptor)
    yield keyboard, descriptor, terminal
    terminal.close()
    os.close(keyboard)


def echoes(descriptor):
    return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)


def read_while_typing(keyboard, descriptor, terminal, typed, *, secret):
    """Type as soon as the terminal is ready for it; return what was read and whether it echoed."""
    seen = []

    def person():
        while secret and echoes(descriptor):
            pass
        seen.append(echoes(descriptor))
        os.write(keyboard, typed)

    thread = threading.Thread(target=person)
    thread.start()
    try:
        return terminal.read_line("", secret=secret), seen
    finally:
        thread.join()


def test_a_secret_is_read_without_echo_and_echo_comes_back(pair):
    keyboard, descriptor, _terminal = pair
    line, echoed = read_while_typing(*pair, b"open sesame\n", secret=True)
    assert "open sesame" == line
    assert [False] == echoed
    assert echoes(descriptor)
    assert b"\r\n" == os.read(keyboard, 100)


def test_a_line_is_echoed(pair):
    line, echoed = read_while_typing(*pair, "دری\n".encode(), secret=False)
    assert "دری" == line
    assert [True] == echoed


def test_further_lines_of_a_paste_do_not_reach_the_shell(pair):
    _keyboard, descriptor, _terminal = pair
    line, _echoed = read_while_typing(*pair, b"one\nrm -rf things\n", secret=True)
    assert "one" == line
    os.set_blocking(descriptor, False)
    with pytest.raises(BlockingIOError):
        os.read(descriptor, 100)


def test_end_of_input_is_told(pair):
    with pytest.raises(EOFError):
        read_while_typing(*pair, b"\x04", secret=True)
    assert echoes(pair[1])


def test_what_is_written_appears(pair):
    keyboard, _descriptor, terminal = pair
    terminal.write("Passphrase: ")
    assert b"Passphrase: " == os.read(keyboard, 100)


def test_an_answer_beyond_the_limit_is_refused():
    assert "x" * (LONGEST_LINE - 1) == decoded(b"x" * (LONGEST_LINE - 1))
    with pytest.raises(VaultError, match="too long"):
        decoded(b"x" * LONGEST_LINE)


def test_an_answer_that_is_no_text_is_refused():
    with pytest.raises(VaultError, match="UTF-8"):
        decoded(b"\xff")
