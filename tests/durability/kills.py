"""SIGKILL at every write of every command that writes: from within, and from outside.

From within, at every call that changes the disk, in the order in which they are made. From
outside, by strace at the Nth write system call of the program as a process of its own, whatever
calls our seam knows of. strace counts each thread for itself: of a command that writes in several
threads it reaches the Nth call of the thread that comes to it first. So it also counts all of
them: there are no more than those of the seam, each of which is reached from within.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

from durability.deeds import DEEDS, EVERY, Known, copied, made_scene, run
from durability.image import needs
from durability.processes import end_of, start
from durability.result import NotPossibleHere, Result
from surroundings.driver import SignallingDisk

if TYPE_CHECKING:
    from durability.deeds import Deed
    from surroundings.scene import Scene

DRIVER = Path(__file__).resolve().parents[1] / "surroundings" / "driver.py"

WRITES = "pwrite64,pwritev,pwritev2,write,writev,ftruncate,fallocate,copy_file_range,sendfile"
"""Every system call of Linux that puts bytes into a file."""


def at_every_call(name: str, only: slice = EVERY) -> Result:
    """Kill a deed of `DEEDS` at each call of the storage seam that changes the disk.

    Args:
        name: of the deed.
        only: which of the calls, in their order.
    """
    deed = DEEDS[name]
    result = Result(f"{name}, killed at each call that changes the disk")
    with made_scene() as scene:
        known = Known(scene, deed)
        disk = SignallingDisk(0, 0)
        with copied(scene, deed) as copy:
            run(copy, deed, make_disk=lambda: disk)
        for number in range(disk.calls)[only]:
            with copied(scene, deed) as copy:
                told = scene.folder.parent / "told"
                child = start(lambda at=number, copy=copy: _killed_at(at, copy, deed), told)
                code = end_of(child)
                _judge(result, known, copy, number, code)
    return result


def _killed_at(number: int, copy: Scene, deed: Deed) -> None:
    disk = SignallingDisk(signal.SIGKILL, number)
    run(copy, deed, make_disk=lambda: disk)


def _judge(result: Result, known: Known, copy: Scene, number: int, code: int) -> None:
    """Look at what a killed command left; then the same command does its work."""
    result.tried += 1
    left = len({*copy.state()} - known.names - {*known.made})
    result.count("with a temporary file left", int(left > 0))
    try:
        assert code == -signal.SIGKILL, f"ended with {code}"
        known.check(copy, done=False, killed=True)
        for name in ("out", "new"):
            _take_away(Path(copy.at(name)))
        ran = run(copy, known.deed)
        assert ran.code in known.deed.again, f"the next time: {ran.err}"
        known.check_sound(copy)
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        result.faults.append(f"{result.what}, number {number}: {type(error).__name__} {error}")


def _take_away(path: Path) -> None:
    """Remove what the command made before it was killed; it would not write over it."""
    if path.is_dir():
        for below in sorted(path.rglob("*"), reverse=True):
            below.rmdir() if below.is_dir() else below.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


# From outside


def at_every_system_call(name: str, only: slice = EVERY) -> Result:
    """Kill a deed of `DEEDS` at the Nth write system call of a thread, until it ends by itself."""
    deed = DEEDS[name]
    result = Result(f"{name}, killed by strace at each write system call")
    try:
        needs_strace()
    except NotPossibleHere as reason:
        result.skipped = str(reason)
        return result
    with made_scene() as scene:
        known = Known(scene, deed)
        result.count("write system calls", _count(scene, deed, result))
        for number in range(1, 100_000)[only]:
            with copied(scene, deed) as copy:
                inject = f"inject={WRITES}:signal=KILL:when={number}"
                traced = _traced(copy, deed, "-e", f"trace={WRITES}", "-e", inject)
                if traced.returncode == 0:
                    known.check(copy, done=True, killed=False)
                    return result
                _judge(result, known, copy, number, traced.returncode)
    return result


def _count(scene: Scene, deed: Deed, result: Result) -> int:
    """Count the calls on files of the scene, and the threads that make them.

    Of those on files that stand in the folder itself the seam must know; what is unpacked into
    folders is written beside it, and kills from outside are what reaches that.
    """
    disk = SignallingDisk(0, 0)
    ops: list[str] = []
    disk.count = lambda op, _path, **_options: ops.append(op)
    with copied(scene, deed) as copy:
        run(copy, deed, make_disk=lambda: disk)
    log = scene.folder.parent / "strace"
    with copied(scene, deed) as copy:
        _traced(copy, deed, "-y", "-e", f"trace={WRITES}", output=log)
        calls = [line for line in log.read_text().splitlines() if f"<{copy.folder}/" in line]
    own = [line for line in calls if re.search(f"<{copy.folder}/[^/>]+>", line)]
    if len(own) != ops.count("pwrite"):
        known = ops.count("pwrite")
        result.faults.append(f"{result.what}: {len(own)} calls, the seam knows of {known}")
    result.count("threads that write", len({line.split()[0] for line in calls}))
    return len(calls)


def _traced(
    copy: Scene, deed: Deed, *options: str, output: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    strace = ["strace", "-f", "-qq", "-o", str(output or os.devnull), *options]
    words = [sys.executable, "-B", str(DRIVER), *deed.line()]
    with chdir(copy.folder):
        return subprocess.run(
            [*strace, *words], check=False, capture_output=True, input=b"Text.", timeout=120
        )


def needs_strace() -> None:
    """Raise `NotPossibleHere` unless strace is here and may trace."""
    needs("strace")
    tried = subprocess.run(["strace", "-qq", "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        raise NotPossibleHere(f"strace: {tried.stderr.strip()}")
