"""Twins: the same commands with the same passphrase, with and without more behind it.

Each pair of worlds has the same past as far as its number and sizes of commits go; in one of them
more secret volumes exist, hold content, and were what those commits were for. Whatever can be
seen of a command is compared: writes and reads with their places, fsyncs, locks, renames, both
streams, the exit code, every file left in the folder.
"""

from __future__ import annotations

import errno
import shutil
from itertools import pairwise

import pytest

from person.machine import SIZE, Machine
from person.renewing import fail_to_renew, renew
from person.terminal import ScriptedTerminal
from seam.faulty import FaultyDisk
from vault.cli.index import ENTRIES
from vault.storage.real import RealDisk

SECRETS = ("one", "two", "three")

# Revealed level, and how many volumes there are in the worlds that are compared.
GAMES = [(0, (1, 2, 3)), (1, (2, 3))]

NAMES = {0: "first passphrase, 0, 1, 2 more", 1: "second passphrase, 0, 1 more"}

WITHOUT_A_VAULT = {"init", "keygen", "verify", "unseal", "guide", "doctor"}

VAULT = ("--vault", "my.vault")

# What fails, and from which write or fsync on: rows, their fsync, the cell in front and behind.
FAULTS = [(errno.EROFS, 0), (errno.ENOSPC, 1), (errno.EIO, 2), (errno.ENOSPC, 3), (errno.EIO, 4)]


class World:
    """A vault of some volumes, of which a searcher has the passphrase to one.

    Args:
        machine: where it stands.
        level: that the searcher opens, 0 or 1.
        volumes: how many there are.
    """

    def __init__(self, machine, level, volumes):
        self.machine = machine
        self.level = level
        self.volumes = volumes
        self.seen = []
        self._make_past()

    def past(self, secret, *words, **options):
        ran = self.machine.run(*VAULT, *words, secrets=[secret, ""], **options)
        assert ran.code == 0, ran.err

    def see(self, *words, secret=None, others=("",), **options):
        """Run a command with the searcher's passphrase, or another; `others` are the next lines."""
        given = [SECRETS[self.level] if secret is None else secret, *others]
        one = self.machine.see(*VAULT, *words, secrets=given, **options)
        self.seen.append(one)
        return one

    def _make_past(self):
        """Give it a past: content that the searcher finds, and commits made for other reasons.

        Where there is nothing more secret those are the idle saves of prompts that were opened
        and left; elsewhere notes and files in the volumes that she does not know.
        """
        folder = self.machine.folder
        (folder / "gate.txt").write_text("gate")
        (folder / "far.bin").write_bytes(bytes(range(256)) * 40)
        self.machine.make("my.vault", *SECRETS[: self.volumes])
        known = SECRETS[self.level]
        self.past(known, "note", "--title", "What I saw", typed=b"Two cars.")
        self.past(known, "add", "gate.txt", "--title", "The gate")
        for turn in range(12):
            secret = (
                SECRETS[self.level + 1 + turn % (self.volumes - self.level - 1)]
                if (self.volumes > self.level + 1)
                else None
            )
            if secret is None:
                self.past(known, "open")
            elif turn % 3 == 0:
                self.past(secret, "add", "far.bin", "--again", "--title", f"Far {turn}")
            else:
                self.past(secret, "note", "--title", f"Not for you {turn}", typed=b"x" * 900)
        (folder / "far.bin").unlink()


def play(world):
    """The visible script: every command that opens a vault, what works and what fails."""
    folder = world.machine.folder
    see = world.see
    for words in (["status"], ["status", "--json"], ["list"], ["check"]):
        see(*words)
    (folder / "road.bin").write_bytes(b"road" * 20_000)
    see("add", "road.bin", "--place", "Herat")
    see("add", "road.bin")
    see("add", "road.bin", "--again", "--read-back")
    see("add", "-", "--title", "piped", typed=b"from a program" * 100)
    see("add", "-", "--title", "long", typed=b"from a program" * 9000, others=[SECRETS[0], ""])
    see("note", "--title", "Second", typed=b"Text.")
    see("search", "cars")
    see("show", "1", "--json")
    see("get", "2", "-o", "road.copy")
    see("log")
    see("log", "--proof", "1", "-o", "proof")
    assert world.machine.run("keygen", "-o", "partner.key").code == 0
    recipient = world.machine.run("keygen", "-o", "other.key").out
    (folder / "partner.pub").write_text(recipient)
    see("contact", "card", "-o", "my.card")
    see("contact", "add", "partner", "partner.pub")
    see("contact", "confirm", "partner", terminal=ScriptedTerminal(["yes"]))
    see("contact", "confirm", "partner", "--yes")
    see("contact", "list")
    see("seal", "1", "2", "--to", "partner", "--dry-run")
    see("seal", "1", "2", "--to", "partner", "-o", "bundle.age", "--yes")
    see("import", "bundle.age")
    receive(world)
    see("erase", "1", "2", "--dry-run")
    see("erase", "2", "zarmina/0", "--yes")
    see("erase", "2", "--yes", "--json")
    see("note", "--title", "Wrong", "--level", "0", typed=b"x" * 500)
    see("note", "--title", "Right", "--level", "0", typed=b"y")
    see("put-right", "0", "--dry-run", "--level", "0")
    see("put-right", "0", "--yes", "--level", "0")
    see("stock", "list")
    see("erase", "1", "--fields", "title", terminal=ScriptedTerminal(["erase"]))
    see("list")
    see("open", typed=b"list\nadd gate.txt --again\nnote Third\nText.\n.\nstatus\ncheck\nexit\n")
    see("open", typed=b"")
    see("check", "--deep")
    see("check", "--repair", "--from", "road.bin")
    see("check", "--deep", "--json")
    see("open", "--read-only", typed=b"list\nnote No\n.\nstatus\n")
    see("open", "--level", "2", typed=b"")
    go_below(see)
    see("status")
    renew(world)
    overwrite(world)


