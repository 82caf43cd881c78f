"""Every command of the program, by section, in the order in which the help shows them."""

from __future__ import annotations

from vault.cli.command import Entry
from vault.errors import mark

SUMMARY = mark("Keep files and notes in one encrypted file.")

EXAMPLES = (
    "amanat init my.vault",
    "amanat open my.vault",
    "amanat --vault my.vault add photo.jpg",
    "amanat verify bundle.age --identity partner.key",
    "amanat guide",
)

_VAULT = mark("The vault")
_ENTRIES = mark("Files and notes")
_PEOPLE = mark("Sending and receiving")
_PARTNER = mark("Without a vault")
_HELP = mark("Help")

ENTRIES = {
    "init": Entry(
        _VAULT, mark("Make a vault: one file of random bytes, with 1, 2 or 3 passphrases."), "init"
    ),
    "open": Entry(_VAULT, mark("Unlock once, then type commands."), "open"),
    "level": Entry(
        _VAULT, mark("At the prompt: work on a less secret volume, and go back."), "level"
    ),
    "status": Entry(_VAULT, mark("How much is in it, and how much still fits."), "status"),
    "check": Entry(
        _VAULT, mark("Read everything and check it: links, fields, hashes of files."), "check"
    ),
    "scrub": Entry(_VAULT, mark("Write over everything in the file that is not in use."), "scrub"),
    "burn": Entry(_VAULT, mark("Make the file impossible to open, for good."), "burn"),
    "move": Entry(
        _VAULT, mark("Make a new file with everything in it; the old file stays."), "move"
    ),
    "rescue": Entry(
        _VAULT, mark("Take what can be read of a damaged file into a new one."), "rescue"
    ),
    "add": Entry(_ENTRIES, mark("Bring files and folders in."), "add"),
    "note": Entry(_ENTRIES, mark("Write a note: an observation or a short account."), "note"),
    "list": Entry(_ENTRIES, mark("List what is in it, newest first."), "list"),
    "show": Entry(_ENTRIES, mark("Show everything that is known of one entry."), "show"),
    "get": Entry(_ENTRIES, mark("Take a file out again, byte for byte."), "get"),
    "search": Entry(_ENTRIES, mark("Find entries by words in their fields."), "search"),
    "log": Entry(
        _ENTRIES, mark("Size and root of the log; prove one entry to a third party."), "log"
    ),
    "erase": Entry(_ENTRIES, mark("Erase what entries say, and their files."), "erase"),
    "put-right": Entry(
        _ENTRIES, mark("Move entries that were brought in with the wrong passphrase."), "put_right"
    ),
    "stock": Entry(_ENTRIES, mark("Files that wait to be moved to a less secret volume."), "stock"),
    "contact": Entry(_PEOPLE, mark("People you send to and receive from."), "contact"),
    "seal": Entry(_PEOPLE, mark("Seal entries into a bundle that one contact can open."), "seal"),
    "import": Entry(
        _PEOPLE, mark("Take bundles into the vault, after checking all of each."), "import_"
    ),
    "keygen": Entry(_PARTNER, mark("Make a key file for a partner who has no vault."), "keygen"),
    "verify": Entry(_PARTNER, mark("Check bundles with a key file; no vault needed."), "verify"),
    "unseal": Entry(
        _PARTNER, mark("Check a bundle and write out what it holds; no vault needed."), "unseal"
    ),
    "guide": Entry(_HELP, mark("Short advice, one topic at a time."), "guide"),
    "doctor": Entry(_HELP, mark("Tell what this machine itself keeps of your work."), "doctor"),
}
