import os

import pytest

from person.console import surroundings
from person.terminal import SHOWN, ScriptedTerminal
from vault.cli.invocation import Invocation
from vault.cli.prompts import Kind
from vault.cli.settings import Settings
from vault.crypto.passphrases import digits_passphrase
from vault.errors import NotFound, UsageError, VaultError

CODE = digits_passphrase(lambda count: b"\x12\x34"[:count])
WRONG_CODE = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)


def asking(*answers, **settings):
    terminal = ScriptedTerminal(answers)
    around = surroundings(terminal=terminal)
    return terminal, around, Invocation(around, Settings(**settings)).prompts


@pytest.fixture
def lines():
    opened = []

    def pipe(content):
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        opened.append(reader)
        return reader

    yield pipe
    for descriptor in opened:
        os.close(descriptor)


def test_a_passphrase_is_asked_for_in_secret():
    terminal, _around, prompts = asking("open sesame")
    assert "open sesame" == prompts.passphrase("Passphrase")
    assert [True] == terminal.secrets
    assert "Passphrase: \n" == terminal.screen
    assert terminal.opened == terminal.closed == 1


def test_nothing_entered_three_times_is_an_error():
    _terminal, _around, prompts = asking("", "", "")
    with pytest.raises(VaultError, match="Nothing was entered"):
        prompts.passphrase("Passphrase")


def test_enter_alone_answers_an_optional_question():
    _terminal, _around, prompts = asking("")
    assert "" == prompts.passphrase("Others", optional=True)


def test_end_of_input_is_an_error_and_lets_go_of_the_terminal():
    terminal, _around, prompts = asking()
    with pytest.raises(VaultError, match="Nothing was entered"):
        prompts.passphrase("Passphrase")
    assert 1 == terminal.closed


