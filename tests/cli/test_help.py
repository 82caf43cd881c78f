import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from person.console import amanat
from vault.cli.command import Command, CommandGroup
from vault.cli.index import ENTRIES

ROOT = Path(__file__).resolve().parents[2]

HEAVY = ("cryptography", "nacl", "apsw", "rich", "zxcvbn", "platformdirs", "hashlib", "PIL")


def every_command():
    """Return the words and the declaration of every command and group."""
    found = []
    for name, entry in ENTRIES.items():
        declared = entry.load()
        found.append(((name,), declared))
        if isinstance(declared, CommandGroup):
            found += [((name, second), one) for second, one in declared.commands.items()]
    return found


COMMANDS = every_command()
IDS = [" ".join(words) for words, _declared in COMMANDS]


@pytest.mark.parametrize(("words", "declared"), COMMANDS, ids=IDS)
def test_help_leads_with_what_it_does_and_with_examples(words, declared):
    ran = amanat(*words, "--help")
    assert (0, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    assert declared.summary.split()[0] == lines[0].split()[0]
    assert declared.examples
    assert lines.index("Examples:") < next(n for n, line in enumerate(lines) if "Usage:" in line)
    for example in declared.examples:
        assert f"  {example}" in lines


@pytest.mark.parametrize(("words", "declared"), COMMANDS, ids=IDS)
def test_examples_are_of_the_command_they_stand_with(words, declared):
    for example in declared.examples:
        plain = example.split("| ")[-1].replace("--vault FILE ", "")
        said = [word for word in plain.split() if not word.startswith("-")]
        assert ["amanat", *words] == said[: len(words) + 1]


@pytest.mark.parametrize("name", ENTRIES)
def test_the_table_says_what_the_file_says(name):
    assert ENTRIES[name].load().summary == ENTRIES[name].summary


@pytest.mark.parametrize(("words", "declared"), COMMANDS, ids=IDS)
def test_short_and_long_help_are_the_same(words, declared):
    assert amanat(*words, "-h").out == amanat(*words, "--help").out


@pytest.mark.parametrize(("words", "declared"), COMMANDS, ids=IDS)
def test_every_command_takes_the_options_of_all(words, declared):
    if isinstance(declared, Command):
        assert 2 == amanat(*words, "--level", "9").code
        assert 2 == amanat("--level", "9", *words).code


def test_a_schema_has_a_name_of_its_own_with_a_version():
    names = [d.schema.name for _w, d in COMMANDS if isinstance(d, Command) and d.schema]
    assert len(names) == len(set(names))
    for name in names:
        program, _command, version = name.split("/")
        assert ("amanat", "v") == (program, version[0])


@pytest.mark.parametrize("words", [["guide"], ["guide", "start"], ["doctor"]])
def test_json_has_the_fields_of_its_schema(words):
    content = json.loads(amanat(*words, "--json", environ={}).out)
    schema = ENTRIES[words[0]].load().schema
    assert schema.name == content.pop("schema")
    assert set(schema.fields) == set(content)


def test_no_words_show_the_help():
    assert amanat("--help").out == amanat().out


def test_help_fits_eighty_columns():
    for words in ([], *(words for words, _declared in COMMANDS)):
        assert 80 >= max(len(line) for line in amanat(*words, "--help").out.splitlines())


@pytest.mark.parametrize("words", [(), *(words for words, _d in COMMANDS)], ids=["", *IDS])
def test_no_help_says_what_a_screen_should_not(words):
    """Examples and names of files count as well: a searcher reads them too."""
    shown = amanat(*words, "--help").out.casefold()
    assert not {"decoy", "evidence", "witness", "hidden"} & set(re.findall(r"[a-z]+", shown))


@pytest.mark.parametrize("words", [["--help"], ["guide"], ["frob"]])
def test_nothing_heavy_is_imported_for_help(words):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.argv[1:] = sys.argv[2:]\n"
        "from vault.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.__stderr__ = None\n"
        "import os; os.write(3, ' '.join(sys.modules).encode())"
    )
    ran = subprocess.run(
        ["sh", "-c", '"$@" 3>&1 >/dev/null 2>&1', "sh", sys.executable, "-c", code, ROOT, *words],
        capture_output=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in ran.stdout.decode().split()}
    assert "typer" in loaded
    assert not loaded & set(HEAVY)
