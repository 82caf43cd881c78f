"""The options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated

import typer

from vault.cli.i18n import LANGUAGES, _, set_language
from vault.errors import UsageError, mark

LEVELS = range(3)
"""Levels that a file may have."""


@dataclass
class Settings:
    """What was asked for, whichever side of the command's name it stood on.

    Attributes:
        vault: the file to work on.
        level: the volume to work on, where the passphrase opens several.
        lang: language of the screens.
        plain: no colours, no boxes, no moving lines.
        json: data as one JSON object.
        no_input: never ask.
        allow_altered: go on although the file was altered or an older state was put back.
        passphrase_fd: descriptor to read passphrases from, one a line.
        passphrase_file: file to read passphrases from, one a line.
        quiet: no messages but warnings and errors.
        debug: frames of an unexpected error.
    """

    vault: str | None = None
    level: int | None = None
    lang: str = "en"
    plain: bool = False
    json: bool = False
    no_input: bool = False
    allow_altered: bool = False
    passphrase_fd: int | None = None
    passphrase_file: str | None = None
    quiet: bool = False
    debug: bool = False

    def take(self, values: Mapping[str, object]) -> None:
        """Take over the options that were given; the later ones win.

        Raises:
            UsageError: a value out of range, two that do not fit together, or a language that is
                not there yet.
        """
        for field in fields(self):
            value = values.get(field.name)
            if value is not None and value is not False:
                setattr(self, field.name, value)
        if self.lang not in LANGUAGES:
            raise UsageError(
                mark("The language {language} is not there yet."),
                hint=mark("These are: {known}"),
                language=self.lang,
                known=", ".join(LANGUAGES),
            )
        set_language(self.lang)
        if self.level is not None and self.level not in LEVELS:
            raise UsageError(
                mark("--level takes 0, 1 or 2."),
                hint=mark("0 is what the first passphrase keeps, 1 the second, 2 the third."),
            )
        if self.passphrase_fd is not None and self.passphrase_fd < 0:
            raise UsageError(
                mark("--passphrase-fd takes the number of an open descriptor."),
                hint=mark("For example: --passphrase-fd 3 3< FILE"),
            )
        if self.passphrase_fd is not None and self.passphrase_file is not None:
            raise UsageError(
                mark("Passphrases come either from a descriptor or from a file."),
                hint=mark("Leave out --passphrase-fd or --passphrase-file."),
            )


def global_options(
    context: typer.Context,
    vault: Annotated[
        str | None, typer.Option("--vault", metavar="FILE", help=_("The file to work on."))
    ] = None,
    level: Annotated[
        int | None,
        typer.Option(
            "--level",
            metavar="N",
            help=_("Work on what the first (0), second (1) or third (2) passphrase keeps."),
        ),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="LANGUAGE", help=_("Language of the screens: en.")),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help=_("No colours, no boxes, no moving lines."))
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help=_("Data as one JSON object, described in docs/cli.md."))
    ] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help=_("Never ask; fail where something is missing."))
    ] = False,
    allow_altered: Annotated[
        bool,
        typer.Option(
            "--continue",
            help=_(
                "Write although the file was altered or an older state was put back; begin anew, "
                "after a question, what was written over."
            ),
        ),
    ] = False,
    passphrase_fd: Annotated[
        int | None,
        typer.Option(
            "--passphrase-fd",
            metavar="N",
            help=_("Read passphrases from descriptor N, one a line, in the order they are asked."),
        ),
    ] = None,
    passphrase_file: Annotated[
        str | None,
        typer.Option(
            "--passphrase-file",
            metavar="FILE",
            help=_("Read passphrases from a file, one a line, in the order they are asked."),
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help=_("No messages but warnings and errors."))
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help=_("Where an unexpected error arose, without any contents.")),
    ] = False,
) -> None:
    """Hand the options that stood before the command's name to the invocation."""
    given = {name: value for name, value in locals().items() if name != "context"}
    context.obj.settings.take(given)
