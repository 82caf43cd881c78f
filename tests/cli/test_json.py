"""Whatever `--json` prints has the fields that the command declares, and nothing else."""

import json

import pytest

from person.machine import Machine
from vault.cli.command import Command, CommandGroup
from vault.cli.index import ENTRIES


def declared():
    """Return the schema of every command that prints data, by the words of the command."""
    found = {}
    for name, entry in ENTRIES.items():
        loaded = entry.load()
        if isinstance(loaded, CommandGroup):
            found |= {(name, second): one.schema for second, one in loaded.commands.items()}
        else:
            found[name,] = loaded.schema
    return {words: schema for words, schema in found.items() if schema}


SCHEMAS = declared()


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Run every command once with --json; return what each printed, by its words."""
    machine = Machine(tmp_path_factory.mktemp("json"))
    found = {}

    def run(*words, code=0, **options):
        ran = machine.run(*words, "--json", **options)
        assert code == ran.code, ran.err
        found.setdefault(next(key for key in SCHEMAS if key == words[: len(key)]), []).append(
            json.loads(ran.out)
        )

    def mine(*words, **options):
        run(*words, "--vault", "my.vault", secrets=["one", ""], **options)

    def hers(*words, **options):
        run(*words, "--vault", "her.vault", secrets=["two", ""], **options)

    size = ("--size", "16842752", "--passphrases", "1")
    run("init", "my.vault", *size, secrets=["one"])
    run("init", "her.vault", *size, secrets=["two"])
    for name in ("one.txt", "two.txt"):
        (machine.folder / name).write_text(name)
    mine("add", "one.txt", "two.txt", "--title", "x\x1b[2J")
    mine("add", "one.txt")
    mine("add", "my.vault", "one.txt", code=3)
    mine("note", "What I saw", typed=b"Two cars.")
    mine("list")
    mine("search", "cars")
    mine("show", "0")
    mine("log")
    mine("log", "--proof", "0", "-o", "proof")
    mine("status")
    mine("check")
    mine("check", "--deep", "--repair", "--from", "one.txt")
    run("keygen", "-o", "partner.key")
    for words in (["guide"], ["guide", "start"], ["doctor"]):
        run(*words)
    mine("contact", "card", "-o", "my.card")
    hers("contact", "card", "-o", "her.card")
    hers("contact", "add", "amina", "my.card")
    mine("contact", "add", "zarmina", "her.card")
    mine("contact", "confirm", "zarmina", "--yes")
    mine("contact", "list")
    (machine.folder / "partner.pub").write_text(found["keygen",][0]["recipient"])
    mine("contact", "add", "partner", "partner.pub")
    mine("seal", "--to", "partner", "--dry-run")
    mine("seal", "--to", "partner", "-o", "partner.age", "--yes")
    mine("seal", "0", "--to", "zarmina", "-o", "hers.age", "--yes")
    hers("import", "hers.age", "one.txt", code=3)
    hers("show", "amina/0")
    work_below(run)
    hers("erase", "amina/0", "--dry-run")
    hers("erase", "amina/0", "--yes")
    run("verify", "partner.age", "-i", "partner.key")
    run("verify", "partner.age", "one.txt", "-i", "partner.key", code=20)
    run("unseal", "partner.age", "-i", "partner.key", "--extract", "received")
    write_anew(run, hers)
    return found


def work_below(run):
    """What takes two volumes."""
    run("init", "both.vault", "--size", "16842752", "--passphrases", "2", secrets=["a", "b"])
    both = ("--vault", "both.vault", "--level", "0")
    run("note", "x", *both, secrets=["b"])
    run("put-right", "0", "--dry-run", *both, secrets=["b"])
    run("put-right", "0", "--yes", *both, secrets=["b"])
    both = ("--vault", "both.vault")
    run("stock", "add", "one.txt", "two.txt", *both, secrets=["b"])
    run("stock", "list", *both, secrets=["b"])
    run("stock", "move", *both, secrets=["b"])


def write_anew(run, hers):
    """Everything that writes a whole file."""
    moved = ("--vault", "my.vault", "--passphrases", "1")
    run("move", "new.vault", *moved, secrets=["one", "", "uno"])
    run("rescue", "back.vault", "--vault", "new.vault", secrets=["uno", "", "due"])
    hers("scrub", "--yes")
    hers("burn", "--yes")


@pytest.mark.parametrize("words", SCHEMAS, ids=" ".join)
def test_json_has_the_fields_of_its_schema_in_their_order(words, printed):
    assert printed[words]
    for content in printed[words]:
        assert SCHEMAS[words].name == content.pop("schema")
        assert list(SCHEMAS[words].fields) == list(content)


def test_json_is_ascii_and_holds_what_was_entered(printed):
    (shown, received) = printed["show",]
    assert "x\x1b[2J" == shown["fields"]["title"] == received["fields"]["title"]
    assert "amina/0" == received["entry"]["item"]


def test_json_of_what_fails_names_what_failed(printed):
    *_, refused = printed["add",]
    assert ["my.vault"] == [one["path"] for one in refused["refused"]]
    imported, failed = printed["import",][0]["bundles"]
    assert ([0], "hers.age") == (imported["new"], imported["path"])
    assert ("one.txt", 20) == (failed["path"], failed["code"])


def test_json_of_a_sealed_bundle_says_what_left(printed):
    dry, sealed, _hers = printed["seal",]
    assert (None, "partner.age") == (dry["path"], sealed["path"])
    assert dry["entries"] == sealed["entries"]
    assert "file-name" in sealed["entries"][0]["withheld"]


def test_commands_without_a_schema_print_no_data_as_json():
    without = {
        name
        for name, entry in ENTRIES.items()
        if isinstance(entry.load(), Command) and entry.load().schema is None
    }
    assert {"get", "level", "open"} == without