def go_below(see):
    """Work on the first volume and go back, asking for one that is not open on the way."""
    see("open", typed=b"level 0\nnote Below\n.\nlevel 2\nlevel\nlevel 9\nnote Back\n.\nlist\n")
    see("open", "--read-only", typed=b"level 0\nlist\nlevel\nstatus\n")
    see("level", "--level", "0")


def overwrite(world):
    """Scrub with what the searcher knows, and burn a copy."""
    folder, machine, see = world.machine.folder, world.machine, world.see
    known = SECRETS[world.level]
    see("scrub", "--yes", others=[known, SECRETS[0], ""])
    see("status")
    typed = ScriptedTerminal([known, "", "scrub"])
    world.seen.append(machine.see(*VAULT, "scrub", terminal=typed))
    see("check")
    shutil.copy(folder / "my.vault", folder / "kept.vault")
    see("burn", terminal=ScriptedTerminal(["burn"]))
    shutil.move(folder / "kept.vault", folder / "my.vault")
    see("open", typed=b"burn --yes\nlist\n")


def receive(world):
    """Another vault seals a bundle for this one, which takes it in, twice."""
    folder, machine, see = world.machine.folder, world.machine, world.see
    machine.make("her.vault", "hers")

    def hers(*words):
        ran = machine.run("--vault", "her.vault", *words, secrets=["hers", ""])
        assert ran.code == 0, ran.err

    (folder / "letter.bin").write_bytes(b"letter" * 30_000)
    hers("add", "letter.bin")
    hers("contact", "add", "me", "my.card")
    hers("seal", "--to", "me", "-o", "hers.age", "--yes")
    hers("contact", "card", "-o", "her.card")
    see("import", "hers.age")
    see("contact", "add", "zarmina", "her.card")
    see("import", "hers.age", "gate.txt")
    see("import", "hers.age")
    see("get", "zarmina/0", "-o", "letter.copy")