def test_interruption_lets_go_of_the_terminal():
    terminal, _around, prompts = asking(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        prompts.passphrase("Passphrase")
    assert 1 == terminal.closed


def test_a_slip_in_a_code_is_named_and_asked_again():
    _terminal, around, prompts = asking(WRONG_CODE, CODE)
    assert CODE == prompts.passphrase("Passphrase")
    assert b"the check digits do not fit" in around.stderr.content()


def test_a_missing_digit_is_named():
    _terminal, around, prompts = asking(CODE[:-1], CODE)
    assert CODE == prompts.passphrase("Passphrase")
    assert b"Group 6 of the code does not have 4 digits." in around.stderr.content()


def test_a_doubted_code_typed_again_the_same_is_taken():
    _terminal, _around, prompts = asking(WRONG_CODE, WRONG_CODE)
    assert WRONG_CODE == prompts.passphrase("Passphrase")


def test_without_terminal_and_descriptor_it_is_refused():
    prompts = Invocation(surroundings(typed=b"open sesame\n")).prompts
    with pytest.raises(UsageError, match="no terminal"):
        prompts.passphrase("Passphrase")


def test_no_input_asks_nobody():
    terminal, _around, prompts = asking("open sesame", no_input=True)
    with pytest.raises(UsageError, match="no terminal"):
        prompts.passphrase("Passphrase")
    assert 0 == terminal.opened


def test_a_descriptor_gives_lines_in_order_and_the_terminal_stays_shut(lines):
    terminal, _around, prompts = asking(passphrase_fd=lines(b"one\ntwo\r\nthree"))
    assert ["one", "two", "three"] == [prompts.passphrase("Passphrase") for _ in range(3)]
    assert 0 == terminal.opened


def test_what_follows_the_lines_stays_in_the_descriptor(lines):
    descriptor = lines(b"one\nrest of the input")
    _terminal, _around, prompts = asking(passphrase_fd=descriptor)
    assert "one" == prompts.passphrase("Passphrase")
    assert b"rest of the input" == os.read(descriptor, 100)


def test_too_few_lines_are_told(lines):
    _terminal, _around, prompts = asking(passphrase_fd=lines(b"one\n"))
    prompts.passphrase("Passphrase")
    with pytest.raises(UsageError, match="held 1 passphrases"):
        prompts.passphrase("Passphrase")


def test_an_empty_line_is_no_passphrase(lines):
    _terminal, _around, prompts = asking(passphrase_fd=lines(b"\n"))
    with pytest.raises(VaultError, match="Nothing was entered"):
        prompts.passphrase("Passphrase")


@pytest.mark.parametrize("content", [b"x" * 1_000, b"x" * 4095])
def test_a_long_line_is_taken(lines, content):
    _terminal, _around, prompts = asking(passphrase_fd=lines(content + b"\n"))
    assert content.decode() == prompts.passphrase("Passphrase")


def test_a_line_of_a_megabyte_is_refused(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"x" * 1_000_000)
    _terminal, _around, prompts = asking(passphrase_file=str(path))
    with pytest.raises(VaultError, match="too long"):
        prompts.passphrase("Passphrase")


def test_bytes_that_are_no_text_are_refused_without_showing_them(lines):
    _terminal, _around, prompts = asking(passphrase_fd=lines(b"\xff\xfe\n"))
    with pytest.raises(VaultError, match="not text in UTF-8"):
        prompts.passphrase("Passphrase")


def test_a_descriptor_that_is_not_open_is_a_usage_error():
    _terminal, _around, prompts = asking(passphrase_fd=987)
    with pytest.raises(UsageError, match="cannot be read"):
        prompts.passphrase("Passphrase")


def test_a_file_gives_lines(tmp_path):
    path = tmp_path / "secret"
    path.write_text("pass one\npass two\n", "utf-8")
    _terminal, _around, prompts = asking(passphrase_file=str(path))
    assert ["pass one", "pass two"] == [prompts.passphrase("Passphrase") for _ in range(2)]


def test_a_missing_file_is_told(tmp_path):
    _terminal, _around, prompts = asking(passphrase_file=str(tmp_path / "none"))
    with pytest.raises(NotFound):
        prompts.passphrase("Passphrase")


def test_a_folder_is_no_passphrase_file(tmp_path):
    _terminal, _around, prompts = asking(passphrase_file=str(tmp_path))
    with pytest.raises(VaultError):
        prompts.passphrase("Passphrase")


@pytest.mark.parametrize("kind", [Kind.WORDS, Kind.DIGITS])
def test_a_made_passphrase_is_shown_and_typed_back(kind):
    terminal, _around, prompts = asking(SHOWN)
    made = prompts.new_passphrase("First passphrase", kind)
    assert 6 == len(made.split())
    assert f"\n    {made}\n" in terminal.screen
    assert [True] == terminal.secrets


def test_a_made_passphrase_may_be_typed_back_with_other_gaps_and_digits():
    terminal, _around, prompts = asking("x")
    persian = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

    def typed(question, *, secret):
        made = [line for line in terminal.screen.splitlines() if line.startswith("    ")][-1]
        return made.replace(" ", "").translate(persian)

    terminal.read_line = typed
    assert 29 == len(prompts.new_passphrase("First passphrase", Kind.DIGITS))


def test_a_made_passphrase_that_is_not_typed_back_is_not_made():
    _terminal, _around, prompts = asking("a", "b", "c")
    with pytest.raises(VaultError, match="not typed back"):
        prompts.new_passphrase("First passphrase")


def test_a_made_passphrase_never_reaches_the_streams():
    _terminal, around, prompts = asking(SHOWN)
    prompts.new_passphrase("First passphrase")
    assert b"" == around.stdout.content() == around.stderr.content()


def test_an_own_passphrase_is_typed_twice_and_advised():
    terminal, _around, prompts = asking("jelly77", "jelly77")
    assert "jelly77" == prompts.new_passphrase("First passphrase", Kind.OWN)
    assert "guesses" in terminal.screen
    assert "jelly77" not in terminal.screen


def test_a_strong_own_passphrase_gets_no_advice():
    strong = "vehicle ruptured onyx 77 faction sixtieth"
    terminal, _around, prompts = asking(strong, strong)
    assert strong == prompts.new_passphrase("First passphrase", Kind.OWN)
    assert "guesses" not in terminal.screen


def test_an_own_passphrase_typed_differently_is_refused():
    _terminal, _around, prompts = asking("a", "b", "a", "b", "a", "b")
    with pytest.raises(VaultError, match="not typed twice"):
        prompts.new_passphrase("First passphrase", Kind.OWN)


def test_a_descriptor_gives_new_passphrases_too(lines):
    terminal, _around, prompts = asking(passphrase_fd=lines(b"mine\n"))
    assert "mine" == prompts.new_passphrase("First passphrase")
    assert 0 == terminal.opened


def test_confirmation_takes_the_word_and_nothing_else():
    _terminal, _around, prompts = asking("erase", "yes")
    prompts.confirm("This goes.", "erase")
    with pytest.raises(VaultError, match="not confirmed"):
        prompts.confirm("This goes.", "erase")


def test_confirmation_by_an_option_asks_nobody():
    terminal, _around, prompts = asking()
    prompts.confirm("This goes.", "erase", given=True)
    assert 0 == terminal.opened


def test_a_choice_takes_digits_of_any_script():
    _terminal, _around, prompts = asking("4", "۲")
    assert "2" == prompts.choice("How many", ["1", "2", "3"])


def test_a_choice_gives_up_after_three_other_answers():
    _terminal, _around, prompts = asking("4", "5", "")
    with pytest.raises(VaultError, match="None of the answers"):
        prompts.choice("How many", ["1", "2", "3"])


def test_a_line_is_shown_while_it_is_typed():
    terminal, _around, prompts = asking("my label")
    assert "my label" == prompts.line("Label")
    assert [False] == terminal.secrets


def test_an_optional_question_takes_the_lines_of_a_descriptor_until_an_empty_one(lines):
    _terminal, _around, prompts = asking(passphrase_fd=lines(b"one\n\nthree\n"))
    assert ["one", "", "three"] == [prompts.passphrase("O", optional=True) for _ in range(3)]
    with pytest.raises(UsageError, match="other passphrases whose volumes must survive"):
        prompts.passphrase("O", optional=True)


def test_without_input_only_an_empty_line_means_none(lines):
    _terminal, _around, prompts = asking(passphrase_fd=lines(b"one\n\n"), no_input=True)
    assert ["one", ""] == [prompts.passphrase("O", optional=True) for _ in range(2)]
    with pytest.raises(UsageError, match="there is no answer"):
        prompts.passphrase("O", optional=True)


def test_without_input_and_lines_an_optional_question_is_refused():
    terminal, _around, prompts = asking("never", no_input=True)
    with pytest.raises(UsageError, match="other passphrases whose volumes must survive"):
        prompts.passphrase("Others", optional=True)
    assert 0 == terminal.opened


def test_lines_are_shared_in_the_order_in_which_they_are_asked_for(lines):
    _terminal, _around, outer = asking(passphrase_fd=lines(b"one\ntwo\n"))
    _terminal, _around, inner = asking()
    assert "one" == outer.passphrase("Passphrase")
    inner.share_lines(outer)
    assert "two" == inner.passphrase("Others", optional=True)
