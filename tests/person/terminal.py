"""A person at a terminal who types what a test says, and whose screen can be read."""

from __future__ import annotations

import re
from collections import deque

from vault.cli.terminal import Left

# Six words, or 24 digits in groups, alone on an indented line: what the program made.
MADE = re.compile(r"^ {4}((?:[a-z-]+ ){5}[a-z-]+|(?:[0-9]{4} ){5}[0-9]{4})$", re.MULTILINE)

SHOWN = "@shown"
"""An answer that types back the passphrase that was shown last."""

LEFT = "@left"
"""An answer that never comes: the person has left."""


class ScriptedTerminal:
    """Answers questions in order; an answer that is an exception is raised.

    Args:
        answers: what is typed; `SHOWN` stands for the passphrase that was shown last,
            `LEFT` for nobody being there.
    """

    def __init__(self, answers=()):
        self.answers = deque(answers)
        self.screen = ""
        self.secrets = []
        self.opened = 0
        self.closed = 0

    def open(self):
        self.opened += 1
        return self

    def write(self, text):
        self.screen += text

    def read_line(self, question, *, secret, seconds=None):
        self.screen += question
        if seconds is not None and not self.wait(seconds):
            raise Left
        if not self.answers:
            raise EOFError
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        if answer == SHOWN:
            answer = MADE.findall(self.screen)[-1]
        self.secrets.append(secret)
        self.screen += "\n" if secret else f"{answer}\n"
        return answer

    def wait(self, seconds):
        """Return whether something is typed in time; never, where `LEFT` is the next answer."""
        return not self.answers or self.answers[0] != LEFT

    def close(self):
        self.closed += 1
