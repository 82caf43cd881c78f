import os
import select
import signal
import sys
import threading
from types import SimpleNamespace

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


@pytest.mark.parametrize("secret", [False, True])
def test_a_signal_between_the_last_look_and_the_wait_is_met(pair, monkeypatch, secret):
    class Late(Exception):
        pass

    def signal_arrives(read, write, others, seconds):
        wake = signal.set_wakeup_fd(-1)
        os.write(wake, b"\0")  # what the handler in C does; the one in Python has not run yet
        assert select.select(read, write, others, 5)[0], "it would have slept through a signal"
        raise Late

    monkeypatch.setattr(
        "vault.cli.terminal.select", SimpleNamespace(select=signal_arrives, PIPE_BUF=512)
    )
    with pytest.raises(Late):
        pair[2].read_line("", secret=secret)


def test_a_signal_that_ends_nothing_does_not_end_the_wait(pair):
    keyboard, _descriptor, terminal = pair
    before = signal.signal(signal.SIGUSR1, lambda *_: os.write(keyboard, b"after it\n"))
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        assert "after it" == terminal.read_line("", secret=False)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert -1 == signal.set_wakeup_fd(-1)


def test_more_than_a_terminal_takes_at_once_arrives(pair):
    keyboard, _descriptor, terminal = pair
    seen = []

    def read():
        while sum(seen) < 200_000:
            seen.append(os.read(keyboard, 65536).count(b"x"))

    thread = threading.Thread(target=read)
    thread.start()
    terminal.write("x" * 200_000)
    thread.join()
    assert 200_000 == sum(seen)


def test_an_answer_beyond_the_limit_is_refused():
    assert "x" * (LONGEST_LINE - 1) == decoded(b"x" * (LONGEST_LINE - 1))
    with pytest.raises(VaultError, match="too long"):
        decoded(b"x" * LONGEST_LINE)


def test_an_answer_that_is_no_text_is_refused():
    with pytest.raises(VaultError, match="UTF-8"):
        decoded(b"\xff")
