import json
from pathlib import Path

import pytest

from person.console import amanat, surroundings
from vault.cli.commands.doctor import examine, report
from vault.cli.invocation import Invocation
from vault.cli.settings import Settings
from vault.cli.traces.machine import Machine, State

HOME = "home/her"


def machine(system, root, *paths, environ=None):
    """Lay out a false machine: each path is a file, or "path=content"."""
    (root / HOME).mkdir(parents=True, exist_ok=True)
    for path in paths:
        name, _equals, content = path.partition("=")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    home = root / HOME
    return Machine(system, root, home, home / ".cache", home / ".local/share", environ or {})


def states(found):
    return {finding.area: finding.state for finding in found}


def finding(found, area):
    return next(one for one in found if one.area == area)


QUIET_LINUX = (
    "proc/swaps=Filename Type Size Used Priority\n",
    "sys/power/state=freeze mem\n",
    "proc/sys/kernel/core_pattern=core\n",
    "proc/self/mounts=/dev/sda1 / ext4 rw 0 0\n",
)


def test_a_quiet_linux_keeps_nothing(tmp_path):
    found = examine(machine("linux", tmp_path, *QUIET_LINUX), None)
    assert {State.CLEAR} == set(states(found).values())
    assert 11 == len(found)


@pytest.mark.parametrize(
    ("area", "path"),
    [
        ("swap", "proc/swaps=Filename Type\n/dev/sda2 partition 1 0 -2\n"),
        ("core-dumps", "proc/sys/kernel/core_pattern=|/usr/lib/systemd/systemd-coredump %P\n"),
        ("shell-history", f"{HOME}/.bash_history"),
        ("shell-history", f"{HOME}/.local/share/fish/fish_history"),
        ("recent-files", f"{HOME}/.local/share/recently-used.xbel"),
        ("thumbnails", f"{HOME}/.cache/thumbnails/large/a.png"),
        ("indexers", f"{HOME}/.cache/tracker3/files/meta.db"),
        ("indexers", "var/lib/plocate/plocate.db"),
        ("trash", f"{HOME}/.local/share/Trash/files/photo.jpg"),
        ("usb-history", "var/log/syslog"),
        ("snapshots", "proc/self/mounts=/dev/sda1 /home btrfs rw 0 0\n"),
        ("cloud", f"{HOME}/Dropbox/a"),
    ],
)
def test_what_linux_keeps_is_found(tmp_path, area, path):
    found = examine(machine("linux", tmp_path, *QUIET_LINUX, path), None)
    assert [area] == [name for name, state in states(found).items() if state is State.KEEPS]
    assert finding(found, area).advice
    assert area == found[0].area


def test_compressed_swap_in_memory_is_no_trace(tmp_path):
    zram = "proc/swaps=Filename Type\n/dev/zram0 partition 1 0 100\n"
    assert State.CLEAR is states(examine(machine("linux", tmp_path, zram), None))["swap"]


def test_hibernation_needs_the_state_and_a_swap_on_disk(tmp_path):
    paths = [
        *QUIET_LINUX,
        "sys/power/state=freeze mem disk\n",
        "sys/power/disk=[platform] shutdown\n",
        "proc/swaps=Filename Type\n/dev/sda2 partition 1 0 -2\n",
    ]
    assert State.KEEPS is states(examine(machine("linux", tmp_path, *paths), None))["hibernation"]
    locked = [*paths, "sys/power/disk=[disabled]\n"]
    assert State.CLEAR is states(examine(machine("linux", tmp_path, *locked), None))["hibernation"]


def test_tails_is_recognised(tmp_path):
    found = examine(machine("linux", tmp_path, *QUIET_LINUX, 'etc/os-release=ID="tails"\n'), None)
    assert State.CLEAR is states(found)["amnesic"]


def test_a_linux_that_tells_nothing_is_unknown(tmp_path):
    found = states(examine(machine("linux", tmp_path), None))
    unknown = {area for area, state in found.items() if state is State.UNKNOWN}
    assert {"swap", "hibernation", "core-dumps", "snapshots"} == unknown


