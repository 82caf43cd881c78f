"""Every command of the program, by section, in the order in which the help shows them."""

from __future__ import annotations

from vault.cli.command import Entry
from vault.errors import mark

SUMMARY = mark("Keep files and notes in one encrypted file.")

EXAMPLES = ("amanat guide", "amanat doctor")

_HELP = mark("Help")

ENTRIES = {
    "guide": Entry(_HELP, mark("Short advice, one topic at a time."), "guide"),
    "doctor": Entry(_HELP, mark("Tell what this machine itself keeps of your work."), "doctor"),
}
