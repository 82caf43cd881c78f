"""The visible script of `move` and `rescue`, with what a searcher knows: for twins."""

from __future__ import annotations

import shutil

from seam.small import EDGE

NEW = ("uno", "due", "tre")
LARGER = str(2 * EDGE + 64 * 272 * 1024)

MIDDLE = 6_000_000
"""Offset in a file of 16 MiB, in rows that hold something."""


def renew(world):
    """Move into new files, look into them; lose what stands in front of a file, and rescue it."""
    folder, machine, see = world.machine.folder, world.machine, world.see
    mine = NEW[: world.level + 1]
    count = ("--passphrases", str(len(mine)))
    see("move", "new.vault", *count, others=["", *mine])
    see("move", "larger.vault", "--size", LARGER, *more(world), "--json", others=["", *NEW])
    look(world, "new.vault", mine[-1])
    broken(folder, 0, EDGE)
    words = ("--vault", "broken.vault", "rescue", "back.vault", "--from-end")
    given = [secret(world), "", *mine]
    world.seen.append(machine.see(*words, secrets=given))
    look(world, "back.vault", mine[-1])
    for name in ("new", "larger", "broken", "back"):
        (folder / f"{name}.vault").unlink()


def fail_to_renew(world):
    """What is refused, and a rescue that does not bring back everything."""
    folder, machine, see = world.machine.folder, world.machine, world.see
    mine = NEW[: world.level + 1]
    see("move", "none.vault", "--no-input", others=[])
    see("move", "none.vault", "--passphrases", "1", others=["wrong"])
    see("move", "none.vault", "--passphrases", "3", "--size", "1114112", others=["", *NEW])
    see("move", "none.vault", "--passphrases", "3", "--leave", "3", others=["", *NEW])
    see("move", "gate.txt", "--passphrases", "3", others=["", *NEW])
    see("rescue", "none.vault", others=["wrong"])
    see("rescue", "gate.txt", others=["", *mine])
    see("rescue", "none.vault", "--from-end", secret="wrong")
    count = ("--passphrases", str(len(mine)))
    broken(folder, MIDDLE, 2_000_000)
    given = [secret(world), "", *mine]
    for words in (["move", "back.vault", *count], ["rescue", "back.vault"]):
        world.seen.append(machine.see("--vault", "broken.vault", *words, secrets=given))
    look(world, "back.vault", mine[-1])
    (folder / "broken.vault").unlink()
    (folder / "back.vault").unlink()


def secret(world):
    return ("one", "two", "three")[world.level]


def more(world):
    """Ask for three volumes: those that are new get names."""
    named = [word for label in ("x", "y")[world.level :] for word in ("--label", label)]
    return ["--passphrases", "3", *named]


def look(world, path, given):
    """See what stands in a vault that was made."""
    for words in (["list"], ["check", "--json"]):
        world.seen.append(world.machine.see("--vault", path, *words, secrets=[given]))


def broken(folder, at, length):
    """Make a copy of the vault that lacks some bytes."""
    shutil.copy(folder / "my.vault", folder / "broken.vault")
    with (folder / "broken.vault").open("r+b") as file:
        file.seek(at)
        file.write(bytes(length))
