#!/usr/bin/env python3
"""Everything that one does in a checkout, with nothing but Python 3.11 or newer.

    python3 dev.py demo [FILE...]    the main job from end to end, on files of yours or small ones
    python3 dev.py test [ARGS...]    the tests; what follows goes to pytest (-m long: the long ones)
    python3 dev.py check             style, types, import contracts, documents
    python3 dev.py docs              write docs/cli.md anew from the program
    python3 dev.py package           build the wheel twice, compare, install it elsewhere, start it
    python3 dev.py prove [NAME]      a long run of one proof; without NAME: which there are
    python3 dev.py bench [ARGS...]   the figures
    python3 dev.py lock              write requirements/*.txt anew (needs uv)

Whatever a verb needs is installed into `.venv` in the checkout, at the versions and hashes of
`requirements/`, and nothing is written outside the checkout. `package` works in a temporary folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
OLDEST_PYTHON = (3, 11)
LOCKS = {
    "program": "requirements/program.txt",
    "development": "requirements/development.txt",
    "mutation": "requirements/mutation.txt",
}
"""Each pins all that the ones before it pin, at the same versions, and more."""

# The program has to keep from writing byte code by itself.
ENVIRON = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class DevError(Exception):
    """One line for the person who started this; nothing more is printed."""


def say(text: str) -> None:
    """Tell what happens, on standard error: a tool's own output keeps standard output."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


# --- the environment -------------------------------------------------------------------------


def venv_python() -> Path:
    """Return where the environment's interpreter is, on this kind of system."""
    if os.name == "nt":
        return VENV / "Scripts" / "python.exe"
    return VENV / "bin" / "python"


