"""What a file of `commands` declares, and the Typer commands made from it.

Each file exports `COMMAND`: a `Command`, or a `CommandGroup` of several. Help leads with what
it does and with examples; the options that every command takes stand in the help of the program.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import typer.core
from typer.main import get_command

from vault import __version__
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.settings import global_options
from vault.errors import NotFound, UsageError, mark

if TYPE_CHECKING:
    from typer._click import Command as TyperAny
    from typer._click import Context, HelpFormatter, Parameter

PROGRAM = "amanat"
"""The name in examples; the name under which the program was started takes its place."""

_IN_PROMPT = "amanat --vault FILE "
_NOT_IN_PROMPT = frozenset({"init", "open", "rescue", "keygen", "verify", "unseal"})
"""Left out of the prompt's help: they open a vault themselves, or need none."""


@dataclass(frozen=True)
class JsonSchema:
    """What `--json` prints.

    Attributes:
        name: "amanat/NAME/vN"; N grows when a field goes or changes its meaning.
        fields: each field's name and what stands in it.
    """

    name: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        summary: what it does, in one line.
        function: takes `typer.Context` first, then what Typer reads from its annotations.
        examples: whole command lines, starting with "amanat".
        details: a paragraph of further help.
        asks: another one, of the question that it may ask.
        schema: what it prints with `--json`; None where it prints no data.
    """

    summary: str
    function: Callable[..., None]
    examples: Sequence[str]
    details: str = ""
    asks: str = ""
    schema: JsonSchema | None = None


@dataclass(frozen=True)
class CommandGroup:
    """Commands under one word.

    Attributes:
        summary: what they are about, in one line.
        commands: the second word and its command.
        examples: whole command lines, starting with "amanat".
    """

    summary: str
    commands: Mapping[str, Command]
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Entry:
    """A line of the program's help, known without importing the command.

    Attributes:
        section: heading under which it stands.
        summary: what it does, in one line; the same as in its file.
        module: the file in `vault.cli.commands`.
    """

    section: str
    summary: str
    module: str

    def load(self) -> Command | CommandGroup:
        """Import the file and return what it declares."""
        loaded = import_module(f"vault.cli.commands.{self.module}").COMMAND
        if not isinstance(loaded, Command | CommandGroup):
            raise TypeError(self.module)
        return loaded


class HouseCommand(typer.core.TyperCommand):
    """A Typer command whose help leads with examples."""

    examples: Sequence[str] = ()
    allow_extra_args = True  # looked at below, and told in our words

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the words of the command.

        Raises:
            UsageError: more words than the command takes.
        """
        rest = super().parse_args(ctx, args)
        if rest:
            raise UsageError(
                mark("This is too much: {words}"),
                hint=mark("See: {command} --help"),
                words=" ".join(rest),
                command=ctx.command_path,
            )
        return rest

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help."""
        _write_head(self, self.examples, ctx, formatter)
        _write_parameters(self, ctx, formatter)
        formatter.write_paragraph()
        root = ctx.find_root().info_name or PROGRAM
        formatter.write_text(
            _("Options of every command: {command}").format(command=f"{root} --help")
        )


class HouseGroup(typer.core.TyperGroup):
    """A Typer group that imports a command when it is called."""

    examples: Sequence[str] = ()
    entries: Mapping[str, Entry | Command]

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002  Typer's signature
        """Return the names, in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: Context, cmd_name: str) -> TyperAny | None:  # noqa: ARG002  as above
        """Return a command, imported now; None for an unknown name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        declared = entry.load() if isinstance(entry, Entry) else entry
        own = {"help", "version"}
        global_params = [param for param in self.params if param.name not in own]
        return _built(cmd_name, declared, global_params)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, TyperAny | None, list[str]]:
        """Return the command that the first word names, and the words after it.

        Raises:
            UsageError: there is none of that name.
        """
        command = self.get_command(ctx, args[0])
        if command is not None:
            return args[0], command, args[1:]
        near = difflib.get_close_matches(args[0], self.entries, n=1)
        raise UsageError(
            mark("There is no command {name}."),
            hint=mark("Did you mean {near}?") if near else mark("See: {command} --help"),
            name=args[0],
            near=near[0] if near else "",
            command=ctx.command_path,
        )

    def invoke(self, ctx: Context) -> object:
        """Run the command that was named; without one, show the help."""
        result = super().invoke(ctx)
        if ctx.invoked_subcommand is None:
            invocation_of(ctx).output.text(ctx.get_help())  # type: ignore[arg-type]
        return result

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help: examples, commands by section, options."""
        here = invocation_of(ctx)  # type: ignore[arg-type]
        whole = here.open_vault is None or ctx.parent is not None
        if whole:
            _write_head(self, self.examples, ctx, formatter)
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            if not whole and name in _NOT_IN_PROMPT:
                continue
            section = entry.section if isinstance(entry, Entry) else mark("Commands")
            sections.setdefault(section, []).append((name, _(entry.summary)))
        for section, lines in sections.items():
            with formatter.section(_(section)):
                formatter.write_dl(lines)
        if whole:
            _write_parameters(self, ctx, formatter)
        else:
            formatter.write_paragraph()
            formatter.write_text(_("More of one: help COMMAND. To lock and leave: exit"))


