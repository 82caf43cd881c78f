"""The main job from end to end, on real files: `python3 dev.py demo [FILE…]`.

Two people: a defender, whose vault has two passphrases, and a partner abroad. Every command is
shown as it would be typed. Everything happens in a temporary folder that is removed at the end.
The exit code is 0 only if everything that is told was looked at and found so.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import zlib
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from stage import Broken, Ran, Stage, fingerprint_in, items_in

ROOT = Path(__file__).resolve().parent.parent
OWN_FILES = Path(__file__).resolve().parent / "files"

# Made up for the demo. The program itself makes six random words, and has them typed back.
FIRST = "first demo passphrase, never use it"
SECOND = "second demo passphrase, never use it"
PARTNER = "partner's demo passphrase, never use it"
WRONG = "a passphrase that opens nothing"
NONE = ""  # the answer when it is asked what else must survive

MIB = 1 << 20
SMALLEST = 128 * MIB
MOST = 1 << 30
ROOM = 8
"""Bytes of a vault for each byte of files: its rows keep room for three volumes, and a reserve."""

SHOWN = 3
"""How many files are taken out one by one; all of them are compared where a bundle is unpacked."""

PROBE = 16
"""Bytes of each file that are looked for in a bundle; fewer could be there by chance."""

OK, PARTLY_DONE, CANNOT_OPEN, NOT_VERIFIED = 0, 3, 12, 20


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    whole = sha256()
    with path.open("rb") as file:
        while piece := file.read(MIB):
            whole.update(piece)
    return whole.hexdigest()


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(PROBE)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its word, as the program writes them."""
    return f"{number} {one if number == 1 else many}"


def ordinary_files(paths: list[Path]) -> list[Path]:
    """Return all files that are named or lie in folders that are named; links are left out."""
    found = []
    for path in paths:
        if path.is_dir():
            found += [one for one in sorted(path.rglob("*")) if one.is_file()]
        elif path.is_file():
            found.append(path)
        else:
            raise Broken(f"{path} is no file and no folder")
    return [path for path in found if path in paths or not path.is_symlink()]


