r"""Play a transcript: what is typed, what appears, and the exit code, in one text file.

    # a comment
    $ amanat init my.vault --size 128MiB    a command; not starting with amanat: the shell's
    < 2                                     typed at the terminal; `@shown` types back
    < @shown                                the passphrase that was shown
    | Text of a note.                       standard input
    How many passphrases (1, 2 or 3)?       standard output
    ! amanat: There is no such file.        standard error
    ? Type it back:                         the person's terminal
    [10]                                    the exit code, where it is not 0

What is random is normalised (`<six words>`, `<24 digits>`, `<sha256>`, `<time>`); `[..]` in an
expected line stands for anything in it. Commands of one file share a folder; after
changes this writes a file anew, keeping comments and lines with `[..]` that still fit:

    PYTHONPATH=.:tests python -m person.transcript FILE...
"""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from person.console import amanat
from person.terminal import MADE, ScriptedTerminal
from seam.small import CHEAP_KDF
from vault.container.form import FORM_V1, Form

_RANDOM = (
    (MADE, lambda found: "    <24 digits>" if found[1][0].isdigit() else "    <six words>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "<time>"),
    (re.compile(r"\bage1pq1[0-9a-z]+"), "<age key>"),
    (re.compile(r"\b(\d{5} ){7}\d{5}\b"), "<fingerprint>"),
)


# The real geometry, so that sizes read as they will, at a derivation of no cost.
CHEAP_FORM = Form(CHEAP_KDF, FORM_V1.geometry, FORM_V1.is_valid_length)


@dataclass
class Step:
    line: int
    command: str
    typed: list[str] = field(default_factory=list)
    piped: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    code: int = 0
    said: list[str] = field(default_factory=list)  # comments that stand before it


def parse(text):
    steps, comments = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            comments.append(line)
        elif line.startswith("$ "):
            steps.append(Step(number, line[2:], said=comments))
            comments = []
        elif line.startswith("< "):
            steps[-1].typed.append(line[2:])
        elif line.startswith("| "):
            steps[-1].piped.append(line[2:])
        elif re.fullmatch(r"\[\d+\]", line):
            steps[-1].code = int(line[1:-1])
        else:
            steps[-1].expected.append(line)
    return steps


def play(step, folder, **options):
    """Run a step; return its exit code and the lines that appeared."""
    if not step.command.startswith("amanat"):
        ended = subprocess.run(
            step.command, shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        return ended.returncode, _lines(ended.stdout) + _lines(ended.stderr, "! ")
    terminal = ScriptedTerminal(step.typed) if step.typed else None
    options.setdefault("environ", {"COLUMNS": "80", "TERM": "dumb"})
    options.setdefault("make_form", lambda: CHEAP_FORM)
    typed = "".join(f"{line}\n" for line in step.piped).encode()
    command, _arrow, target = step.command.partition(" > ")
    ran = amanat(*shlex.split(command)[1:], terminal=terminal, typed=typed, **options)
    if target:
        Path(folder, target).write_bytes(ran.raw)
        return ran.code, _lines(ran.err, "! ") + _lines(ran.screen, "? ")
    return ran.code, _lines(ran.out) + _lines(ran.err, "! ") + _lines(ran.screen, "? ")


def written_anew(path):
    """Return the text of a transcript as it plays now, with its comments and wildcards."""
    lines = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for step in parse(path.read_text("utf-8")):
            code, shown = play(step, folder)
            fit = fits(step.expected, shown)
            lines += [*step.said, f"$ {step.command}"]
            lines += [f"< {line}" for line in step.typed] + [f"| {line}" for line in step.piped]
            lines += _trimmed(step.expected) if fit else shown
            lines += [f"[{code}]"] * bool(code) + [""]
    return "\n".join(lines)


def _lines(text, prefix=""):
    for pattern, stand_in in _RANDOM:
        text = pattern.sub(stand_in, text)
    return [(prefix + line).rstrip() for line in text.splitlines()]


def fits(expected, shown):
    """Return whether lines fit what is expected; blank lines at the end do not count."""
    expected, shown = _trimmed(expected), _trimmed(shown)
    if len(expected) != len(shown):
        return False
    return all(_pattern(want).fullmatch(got) for want, got in zip(expected, shown, strict=True))


def _trimmed(lines):
    kept = [line.rstrip() for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _pattern(line):
    return re.compile(".*".join(re.escape(part) for part in line.split("[..]")))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(written_anew(Path(name).resolve()), "utf-8")
