import io
import json

import pytest

from person.console import surroundings
from vault.cli.invocation import Invocation
from vault.cli.pager import StreamClosed
from vault.cli.settings import Settings
from vault.errors import VaultError


class Broken(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error

    def flush(self):
        pass


def console(settings=None, **options):
    around = surroundings(**options)
    return around, Invocation(around, Settings(**(settings or {})))


def test_data_goes_to_stdout_and_messages_to_stderr():
    around, here = console()
    here.output.line("{name}", name="data")
    here.output.note("{name}", name="message")
    assert b"data\n" == around.stdout.content()
    assert b"message\n" == around.stderr.content()


def test_quiet_leaves_out_messages_and_keeps_warnings():
    around, here = console({"quiet": True})
    here.output.note("message")
    here.output.warn("warning")
    assert b"warning\n" == around.stderr.content()


def test_json_is_ascii_and_names_its_schema_first():
    around, here = console()
    here.output.json("amanat/test/v1", {"name": "é\x1b\udcff\u202e"})
    raw = around.stdout.content()
    assert raw.isascii()
    assert b"\x1b" not in raw
    assert ["schema", "name"] == list(json.loads(raw))


def test_json_is_never_coloured():
    around, here = console(on_terminal=True)
    here.output.json("amanat/test/v1", {"a": True})
    assert b"\x1b" not in around.stdout.content()


def test_a_table_in_a_pipe_is_aligned_by_spaces():
    around, here = console()
    here.output.table(["No", "Name"], [(1, "a\x1bb"), (20, "c")])
    assert "No  Name\n1   a\\x1bb\n20  c\n" == around.stdout.content().decode()


def test_an_empty_table_has_its_headings():
    around, here = console()
    here.output.table(["No", "Name"], [])
    assert "No  Name\n" == around.stdout.content().decode()


def test_a_table_on_a_terminal_is_drawn_and_safe():
    around, here = console(on_terminal=True)
    here.output.table(["Name"], [("[red]a[/red] :smile: \x1b[2J",)])
    shown = around.stdout.content().decode()
    assert "[red]a[/red] :smile: \\x1b[2J" in shown
    assert "\x1b[1;4mName" in shown


@pytest.mark.parametrize(
    ("settings", "environ"),
    [({"plain": True}, {}), ({}, {"NO_COLOR": ""}), ({}, {"TERM": "dumb"})],
    ids=["--plain", "NO_COLOR", "TERM=dumb"],
)
def test_a_terminal_gets_plain_lines_where_asked(settings, environ):
    around, here = console(settings, on_terminal=True, environ=environ)
    here.output.table(["Name"], [("a",)])
    assert b"Name\na\n" == around.stdout.content()
    assert not here.output.lively


def test_closed_output_is_told():
    _around, here = console(stdout=None)
    with pytest.raises(VaultError, match="Standard output is closed"):
        here.output.text("data")


def test_a_full_disk_under_the_output_is_told():
    _around, here = console(stdout=Broken(OSError(28, "full")))
    with pytest.raises(VaultError, match="could not be written"):
        here.output.text("data")


def test_a_reader_that_left_is_no_error_to_tell():
    _around, here = console(stdout=Broken(BrokenPipeError(32, "pipe")))
    with pytest.raises(StreamClosed):
        here.output.text("data")


def test_a_broken_stderr_changes_nothing():
    around, here = console(stderr=Broken(OSError(5, "io")))
    here.output.warn("warning")
    here.output.line("data")
    assert b"data\n" == around.stdout.content()


def test_closed_stderr_changes_nothing():
    _around, here = console(stderr=None)
    here.output.warn("warning")


def test_bytes_go_out_as_they_are():
    around, here = console()
    here.output.raw(b"\x00\xff\r\n")
    assert b"\x00\xff\r\n" == around.stdout.content()


def test_reading_matter_is_broken_and_indented_lines_are_not():
    around, here = console(environ={"COLUMNS": "20"})
    here.output.reading_matter(["one two three four five six", "x:\n    a long line that stays"])
    expected = "one two three four\nfive six\n\nx:\n    a long line that stays\n"
    assert expected == around.stdout.content().decode()