class Demo:
    """The story.

    Args:
        stage: where it is told.
        named: files and folders to bring in; empty for those that ship.
    """

    def __init__(self, stage: Stage, named: list[Path]) -> None:
        self.stage = stage
        self.own = not named
        self.words = [str(path) for path in named]
        if self.own:
            for path in sorted(OWN_FILES.iterdir()):
                shutil.copyfile(path, stage.folder / path.name)
                self.words.append(path.name)
                named.append(stage.folder / path.name)
        self.files = ordinary_files(named)
        size = sum(path.stat().st_size for path in self.files)
        if not self.files or size > MOST:
            raise Broken("the demo takes one file or more, of 1 GiB in all")
        self.before = {path: digest(path) for path in self.files}
        self.size = f"{max(SMALLEST, size * ROOM) // MIB}MiB"
        self.items: list[str] = []

    def run(self) -> None:
        """Tell all of it."""
        self.make_vaults()
        self.bring_files_in()
        self.list_and_take_out()
        self.exchange_keys()
        self.seal()
        self.receive()
        self.verify_with_a_key_file()
        self.flip_a_byte()
        self.show_the_first_volume()
        self.look_like_nothing()

    def defender(self, *words: str, code: int = OK) -> Ran:
        """Run a command of the defender's, with her second passphrase."""
        return self.stage.amanat(
            "--vault", "defender.vault", *words, passphrases=[SECOND], codes=[code]
        )

    def partner(self, *words: str, code: int = OK) -> Ran:
        """Run a command of the partner's."""
        return self.stage.amanat(
            "--vault", "partner.vault", *words, passphrases=[PARTNER, NONE], codes=[code]
        )

    def make_vaults(self) -> None:
        """Make a vault with two passphrases, and one with one."""
        stage = self.stage
        stage.act(
            "Two vaults",
            "A vault is one file of fixed size. The defender's gets two passphrases: the first "
            "opens “everyday”, the second opens “records” and “everyday”. The partner's gets one. "
            "The program asks for passphrases at the terminal; this demo hands them over through "
            "a pipe. Real vaults should be larger: 1 GiB is the usual size.",
        )
        labels = ["--label", "everyday", "--label", "records"]
        stage.amanat(
            *("init", "defender.vault", "--size", self.size, "--passphrases", "2", *labels),
            passphrases=[FIRST, SECOND],
        )
        stage.amanat(
            *("init", "partner.vault", "--size", self.size, "--passphrases", "1"),
            *("--label", "received"),
            passphrases=[PARTNER],
        )
        for name in ("defender.vault", "partner.vault"):
            path = stage.folder / name
            stage.check(
                f"{name} has the size that was asked for",
                holds=f"{path.stat().st_size // MIB}MiB" == self.size,
            )
            with path.open("rb") as file:
                start = file.read(2 * MIB)
            stage.check(
                f"the first 2 MiB of {name} do not get smaller when they are compressed",
                holds=len(zlib.compress(start)) > len(start),
            )

    def bring_files_in(self) -> None:
        """Add the files to the second volume."""
        stage = self.stage
        stage.act(
            "Bring files in",
            "With the second passphrase. Each file is hashed and encrypted in one pass, and gets "
            "an entry in a log in which every entry is chained to the one before. Fields such as "
            "place and source stand beside it, each under a commitment of its own.",
        )
        fields = ["--place", "Herat", "--field", "source=a neighbour"] if self.own else []
        ran = stage.amanat(
            *("--vault", "defender.vault", "add", *self.words, *fields),
            passphrases=[SECOND, NONE],
            codes=[OK] if self.own else [OK, PARTLY_DONE],
        )
        self.items = list(dict.fromkeys(items_in(ran)))
        distinct = set(self.before.values())
        if ran.code:  # links, and what cannot be read, are named and left out
            what = f"{len(self.items)} in, the others named"
            holds = 0 < len(self.items) <= len(distinct) and "Not taken in: " in ran.text
        else:
            what = f"{counted(len(distinct), 'file is', 'different files are')} in"
            holds = len(self.items) == len(distinct)
        stage.check(what, holds=holds)
        stage.check(
            "the originals are as they were",
            holds=self.before == {path: digest(path) for path in self.files},
        )

    def list_and_take_out(self) -> None:
        """List, then take files out and compare them."""
        stage = self.stage
        stage.act(
            "List, and take out again", "What comes out is what went in, or there is an error."
        )
        listed = self.defender("list", "--all").text
        numbers = {line.split()[0] for line in listed.splitlines() if line.strip()}
        stage.check("every entry is in the list", holds=numbers.issuperset(self.items))
        for item in self.items[:SHOWN]:
            self.defender("get", item, "-o", f"out-{item}")
            stage.check(
                f"out-{item} is byte for byte one of the files that went in",
                holds=digest(stage.folder / f"out-{item}") in self.before.values(),
            )

    def exchange_keys(self) -> None:
        """Write cards and a key file, keep them on the other side, compare fingerprints."""
        stage = self.stage
        stage.act(
            "Exchange keys",
            "A card holds somebody's public keys. It may travel by any way; its fingerprint is "
            "compared by voice or face to face, or else somebody on the way could have replaced "
            "it. Both write their cards.",
        )
        partners = fingerprint_in(self.partner("contact", "card", "-o", "partner.card"))
        defenders = fingerprint_in(self.defender("contact", "card", "-o", "defender.card"))
        added = fingerprint_in(self.defender("contact", "add", "partner", "partner.card"))
        stage.check(
            "the defender sees the fingerprint that the partner reads out",
            holds=bool(partners) and added == partners,
        )
        self.defender("contact", "confirm", "partner", "--yes")
        added = fingerprint_in(self.partner("contact", "add", "defender", "defender.card"))
        stage.check(
            "the partner sees the fingerprint that the defender reads out",
            holds=bool(defenders) and added == defenders,
        )
        self.partner("contact", "confirm", "defender", "--yes")
        stage.tell("A colleague of the partner has no vault, only a key file.")
        own = fingerprint_in(stage.amanat("keygen", "-o", "colleague.key", out="colleague.pub"))
        added = fingerprint_in(self.defender("contact", "add", "colleague", "colleague.pub"))
        stage.check(
            "the fingerprint of the colleague's key is the same on both sides",
            holds=bool(own) and own == added,
        )
        self.defender("contact", "confirm", "colleague", "--yes")

    def seal(self) -> None:
        """Seal one bundle for each of the two."""
        stage = self.stage
        stage.act(
            "Seal",
            "A bundle is a file that one person can open. First the program shows what leaves and "
            "what stays, and what the files themselves give away, such as the place in a "
            "photograph. Here --yes stands for the confirmation that it asks for.",
        )
        ran = self.defender("seal", "--to", "partner", "-o", "for-partner.age", "--yes")
        staying = [line for line in ran.text.splitlines() if line.strip().startswith("stays:")]
        stage.check("names of files stay inside", holds="file-name" in "".join(staying))
        if self.own:
            stage.check("who told it stays inside", holds="source" in "".join(staying))
            stage.check(
                "it warns that the photograph says where it was taken",
                holds="GPSLatitude" in ran.text,
            )
        bundle = stage.read("for-partner.age")
        starts = [start_of(path) for path in self.files]
        probes = [start for start in starts if len(start) == PROBE]
        stage.check(
            "nothing of the files can be read in the bundle",
            holds=not any(probe in bundle for probe in probes),
        )
        self.defender("seal", "--to", "colleague", "-o", "for-colleague.age", "--yes")

    def receive(self) -> None:
        """Import the bundle into the partner's vault."""
        stage = self.stage
        stage.act(
            "The partner receives",
            "Before anything is kept, all of the bundle is checked: signatures, the place of each "
            "entry in the log, every field, every file. The words are “intact” and “signed by”, "
            "never “true”.",
        )
        ran = self.partner("import", "for-partner.age")
        entries = counted(len(self.items), "entry", "entries")
        stage.check("it is told as intact", holds=f"intact: {entries}, " in ran.text)
        stage.check(
            "it is told as signed by the contact whose fingerprint was compared",
            holds="signed by defender, whose fingerprint was compared" in ran.text,
        )
        item = f"defender/{self.items[0]}"
        shown = self.partner("show", item).text
        stage.check(
            "the name that the file had at the defender's is not there",
            holds="\nfile: " in shown and "file-name" not in shown,
        )
        self.partner("get", item, "-o", "at-partners")
        stage.check(
            "at-partners is byte for byte one of the defender's files",
            holds=digest(stage.folder / "at-partners") in self.before.values(),
        )

    def verify_with_a_key_file(self) -> None:
        """Verify and unpack without a vault."""
        stage = self.stage
        stage.act(
            "The colleague verifies, with a key file alone",
            "The card says whose signature it has to be. Then the bundle is unpacked into a "
            "folder; nothing in it is overwritten.",
        )
        keys = ["-i", "colleague.key", "--signed-by", "defender.card"]
        ran = stage.amanat("verify", "for-colleague.age", *keys)
        stage.check(
            "intact, and signed by the owner of the card",
            holds="intact: " in ran.text and "signed by the owner of that card" in ran.text,
        )
        stage.amanat("unseal", "for-colleague.age", *keys, "--extract", "received")
        unpacked = {digest(path) for path in (stage.folder / "received" / "exhibits").iterdir()}
        stage.check(
            f"{counted(len(unpacked), 'file', 'files')} unpacked, byte for byte what went in",
            holds=len(unpacked) == len(self.items) and unpacked <= set(self.before.values()),
        )
        stage.tell("The bundle for the partner is of no use to the colleague:")
        stage.amanat("verify", "for-partner.age", *keys, codes=[CANNOT_OPEN])

    def flip_a_byte(self) -> None:
        """Change one bit of a byte in the middle of each bundle; both are refused."""
        stage = self.stage
        stage.act(
            "One byte is changed on the way",
            "One bit of one byte in the middle of each bundle is turned over.",
        )
        for name in ("for-partner", "for-colleague"):
            raw = bytearray(stage.read(f"{name}.age"))
            raw[len(raw) // 2] ^= 1
            (stage.folder / f"{name}-changed.age").write_bytes(raw)
        before = self.partner("list", "--all").text
        keys = ["-i", "colleague.key", "--signed-by", "defender.card"]
        answers = [
            stage.amanat("verify", "for-colleague-changed.age", *keys, codes=[NOT_VERIFIED]),
            self.partner("import", "for-partner-changed.age", code=NOT_VERIFIED),
        ]
        stage.check(
            "both were refused, and nothing of them was told as intact",
            holds=not any("intact" in ran.text for ran in answers),
        )
        stage.check(
            "nothing of it came into the partner's vault",
            holds=self.partner("list", "--all").text == before,
        )

    def show_the_first_volume(self) -> None:
        """Open with the first passphrase, write with it, and find the second volume whole."""
        stage = self.stage
        stage.act(
            "The first passphrase",
            "Somebody demands a passphrase and is given the first. What it opens should not be "
            "empty: with the second passphrase and --level 0 the defender writes there, and "
            "everything stays protected.",
        )
        self.defender("--level", "0", "note", "--title", "Bread, oil, school fees")
        stage.tell("This is what the first passphrase shows:")
        ran = stage.amanat("--vault", "defender.vault", "list", passphrases=[FIRST])
        lines = [line for line in ran.text.splitlines() if line.strip()]
        stage.check(
            "it shows “everyday” and its one note, and nothing of “records”",
            holds="everyday" in ran.text
            and "Bread, oil, school fees" in lines[-1]
            and len(lines) == len(["label", "headings", "note"])
            and "records" not in ran.text,
        )
        stage.tell(
            "It can also be used for writing. That may write over rows that belong to “records” "
            "only when a reserve is used up, which `status` shows to whoever has the second one."
        )
        stage.amanat(
            *("--vault", "defender.vault", "note", "--title", "Call the school"),
            passphrases=[FIRST],
        )
        checked = self.defender("check")
        entries = counted(len(self.items), "entry", "entries")
        files = counted(len(self.items), "file", "files")
        stage.check(
            "everything in “records” is still there, and the program tells that rows were "
            "written without it",
            holds=f"{entries} and {files} checked" in checked.text
            and "written without it" in checked.text,
        )
        self.defender("status")

    def look_like_nothing(self) -> None:
        """A wrong passphrase, and a file of random bytes, get one answer."""
        stage = self.stage
        stage.act(
            "What cannot be told apart",
            "A wrong passphrase for a vault, and the right one for a file of random bytes that is "
            "no vault, get the same answer and the same exit code.",
        )
        with (stage.folder / "random.bin").open("wb") as file:
            file.write(token_bytes(2 * MIB))
        answers = [
            stage.amanat(
                "--vault", name, "list", passphrases=[passphrase], codes=[CANNOT_OPEN]
            ).text
            for name, passphrase in (("defender.vault", WRONG), ("random.bin", SECOND))
        ]
        stage.check("the two answers are the same", holds=answers[0] == answers[1] != "")


def play(program: list[str], named: list[Path]) -> int:
    """Run the demo in a folder of its own; return the exit code."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="amanat-demo-") as folder:
            stage = Stage(program, Path(folder))
            stage.tell(
                "Amanat, from end to end. Everything happens in a temporary folder that is "
                f"removed at the end: {folder}"
            )
            Demo(stage, named).run()
    except (Broken, OSError) as error:
        print(f"\ndemo: FAILED: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    stage.tell(
        f"All {stage.checks} checks held, in {time.monotonic() - began:.0f} seconds. The folder "
        "is removed.",
        "What a demo cannot show: that nothing in the file, in copies of it over time, or in what "
        "the program prints tells of a second volume; that a power cut loses nothing that was "
        "saved; that no connection is opened. For that there are tests; what is claimed, and what "
        "is not, stands in docs/threat-model.md.",
    )
    return 0


def main(arguments: list[str]) -> int:
    """Run the demo with the program of this checkout."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that cannot show a quotation mark
            stream.reconfigure(errors="backslashreplace")
    program = [sys.executable, "-B", str(ROOT / "cli.py")]
    return play(program, [Path(argument).absolute() for argument in arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
