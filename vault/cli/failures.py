"""Whatever goes wrong, in two lines: what happened, and what to do; never a traceback.

Expected errors bring both lines and their exit code. Typer's own are told in our words. Anything
else is a mistake in the program: it gets a code that says where, and no contents; `--debug` adds
the frames, without values and without the error's own text, which may hold contents.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING

from typer import Abort
from typer.exceptions import TyperException

from vault.cli import exit_codes
from vault.cli.i18n import _
from vault.cli.safe import safe
from vault.errors import VaultError, mark

if TYPE_CHECKING:
    from types import FrameType

    from vault.cli.invocation import Invocation

_LONGEST_VALUE = 300


def tell(error: BaseException, here: Invocation) -> int:
    """Tell a person what went wrong; return the exit code.

    Args:
        error: anything but SystemExit.
        here: where to tell it, and under which name the program was started.
    """
    if isinstance(error, KeyboardInterrupt | Abort):
        here.output.warn(_("Interrupted: nothing after the last saved step was changed."))
        return exit_codes.INTERRUPTED
    if isinstance(error, VaultError):
        return _expected(error, here)
    if isinstance(error, TyperException):
        return _expected(_usage(error), here, exit_codes.USAGE)
    if isinstance(error, MemoryError):
        return _expected(_no_memory(), here)
    if isinstance(error, OSError) and error.errno is not None:
        return _expected(_system(error), here)
    return _unexpected(error, here)


def _expected(error: VaultError, here: Invocation, code: int | None = None) -> int:
    program = safe(here.surroundings.program)
    values = {name: safe(value, _LONGEST_VALUE) for name, value in error.values.items()}
    here.output.warn("{line}", line=f"{program}: {_(error.message).format(**values)}")
    if error.hint:
        here.output.warn("{line}", line=_(error.hint).format(**values))
    return error.exit_code if code is None else code


def _usage(error: TyperException) -> VaultError:
    """Return Typer's complaint in our words; its classes are told apart by their names."""
    kind = type(error).__name__
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else ""
    param = getattr(error, "param", None)
    name = param.get_error_hint(context).replace("'", "") if param is not None else ""
    hint = mark("See: {command} --help") if path else ""
    if kind == "NoSuchOption":
        option = getattr(error, "option_name", "")
        near = getattr(error, "possibilities", None) or []
        if near:
            hint = mark("Did you mean {near}?")
        return VaultError(
            mark("There is no option {option}."),
            hint=hint,
            option=option,
            near=", ".join(sorted(near)),
            command=path,
        )
    if kind == "BadOptionUsage":
        option = getattr(error, "option_name", "")
        return VaultError(
            mark("{option} needs a value, or takes none."),
            hint=hint or mark("See the options of every command: --help"),
            option=option,
            command=path,
        )
    if kind == "MissingParameter":
        return VaultError(mark("{name} is missing."), hint=hint, name=name, command=path)
    if kind == "BadParameter" and name:
        return VaultError(
            mark("{name} does not fit: {reason}"),
            hint=hint,
            name=name,
            reason=error.message,
            command=path,
        )
    return VaultError(mark("{reason}"), hint=hint, reason=error.format_message(), command=path)


def _no_memory() -> VaultError:
    return VaultError(
        mark("There is not enough memory for this."),
        hint=mark("Close other programs and try again; nothing after the last saved step changed."),
    )


def _system(error: OSError) -> VaultError:
    reason = os.strerror(error.errno or 0)
    if error.filename is None:
        return VaultError(
            mark("The system refused: {reason}."),
            hint=mark("Nothing after the last saved step was changed."),
            reason=reason,
        )
    return VaultError(
        mark("The system refused {path}: {reason}."),
        hint=mark("Nothing after the last saved step was changed."),
        path=os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename,
        reason=reason,
    )


def _unexpected(error: BaseException, here: Invocation) -> int:
    frames = list(_frames(error))
    own = [place for place in frames if place.startswith("vault.")]
    place = (own or frames or ["?"])[-1]
    code = f"{type(error).__name__} {place}"
    program = safe(here.surroundings.program)
    message = _("Something went wrong inside the program (error code: {code}).").format(code=code)
    here.output.warn("{line}", line=f"{program}: {message}")
    here.output.warn(
        _("Nothing after the last saved step was changed. With --debug it tells more, no contents.")
    )
    if here.settings.debug:
        for line in frames:
            here.output.warn("  {line}", line=line)
    return exit_codes.ERROR


def _frames(error: BaseException) -> Iterator[str]:
    """Yield "module:line function" for each frame: names from the program's text, no values."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f"{_module(frame)}:{line} {frame.f_code.co_name}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))
