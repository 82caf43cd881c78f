"""Names and texts from outside that would drive a terminal, wherever they can come to one."""

import re
from datetime import UTC, datetime

import pytest

from person.machine import Machine
from person.terminal import ScriptedTerminal
from vault.cli.index import ENTRIES
from vault.cli.topics import TOPICS

# ESC sequences, C1, carriage return and newline, bidi override and isolate, zero-width, DEL.
POISON = "a\x1b]0;owned\x07\x1b[2Jb\x9b31mc\rd\ne\u202egpj.exe\u2066f\u200bg\x7fh\U000e0041"
LINE = re.sub(r"[\r\n]", "", POISON)
SAYS = "first line\nsecond \x1b[31m line\r\u202e"

ACTING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)

# What a searcher would ask about, in any form.
ASKED_ABOUT = re.compile(r"decoy|evidence|witness|hidden|duress|deniab|coerc", re.IGNORECASE)


class Played:
    """Runs commands on two vaults and keeps what each showed."""

    def __init__(self, folder):
        self.machine = Machine(folder)
        self.folder = folder
        self.ran = []

    def run(self, *words, **options):
        self.ran.append((words, self.machine.run(*words, **options)))
        return self.ran[-1][1]

    def mine(self, *words, **options):
        return self.run("--vault", "my.vault", *words, secrets=["one", ""], **options)

    def hers(self, *words, **options):
        return self.run("--vault", "her.vault", *words, secrets=["two", ""], **options)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Bring poison in wherever a name or a text comes from outside; return all that was shown."""
    played = Played(tmp_path_factory.mktemp("hostile"))
    played.machine.make("my.vault", "one", labels=["first"])
    played.machine.make("her.vault", "two", labels=["her"])
    bring_in(played)
    send(played)
    misname(played)
    for name in ENTRIES:
        played.run(name, "--help")
    for name in TOPICS:
        played.run("guide", name)
    played.run("doctor")
    return played.ran


def bring_in(played):
    folder, mine = played.folder, played.mine
    (folder / POISON).write_bytes(b"x")
    (folder / "photo.svg").write_bytes(b"<svg/>")
    (folder / "photo.jpg").write_bytes(jpeg_with(LINE))
    mine("add", POISON)
    mine("add", POISON)
    mine("add", "photo.jpg", "--title", LINE, "--description", SAYS, "--place", LINE)
    mine("add", "photo.jpg", "--title", POISON, "--again")
    mine("add", f"none {POISON}")
    mine("add", "photo.svg", "--field", f"{POISON}={POISON}")
    mine("add", "photo.svg", "--date", POISON)
    mine("note", "--title", LINE, typed=SAYS.encode())
    mine("note", "--title", "x", "--field", f"language={POISON}", typed=b"x")
    for words in (["list"], ["show", "0"], ["show", "1"], ["show", "2"], ["show", POISON]):
        mine(*words)
    mine("search", POISON)
    mine("get", "0", "-o", f"{POISON}/none")
    mine("get", "0", "-o", POISON)


def send(played):
    run, mine, hers = played.run, played.mine, played.hers
    mine("contact", "card", "-o", "my.card")
    mine("contact", "add", POISON, "my.card")
    hers("contact", "add", POISON, "my.card")
    hers("contact", "add", "amina", "my.card")
    hers("contact", "card", "-o", "her.card")
    mine("contact", "add", "zarmina", "her.card")
    mine("contact", "confirm", POISON, "--yes")
    mine("contact", "confirm", "zarmina", terminal=ScriptedTerminal(["yes"]))
    fields = ("--fields", "title,description,file,file-name,kind,media-metadata,place")
    mine("seal", "--to", "zarmina", *fields, "--dry-run")
    mine("seal", "--to", "zarmina", "--fields", POISON, "--dry-run")
    mine("seal", "--to", POISON, "--dry-run")
    mine("seal", "--to", "zarmina", *fields, "-o", "hers.age", "--yes")
    hers("import", "hers.age", POISON)
    for words in (["list"], ["show", "amina/1"], ["show", f"{POISON}/1"], ["check"], ["log"]):
        hers(*words)
    (played.folder / "partner.pub").write_text(run("keygen", "-o", "partner.key").out)
    mine("contact", "add", "partner", "partner.pub")
    mine("seal", "--to", "partner", *fields, "-o", "partner.age", "--yes")
    run("verify", "partner.age", POISON, f"none {POISON}", "-i", "partner.key")
    run("unseal", "partner.age", "-i", "partner.key", "--extract", f"x{POISON}")
    run("unseal", POISON, "-i", "partner.key", "--extract", "received")
    run("verify", "partner.age", "-i", POISON)


def misname(played):
    run = played.run
    run("--vault", POISON, "list")
    run("--vault", POISON, "list", terminal=ScriptedTerminal(["x"]))
    run(POISON)
    run("guide", POISON)
    run("init", POISON, "--size", POISON)
    size = ("--size", "16842752", "--passphrases", "1")
    run("init", "x.vault", *size, "--label", POISON, secrets=["x"])
    script = f"{POISON}\nshow {POISON}\nlist\nnote {POISON}\n{SAYS}\n.\n"
    played.mine("open", typed=script.encode())


def jpeg_with(text):
    """Return a small picture whose EXIF says a text as camera, artist and description."""
    import io

    from PIL import Image

    picture = Image.new("RGB", (2, 2))
    exif = picture.getexif()
    for tag in (0x010E, 0x010F, 0x0110, 0x013B):
        exif[tag] = text
    exif[0x0132] = datetime(2026, 3, 4, tzinfo=UTC).strftime("%Y:%m:%d %H:%M:%S")
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_nothing_from_outside_acts_on_a_terminal(shown):
    for words, ran in shown:
        for stream in (ran.out, ran.err, ran.screen):
            assert [] == ACTING.findall(stream), words


def test_what_was_poisoned_is_shown_as_escapes(shown):
    text = "".join(ran.out + ran.err for _words, ran in shown)
    for escape in (r"\x1b[2J", r"\u202egpj.exe", r"\x9b31m", r"\u200b", r"\n", r"\U000e0041"):
        assert escape in text


def test_poison_came_in_and_went_through(shown):
    """What shows nothing harmful shows what was harmful: every way in was open."""
    listed = [ran.out for words, ran in shown if words[2:] == ("list",)]
    assert 3 <= listed[0].count(r"\x1b[2J")
    sealed = next(ran.out for words, ran in shown if "--dry-run" in words)
    assert r"the file itself says" in sealed
    received = next(ran.out for words, ran in shown if "amina/1" in words)
    assert r"title: a\x1b]0;owned\x07\x1b[2Jb" in received
    verified = next(ran.out for words, ran in shown if words[0] == "verify")
    assert r"entry 1: a\x1b]0;owned" in verified


def test_no_command_says_what_a_screen_should_not(shown):
    for words, ran in shown:
        for stream in (ran.out, ran.err, ran.screen):
            assert [] == ASKED_ABOUT.findall(stream), words


def test_nothing_unexpected_goes_wrong(shown):
    for words, ran in shown:
        assert "inside the program" not in ran.err, (words, ran.err)
        assert ran.code in {0, 1, 2, 3, 10, 12, 20}
