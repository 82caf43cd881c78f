import errno

import pytest

from person.console import amanat, surroundings
from vault import errors
from vault.cli import failures
from vault.cli.exit_codes import EXIT_CODES
from vault.cli.invocation import Invocation
from vault.errors import UnlockError, VaultError

SECRET = "correct horse battery staple"


def told(error, **settings):
    around = surroundings()
    here = Invocation(around)
    here.settings.take(settings)
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001  with its traceback, as the program meets it
        code = failures.tell(caught, here)
    assert b"" == around.stdout.content()
    return code, around.stderr.content().decode()


def test_an_expected_error_is_two_lines_and_its_code():
    code, text = told(UnlockError())
    assert 12 == code
    assert (
        "amanat: This file cannot be opened with this passphrase.\n"
        "Check the file, and type the passphrase again. If the file is damaged: rescue --from-end\n"
    ) == text


def test_an_error_without_advice_is_one_line():
    assert (1, "amanat: It broke.\n") == told(VaultError("It broke."))


def test_values_are_made_safe_and_cut():
    code, text = told(VaultError("No {name}.", name="\x1b[2J\n" + "x" * 1000))
    assert 1 == code
    assert text.startswith(r"amanat: No \x1b[2J\nxxx")
    assert 1 == text.count("\n")
    assert len(text) < 400


def test_braces_in_a_value_are_no_placeholders():
    assert (1, "amanat: No {hint}.\n") == told(VaultError("No {name}.", name="{hint}"))


def test_every_error_of_the_tree_has_a_code_of_the_table():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, VaultError)
    ]
    assert len(kinds) > 20
    assert {kind.exit_code for kind in kinds} <= set(EXIT_CODES)


def test_an_unexpected_error_shows_its_place_and_no_contents():
    code, text = told(KeyError(SECRET))
    assert 1 == code
    assert "error code: KeyError " in text
    assert SECRET not in text
    assert "Traceback" not in text
    assert 2 == text.count("\n")


def test_debug_shows_frames_without_values():
    code, text = told(KeyError(SECRET), debug=True)
    assert 1 == code
    assert SECRET not in text
    assert "test_failures:" in text
    assert " told\n" in text


def test_interruption_ends_in_130_and_says_what_is_kept():
    code, text = told(KeyboardInterrupt())
    assert 130 == code
    assert "nothing after the last saved step was changed" in text


def test_too_little_memory_is_told():
    code, text = told(MemoryError())
    assert 1 == code
    assert "memory" in text


def test_a_refusal_of_the_system_names_the_file_safely():
    code, text = told(OSError(errno.EACCES, "denied", "a\x1bb"))
    assert 1 == code
    assert r"amanat: The system refused a\x1bb: Permission denied." in text


@pytest.mark.parametrize("kind", [RecursionError, UnicodeDecodeError, ZeroDivisionError])
def test_no_error_of_python_escapes(kind):
    error = kind("utf-8", b"x", 0, 1, SECRET) if kind is UnicodeDecodeError else kind(SECRET)
    code, text = told(error)
    assert 1 == code
    assert SECRET not in text


def test_a_renamed_program_speaks_of_itself_by_its_name():
    ran = amanat("frob", program="notes")
    assert "notes: There is no command frob.\nSee: notes --help\n" == ran.err
    assert "  notes guide\n" in amanat("--help", program="notes").out


def test_a_command_with_escapes_in_its_name_is_shown_safely():
    ran = amanat("\x1b[31m")
    assert 2 == ran.code
    assert "\x1b" not in ran.err
    assert "\x1b" not in amanat("guide", "--\x1b[31m").err
    assert "\x1b" not in amanat("guide", "x\x1b[31m").err
    assert "\x1b" not in amanat("--level", "\x1b[31m", "guide").err
