"""Write docs/cli.md from the program itself; `--check` only says whether it is current."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from vault.cli.app import run  # noqa: E402  after the path is set
from vault.cli.command import Command, CommandGroup, JsonSchema  # noqa: E402
from vault.cli.exit_codes import EXIT_CODES  # noqa: E402
from vault.cli.index import ENTRIES  # noqa: E402
from vault.cli.surroundings import Surroundings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = ROOT / "docs" / "cli.md"

HEAD = """\
# Commands

Written by `python3 dev.py docs` from the program itself; CI checks that it is current.

Data goes to standard output, everything else to standard error; `-` is standard input or output.
An error is one line that says what happened and one that says what to do.
The options of every command may stand before or after its name.
With `--json` a command prints one object, in ASCII; its `schema` grows a version when a field
goes or changes its meaning, not when one is added.

Started by `cli.py` from a checkout, or as `amanat` where it was installed, it writes nothing that
was not asked for. `python -m vault` is the same program; in a folder of which Python has no byte
code yet, Python itself then keeps one file, `vault/__pycache__/__init__.*.pyc`, before any line of
the program runs: `python -B -m vault` keeps it from that.

## Exit codes

| code | meaning |
|---|---|
"""


def help_text(*words: str) -> str:
    """Return the help of a command, 80 columns wide."""
    out, err = io.StringIO(), io.StringIO()
    code = run([*words, "--help"], Surroundings(None, out, err, {"COLUMNS": "80"}))
    if code != 0:
        sys.exit(f"no help for {' '.join(words)}: {err.getvalue()}")
    return out.getvalue()


def section(title: str, text: str, schema: JsonSchema | None) -> Iterator[str]:
    """Yield the lines of one command."""
    yield f"\n## {title}\n\n```text\n{text}```\n"
    if schema is not None:
        yield f"\n`--json` prints `{schema.name}`:\n\n| field | what stands in it |\n|---|---|\n"
        for name, meaning in schema.fields.items():
            yield f"| `{name}` | {meaning} |\n"


def commands(
    entries: Mapping[str, Command | CommandGroup], *before: str
) -> Iterator[tuple[tuple[str, ...], JsonSchema | None]]:
    """Yield the words of every command, groups first, and what it prints as JSON."""
    for name, declared in entries.items():
        words = (*before, name)
        if isinstance(declared, CommandGroup):
            yield words, None
            yield from commands(declared.commands, *words)
        else:
            yield words, declared.schema


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    parts += [f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items()]
    parts += section("amanat", help_text(), None)
    loaded = {name: entry.load() for name, entry in ENTRIES.items()}
    for words, schema in commands(loaded):
        parts += section(f"amanat {' '.join(words)}", help_text(*words), schema)
    return "".join(parts)


def main() -> int:
    """Write the page, or compare it."""
    written = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(written, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == written:
        return 0
    print("docs/cli.md is not current: run `python3 dev.py docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