def fail(world):
    """Runs that do not succeed, each of which may leave the vault as it is or changed."""
    folder, machine, see = world.machine.folder, world.machine, world.see
    for words in (["list"], ["status"], ["note", "--title", "x"], ["add", "gate.txt"], ["open"]):
        see(*words, secret="wrong")
    refuse_to_overwrite(world)
    see("show", "99")
    see("get", "99", "-o", "none")
    see("list", "--level", "2")
    see("contact", "add", "nobody", "missing.card")
    see("import", "gate.txt")
    see("add", "missing.txt")
    see("add", "my.vault")
    see("seal", "--to", "nobody", "-o", "none.age", "--yes")
    see("erase", "99", "--yes")
    see("put-right", "0")
    see("stock", "add", "gate.txt")
    see("stock", "move")
    see("stock", "list")
    see("erase", "1", "--fields", "colour", "--yes")
    see("erase", "1", terminal=ScriptedTerminal(["no"]))
    see("note", "--title", "x", "--field", "colour=red")
    held = RealDisk().open(str(folder / "my.vault"))
    held.lock(exclusive=False)
    see("note", "--title", "in use", typed=b"x")
    see("list")
    held.close()
    for error, at in FAULTS:
        kept = machine.disk.inner
        machine.disk.inner = FaultyDisk(kept, fail_at=at, error=error, forever=True)
        see("note", "--title", "unlucky", typed=b"x")
        machine.disk.inner = kept
        see("list")
    see("note", "--title", "recovered", typed=b"x")
    kept = machine.disk.inner
    machine.disk.inner = FaultyDisk(kept, fail_at=30, error=errno.EIO, forever=True)
    see("scrub", "--yes")
    machine.disk.inner = kept
    (folder / "large.bin").write_bytes(b"0123456789abcdef" * (SIZE // 16))
    see("add", "large.bin", others=[])
    see("add", "large.bin", others=["wrong"])
    see("add", "gate.txt", "large.bin", "--again")
    (folder / "large.bin").unlink()
    see("status")
    see("check")
    for turn in range(4):
        (folder / "some.bin").write_bytes(b"%d" % turn * (SIZE // 24))
        see("add", "some.bin")
    see("erase", "1", "--yes")
    see("note", "--title", "after it was full", typed=b"x")
    see("status", "--json")
    see("check", "--json")
    see("open", typed=b"add some.bin --again\nnote x\n.\nlist\n")
    begin_anew(see)


def begin_anew(see):
    """Have all but the first volume written over, and go on with what is left."""
    see("scrub", "--yes", secret=SECRETS[0], others=[""])
    see("list")
    see("note", "--continue", "--title", "x", typed=b"x")
    see("list", "--continue")
    see("note", "--continue", "--title", "y", typed=b"y", terminal=ScriptedTerminal(["begin"]))
    see("list")


def refuse_to_overwrite(world):
    """Scrub and burn where nobody answers, or wrongly."""
    see, known = world.see, SECRETS[world.level]
    for others in (["wrong"] * 3, ["wrong", known, "wrong", "", "no"]):
        typed = ScriptedTerminal([known, *others])
        world.seen.append(world.machine.see(*VAULT, "scrub", terminal=typed))
    see("scrub", "--yes", "--no-input", others=[])
    see("scrub", "--yes", others=[])
    see("scrub", "--yes", others=["wrong"])
    see("scrub", "--yes", others=[known, "wrong"])
    see("scrub", "--no-input")
    see("burn", "--no-input")
    see("burn", "--yes", secret="wrong")


def worlds(folder, game, script):
    """Play a script in each world; return the worlds."""
    level, all_volumes = game
    made = []
    for volumes in all_volumes:
        place = folder / f"{volumes}"
        place.mkdir()
        world = World(Machine(place), level, volumes)
        script(world)
        (place / "my.vault").unlink()
        made.append(world)
    return made


@pytest.fixture(scope="module", params=GAMES, ids=[NAMES[level] for level, _volumes in GAMES])
def played(request, tmp_path_factory):
    return worlds(tmp_path_factory.mktemp("played"), request.param, play)


@pytest.fixture(scope="module", params=GAMES, ids=[NAMES[level] for level, _volumes in GAMES])
def failed(request, tmp_path_factory):
    def script(world):
        fail_to_renew(world)
        fail(world)

    return worlds(tmp_path_factory.mktemp("failed"), request.param, script)


def differences(some):
    """Return what differs between worlds, command by command, as (words, what)."""
    found = []
    for one, other in pairwise(some):
        for left, right in zip(one.seen, other.seen, strict=True):
            found += [
                (left.words, what, getattr(left, what), getattr(right, what))
                for what in vars(left)
                if getattr(left, what) != getattr(right, what)
            ]
    return found


def test_twins_are_the_same_in_all_that_can_be_seen(played):
    assert [] == differences(played)


def test_one_commit_more_is_seen(tmp_path):
    """What finds no difference finds one where there is one."""
    machine = Machine(tmp_path)
    machine.make("my.vault", *SECRETS)
    seen = [machine.see(*VAULT, "status", secrets=["one"])]
    machine.run(*VAULT, "note", "--title", "x", secrets=["three"])
    seen.append(machine.see(*VAULT, "status", secrets=["one"]))
    assert seen[0].out != seen[1].out
    assert seen[0].reads != seen[1].reads


def test_twins_that_fail_are_the_same_in_all_that_can_be_seen(failed):
    assert [] == differences(failed)


def test_every_command_that_opens_a_vault_is_played(played):
    said = {word for seen in played[0].seen for word in seen.words}
    assert set(ENTRIES) - WITHOUT_A_VAULT <= said
    assert {"card", "add", "confirm", "list"} <= said


def test_what_is_played_succeeds(played):
    unexpected = [
        (seen.words, seen.code, seen.err)
        for seen in played[0].seen
        if seen.code != 0 and seen.words[2] != "import" and "--level" not in seen.words
    ]
    assert [] == unexpected
    assert [12, 1, 3, 20] == [seen.code for seen in played[0].seen if seen.words[2] == "import"]


def test_what_should_fail_fails_in_every_way(failed):
    assert {0, 1, 2, 3, 10, 11, 12, 20} == {seen.code for seen in failed[0].seen}
    assert any("This volume is full" in seen.err for seen in failed[0].seen)


def test_commands_that_only_read_write_nothing(played):
    reading = {"status", "list", "check", "search", "show"}
    for seen in played[0].seen:
        only_reads = seen.words[2] in reading and "--repair" not in seen.words
        if only_reads or "--read-only" in seen.words:
            assert not {"pwrite", "fsync", "create", "rename"} & {op.op for op in seen.ops}


def test_init_writes_the_same_whatever_the_number_of_volumes(tmp_path):
    traces = []
    for volumes in (1, 2, 3):
        folder = tmp_path / str(volumes)
        folder.mkdir()
        machine = Machine(folder)
        machine.make("my.vault", *SECRETS[:volumes])
        traces.append((machine.disk.ops[:], machine._files()))
    assert traces[0] == traces[1] == traces[2]