def answers(command: Sequence[str | Path]) -> bool:
    """Return whether a program starts and ends well; what it prints is thrown away."""
    try:
        ended = subprocess.run(
            command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return ended.returncode == 0


def same_python(python: Path) -> bool:
    """Return whether the environment works and has this interpreter's version."""
    version = f"({sys.version_info[0]}, {sys.version_info[1]})"
    return answers([python, "-c", f"import sys; sys.exit(sys.version_info[:2] != {version})"])


def make_environment() -> None:
    """Make `.venv`, with pip where this Python can bring it, else without."""
    say(f"making {VENV} with Python {sys.version.split()[0]}")
    with_pip = answers([sys.executable, "-c", "import ensurepip"])
    command = [sys.executable, "-m", "venv", "--clear", *([] if with_pip else ["--without-pip"])]
    ended = subprocess.run([*command, VENV], check=False, capture_output=True, text=True)
    if ended.returncode != 0 or not answers([venv_python(), "-c", "pass"]):
        raise DevError(missing_package("the module venv does not work here"))


def missing_package(what: str) -> str:
    """Return the one line that names what a person has to install first."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.platform == "win32":
        return f"{what}: install Python {version} from python.org, with pip, and run this again"
    if sys.platform == "darwin":
        return (
            f"{what}: install Python from python.org or `brew install python`, and run this again"
        )
    return (
        f"{what}: install the package python3-venv or python3-pip (Debian, Ubuntu: "
        f"`sudo apt install python{version}-venv`), and run this again"
    )


def installer() -> list[str]:
    """Return the start of a pip command that installs into `.venv`."""
    python = str(venv_python())
    if answers([python, "-m", "pip", "--version"]):
        return [python, "-m", "pip", "install"]
    if answers([sys.executable, "-m", "pip", "--version"]):
        # The system's pip, told where: PEP 668 forbids installing into the system, not this.
        asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        where = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        return [sys.executable, "-m", "pip", "install", "--upgrade", "--target", where]
    raise DevError(missing_package("this Python has neither ensurepip nor pip"))


def ensure(kind: str) -> Path:
    """Bring `.venv` to what a lock file pins; do nothing where it is there already.

    Args:
        kind: "program" for running the program, "development" for that and the tools,
            "mutation" for all that and what changes the code under the tests.

    Returns:
        The environment's interpreter.
    """
    if not same_python(venv_python()):
        make_environment()
    installed = json.loads(STAMP.read_text("utf-8")) if STAMP.is_file() else {}
    digests = {
        name: hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for name, path in LOCKS.items()
    }
    enough = list(LOCKS)[list(LOCKS).index(kind) :]
    if any(installed.get(name) == digests[name] for name in enough):
        return venv_python()
    say(f"installing what {LOCKS[kind]} pins (once; needs the package index)")
    # The lock is whole: with --no-deps pip does not look for newer ones that somebody asks for with
    # an extra, which it then refuses for want of a hash.
    command = [*installer(), "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-warn-script-location"]
    ended = subprocess.run([*command, "-r", ROOT / LOCKS[kind]], check=False)
    if ended.returncode != 0:
        raise DevError("pip could not install it; its own message stands above")
    # What an older lock left behind in an environment says nothing about this one.
    if not installed and command[0] == str(venv_python()):
        must(*command[:3], "check", "--quiet")
    STAMP.write_text(json.dumps({kind: digests[kind]}) + "\n", "utf-8")
    return venv_python()


def run(*command: str | Path, cwd: Path = ROOT, silent: bool = False) -> int:
    """Run a program to its end, in the checkout by default, and return its exit code."""
    output = subprocess.DEVNULL if silent else None
    try:
        return subprocess.run(command, check=False, cwd=cwd, stdout=output, env=ENVIRON).returncode
    except KeyboardInterrupt:
        return 130


def must(*command: str | Path, cwd: Path = ROOT, silent: bool = False) -> None:
    """Run a program that has to end well."""
    if run(*command, cwd=cwd, silent=silent) != 0:
        raise DevError(f"this failed: {' '.join(str(word) for word in command)}")


# --- the verbs -------------------------------------------------------------------------------


def demo(words: Sequence[str]) -> int:
    """Run the main job from end to end; file names are those of the caller's folder."""
    return subprocess.run(
        [ensure("program"), "-B", ROOT / "demo" / "main.py", *words], check=False
    ).returncode


def test(words: Sequence[str]) -> int:
    """Run the tests: on two processes, unless the words say otherwise."""
    python = ensure("development")
    own = any(word.startswith(("-n", "-p", "--pdb")) for word in words)
    # Each process gets one half of the files, so that what a file sets up is set up once.
    spread = [] if own else ["-n", "2", "--dist", "worksteal"]
    return run(python, "-m", "pytest", *spread, *words)


def check(words: Sequence[str]) -> int:
    """Run every check that reads and does not execute; all of them, then tell which failed."""
    python = ensure("development")
    contracts = "from importlinter.cli import lint_imports_command as c; c()"
    checks: dict[str, tuple[str | Path, ...]] = {
        "style": ("-m", "ruff", "check", "."),
        "format": ("-m", "ruff", "format", "--check", "."),
        "types": ("-m", "mypy"),
        "types on Windows": ("-m", "mypy", "--platform", "win32"),
        "import contracts": ("-c", contracts),
        "documents": ("-B", ROOT / "docs" / "generate.py", "--check"),
    }
    failed = []
    for name, command in checks.items():
        if words and name not in words:
            continue
        say(f"check: {name}")
        if run(python, *command) != 0:
            failed.append(name)
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def docs(words: Sequence[str]) -> int:
    """Write what is generated in docs/ anew."""
    return run(ensure("program"), "-B", ROOT / "docs" / "generate.py", *words)


def package(words: Sequence[str]) -> int:
    """Build the wheel twice, compare the two, install one elsewhere and start it."""
    if words:
        raise DevError("package takes no words")
    python = ensure("development")
    with tempfile.TemporaryDirectory(prefix="amanat-package-") as name:
        place = Path(name)
        wheels = []
        for turn in ("first", "second"):
            build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", place / turn, ROOT)
            must(python, *build)
            wheels.append(next((place / turn).glob("*.whl")))
        if wheels[0].read_bytes() != wheels[1].read_bytes():
            raise DevError("two builds of one checkout gave two different wheels")
        digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
        say(f"two builds, one wheel: {wheels[0].name} sha256 {digest}")
        start_installed(wheels[0], place)
    return 0


def start_installed(wheel: Path, place: Path) -> None:
    """Install a wheel into an environment of its own, start it, and look for byte code."""
    global VENV  # noqa: PLW0603  the same steps as for the checkout, at another place
    kept, VENV = VENV, place / "venv"
    try:
        make_environment()
        install = [*installer(), "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        must(*install, "--require-hashes", "--no-deps", "-r", ROOT / LOCKS["program"])
        must(*install, "--no-deps", "--no-index", wheel)
        python = venv_python()
        script = python.with_name("amanat.exe" if os.name == "nt" else "amanat")
        before = files_below(VENV)
        # Away from the checkout, so that what starts is what was installed.
        for command in ([python, "-m", "vault"], [script], [script, "guide"], [script, "doctor"]):
            if command[0].exists():  # pip --target puts no script beside the interpreter
                must(*command, "--help", cwd=place, silent=True)
        written = files_below(VENV) ^ before
        if written:
            raise DevError(f"starting the program wrote {min(written)[0]}")
        say("the installed program starts, and writes nothing")
        must(python, "-B", "-c", ONLY_VAULT, cwd=place)
    finally:
        VENV = kept


def files_below(folder: Path) -> set[tuple[str, int]]:
    """Return every file below a folder with the time of its last change."""
    return {(str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


ONLY_VAULT = """
from importlib.metadata import files
tops = {path.parts[0] for path in files("amanat") if ".." not in path.parts}
extra = {top for top in tops if top != "vault" and not top.endswith(".dist-info")}
assert not extra, extra
"""


def prove(words: Sequence[str]) -> int:
    """Run one long proof of tests/prove, or list them."""
    folder = ROOT / "tests" / "prove"
    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))
    if not words:
        print("\n".join(names) if names else "no proofs here yet")
        return 0
    if words[0] not in names:
        raise DevError(f"no proof of that name; there are: {', '.join(names) or 'none'}")
    ENVIRON["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    python = ensure("mutation" if words[0] == "mutation" else "development")
    return run(python, "-B", folder / f"{words[0]}.py", *words[1:])


def bench(words: Sequence[str]) -> int:
    """Run the figures."""
    return run(ensure("program"), "-B", ROOT / "bench" / "run.py", *words)


def lock(words: Sequence[str]) -> int:
    """Write the lock files anew, for every system and every Python from 3.11 on."""
    uv = shutil.which("uv")
    if uv is None:
        raise DevError("lock needs uv on the PATH (`pip install uv` in some environment)")
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    options += ["--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet", *words]
    sources = ["pyproject.toml", "requirements/platforms.in", "--extra", "media"]
    program, development, mutation = LOCKS.values()
    must(uv, "pip", "compile", *sources, *options, "-o", program)
    extra = ["--group", "dev", "-c", program]
    must(uv, "pip", "compile", *sources, *extra, *options, "-o", development)
    extra = ["--group", "dev", "--group", "mutation", "-c", development]
    must(uv, "pip", "compile", *sources, *extra, *options, "-o", mutation)
    for path in LOCKS.values():
        pins = (ROOT / path).read_text("utf-8")
        (ROOT / path).write_text("# Written by `python3 dev.py lock`.\n" + pins, "utf-8")
    return 0


VERBS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "check": check,
    "docs": docs,
    "package": package,
    "prove": prove,
    "bench": bench,
    "lock": lock,
}


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code of what it ran."""
    if sys.version_info < OLDEST_PYTHON:  # said in words to whoever has an older one
        say(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
        return 1
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(__doc__)
        return 0
    verb = VERBS.get(arguments[0])
    if verb is None:
        say(f"no verb {arguments[0]!r}; there are: {', '.join(VERBS)}")
        return 2
    try:
        return verb(arguments[1:])
    except DevError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