def root_group(summary: str, entries: Mapping[str, Entry], examples: Sequence[str]) -> typer.Typer:
    """Return the program: a Typer app with every command of a table, none of them imported."""

    class Root(HouseGroup):
        def resolve_command(
            self, ctx: Context, args: list[str]
        ) -> tuple[str | None, TyperAny | None, list[str]]:
            """Return the command; a file in its place is opened."""
            in_prompt = invocation_of(ctx).open_vault is not None  # type: ignore[arg-type]
            if args[0] not in self.entries and not in_prompt:
                if Path(args[0]).is_file():
                    return super().resolve_command(ctx, ["open", *args])
                if Path(args[0]).suffix:  # meant as a file, as commands have no dots
                    raise NotFound(
                        mark("There is no file {name}, and no such command."),
                        hint=mark("See: {command} --help"),
                        name=args[0],
                        command=ctx.command_path,
                    )
            return super().resolve_command(ctx, args)

    Root.entries = entries
    Root.examples = examples
    app = typer.Typer(
        cls=Root,
        help=summary,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_help_option=False,
        no_args_is_help=False,
        invoke_without_command=True,
        subcommand_metavar="COMMAND …",
        options_metavar="[OPTIONS]",
    )
    app.callback()(global_options)
    return app


def built_root(app: typer.Typer) -> TyperAny:
    """Return a Typer app as the command that parses the words."""
    command = get_command(app)
    command.params += [_version_option(), _help_option()]
    return command


# --- making Typer commands -------------------------------------------------------------------


def _built(
    name: str, declared: Command | CommandGroup, global_params: Iterable[Parameter]
) -> TyperAny:
    command: HouseCommand | HouseGroup
    if isinstance(declared, CommandGroup):
        command = HouseGroup(
            name=name,
            help=_(declared.summary),
            add_help_option=False,
            invoke_without_command=True,
            subcommand_metavar="COMMAND …",
            rich_markup_mode=None,
        )
        command.entries = declared.commands
    else:
        app = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        paragraphs = [
            _(text) for text in (declared.summary, declared.details, declared.asks) if text
        ]
        app.command(
            name,
            cls=HouseCommand,
            help="\n\n".join(paragraphs),
            add_help_option=False,
        )(declared.function)
        made = get_command(app)
        if not isinstance(made, HouseCommand):
            raise TypeError(name)
        command = made
    command.examples = declared.examples
    command.params.extend(_hidden_copy(param) for param in global_params)
    command.params.append(_help_option())
    return command


def _hidden_copy(param: Parameter) -> Parameter:
    """Return a global option for a command: taken, but not shown and not passed on."""
    twin: Any = copy.copy(param)
    twin.hidden = True
    twin.expose_value = False
    twin.callback = _take_option
    return twin  # type: ignore[no-any-return]


def _take_option(context: Context, param: Parameter, value: object) -> object:
    if param.name is not None:
        invocation_of(context).settings.take({param.name: value})  # type: ignore[arg-type]
    return value


def _help_option() -> typer.core.TyperOption:
    return typer.core.TyperOption(
        param_decls=["--help", "-h"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_help,
        help=_("Show this help."),
    )


def _version_option() -> typer.core.TyperOption:
    return typer.core.TyperOption(
        param_decls=["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help=_("Show the version."),
    )


def _show_version(context: Context, _param: Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        here = invocation_of(context)  # type: ignore[arg-type]
        here.output.line(
            "{program} {version}", program=here.surroundings.program, version=__version__
        )
        raise typer.Exit


def _show_help(context: Context, _param: Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        invocation_of(context).output.text(context.get_help())  # type: ignore[arg-type]
        raise typer.Exit


# --- help ------------------------------------------------------------------------------------


def _write_head(
    command: TyperAny, examples: Sequence[str], ctx: Context, formatter: HelpFormatter
) -> None:
    summary, _gap, details = (command.help or "").partition("\n\n")
    formatter.write_text(summary)
    if examples:
        program = ctx.find_root().info_name or PROGRAM
        if invocation_of(ctx).open_vault is not None:  # type: ignore[arg-type]
            examples = [example.removeprefix(_IN_PROMPT) for example in examples]
        with formatter.section(_("Examples")):
            for example in examples:
                formatter.write(" " * formatter.current_indent + _renamed(example, program) + "\n")
    formatter.write_paragraph()
    formatter.write_usage(
        ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix=_("Usage") + ": "
    )
    if details:
        formatter.write_paragraph()
        formatter.write_text(details)


def _renamed(example: str, program: str) -> str:
    first, _space, rest = example.partition(" ")
    return f"{program} {rest}".rstrip() if first == PROGRAM else example


def _write_parameters(command: TyperAny, ctx: Context, formatter: HelpFormatter) -> None:
    for kind, heading in (("argument", _("Arguments")), ("option", _("Options"))):
        params = [param for param in command.get_params(ctx) if param.param_type_name == kind]
        lines = [line for param in params if (line := param.get_help_record(ctx)) is not None]
        if lines:
            with formatter.section(heading):
                formatter.write_dl(lines)