@pytest.mark.parametrize(
    ("area", "path"),
    [
        ("swap", "pagefile.sys"),
        ("hibernation", "hiberfil.sys"),
        ("prefetch", "Windows/Prefetch/AMANAT.EXE-1.pf"),
        ("amcache", "Windows/AppCompat/Programs/Amcache.hve"),
        ("srum", "Windows/System32/sru/SRUDB.dat"),
        ("usb-history", "Windows/INF/setupapi.dev.log"),
        (
            "shell-history",
            f"{HOME}/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt",
        ),
        ("recent-files", f"{HOME}/AppData/Roaming/Microsoft/Windows/Recent/a.lnk"),
        ("thumbnails", f"{HOME}/AppData/Local/Microsoft/Windows/Explorer/thumbcache_96.db"),
        ("recall", f"{HOME}/AppData/Local/CoreAIPlatform.00/UKP/x"),
        ("indexers", "ProgramData/Microsoft/Search/Data/Applications/Windows/Windows.edb"),
    ],
)
def test_what_windows_keeps_is_found(tmp_path, area, path):
    before = states(examine(machine("windows", tmp_path / "before"), None))
    after = states(examine(machine("windows", tmp_path / "after", path), None))
    assert (State.CLEAR, State.KEEPS) == (before[area], after[area])


@pytest.mark.parametrize(
    ("area", "path"),
    [
        ("hibernation", "private/var/vm/sleepimage"),
        ("shell-history", f"{HOME}/.zsh_history"),
        ("indexers", "System/Volumes/Data/.Spotlight-V100/x"),
        ("trash", f"{HOME}/.Trash/photo.jpg"),
        ("cloud", f"{HOME}/Library/Mobile Documents/x"),
    ],
)
def test_what_macos_keeps_is_found(tmp_path, area, path):
    before = states(examine(machine("macos", tmp_path / "before"), None))
    after = states(examine(machine("macos", tmp_path / "after", path), None))
    assert (State.CLEAR, State.KEEPS) == (before[area], after[area])


def test_a_file_inside_a_cloud_folder_is_named(tmp_path):
    her = machine("linux", tmp_path, *QUIET_LINUX, f"{HOME}/Dropbox/my.file")
    found = examine(her, tmp_path / HOME / "Dropbox" / "my.file")
    assert "vault-in-cloud" == found[0].area
    assert "vault-in-cloud" not in states(examine(her, tmp_path / "my.file"))


def test_the_environment_names_cloud_folders(tmp_path):
    (tmp_path / "OneDrive - Office").mkdir()
    environ = {"OneDrive": str(tmp_path / "OneDrive - Office")}
    found = examine(machine("windows", tmp_path, environ=environ), None)
    assert State.KEEPS is states(found)["cloud"]


def test_an_unknown_system_is_told(tmp_path):
    assert State.UNKNOWN is states(examine(machine("haiku", tmp_path), None))["system"]


def test_without_a_home_it_still_answers(tmp_path):
    nobody = Machine("linux", tmp_path, None, None, None, {})
    assert State.CLEAR is states(examine(nobody, None))["shell-history"]


def test_it_changes_nothing(tmp_path):
    her = machine("linux", tmp_path, *QUIET_LINUX, f"{HOME}/.bash_history=secret\n")
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    found = examine(her, None)
    assert before == sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    assert "secret" not in str(found)


def test_a_name_with_escapes_is_shown_safely(tmp_path):
    her = machine("linux", tmp_path, environ={"HISTFILE": f"{tmp_path}/\x1b[2Jh"})
    (tmp_path / "\x1b[2Jh").touch()
    around = surroundings()
    report(her, examine(her, None), Invocation(around, Settings()).output)
    assert b"\x1b" not in around.stdout.content()
    assert rb"\x1b[2Jh" in around.stdout.content()


def test_json_follows_its_schema():
    ran = amanat("doctor", "--json", environ={})
    content = json.loads(ran.out)
    assert (0, "amanat/doctor/v1") == (ran.code, content["schema"])
    assert {"area", "state", "text", "advice"} == set(content["findings"][0])


def test_the_vault_option_is_looked_at():
    assert 0 == amanat("doctor", "--vault", str(Path(__file__)), environ={}).code
