import pytest

from person.console import surroundings
from vault.cli.invocation import Invocation
from vault.cli.progress import Progress, as_bytes, as_duration, as_number
from vault.cli.settings import Settings


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def step(*, quiet=False, on_terminal=False):
    around = surroundings(on_terminal=on_terminal)
    clock = Clock()
    output = Invocation(around, Settings()).output
    return around, clock, Progress(output, "Adding", quiet=quiet, monotonic=clock)


def test_nothing_appears_in_the_first_second():
    around, clock, progress = step(on_terminal=True)
    clock.now += 0.9
    progress(1, 2)
    assert b"" == around.stderr.content()


def test_a_terminal_gets_bar_rate_and_time_left():
    around, clock, progress = step(on_terminal=True)
    with progress:
        progress(0, 4_000_000)
        clock.now += 2
        progress(1_000_000, 4_000_000)
        shown = around.stderr.content().decode()
    assert "\rAdding   25%  [#####...............]  1.0 MB / 4.0 MB  500.0 KB/s  0:06 left" == shown


def test_the_line_is_cleared_at_the_end():
    around, clock, progress = step(on_terminal=True)
    with progress:
        clock.now += 2
        progress(1, 4)
    assert around.stderr.content().endswith(b" \r")


def test_a_pipe_gets_a_line_now_and_then():
    around, clock, progress = step()
    with progress:
        for second in range(25):
            clock.now = 100.0 + second
            progress(second, 25)
    lines = around.stderr.content().decode().splitlines()
    assert ["Adding    4%", "Adding   44%", "Adding   84%"] == [line[:12] for line in lines]


def test_quiet_shows_nothing():
    around, clock, progress = step(quiet=True, on_terminal=True)
    with progress:
        clock.now += 60
        progress(1, 2)
    assert b"" == around.stderr.content()


def test_an_unknown_total_shows_what_is_done():
    around, clock, progress = step()
    progress(0)
    clock.now += 2
    progress(3000)
    assert b"Adding  3.0 KB  1.5 KB/s\n" == around.stderr.content()


def test_what_came_before_the_first_write_counts_for_nothing():
    """Keys were derived for 10 seconds; then it goes on at 1 MB/s."""
    around, clock, progress = step(on_terminal=True)
    clock.now += 10
    progress(1_000_000, 12_000_000)
    clock.now += 1
    progress(2_000_000, 12_000_000)
    first, second = around.stderr.content().decode().removeprefix("\r").split("\r")
    assert "left" not in first
    assert second.rstrip().endswith("1.0 MB/s  0:10 left")


def test_nothing_done_shows_no_time_left():
    around, clock, progress = step()
    progress(0, 10)
    clock.now += 2
    progress(0, 10)
    assert b"left" not in around.stderr.content()


@pytest.mark.parametrize(
    ("text", "amount"), [("0 B", 0), ("999 B", 999), ("1.0 KB", 1000), ("1500.0 TB", 1.5e15)]
)
def test_bytes_are_told_in_powers_of_ten(text, amount):
    assert text == as_bytes(amount)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:00", -1), ("0:59", 59), ("1:05", 65), ("2:00:05", 7205)]
)
def test_durations_are_told_in_minutes_and_hours(text, seconds):
    assert text == as_duration(seconds)


def test_counts_are_told_with_commas():
    assert "12,345" == as_number(12345)
