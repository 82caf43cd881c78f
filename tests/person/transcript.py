r"""Play a transcript: what is typed, what appears, and the exit code, in one text file.

    # a comment
    $ amanat init my.vault --size 128MiB    a command; not starting with amanat: the shell's
    < 2                                     typed at the terminal; `@shown` types back
    < @shown                                the passphrase that was shown
    How many passphrases (1, 2 or 3)?       standard output
    ! amanat: There is no such file.        standard error
    ? Type it back:                         the person's terminal
    [10]                                    the exit code, where it is not 0

What is random is normalised (`<six words>`, `<24 digits>`, `<sha256>`, `<time>`); `[..]` in an
expected line stands for anything in it. Commands of one file share a folder.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field

from person.console import amanat
from person.terminal import MADE, ScriptedTerminal

_RANDOM = (
    (MADE, lambda found: "    <24 digits>" if found[1][0].isdigit() else "    <six words>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "<time>"),
    (re.compile(r"\bage1pq1[0-9a-z]+"), "<age key>"),
    (re.compile(r"\b(\d{5} ){7}\d{5}\b"), "<fingerprint>"),
)


@dataclass
class Step:
    line: int
    command: str
    typed: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    code: int = 0


def parse(text):
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif line.startswith("< "):
            steps[-1].typed.append(line[2:])
        elif re.fullmatch(r"\[\d+\]", line):
            steps[-1].code = int(line[1:-1])
        elif not line.startswith("#"):
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
    ran = amanat(*shlex.split(step.command)[1:], terminal=terminal, **options)
    return ran.code, _lines(ran.out) + _lines(ran.err, "! ") + _lines(ran.screen, "? ")


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
