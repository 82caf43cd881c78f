"""The filter's program, run by an interpreter of its own: on both architectures, wherever this is.

That the kernel takes it, and what then happens: test_native_code.
"""

from __future__ import annotations

import errno
import os
import re
import struct
import sys
from pathlib import Path

import pytest

from vault.media.seccomp import filter_calls, program
from vault.media.system_calls import ALLOWED, CHECKED

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = list(ARCHITECTURES)
SELF = 4321
ALLOW = 0x7FFF0000
REFUSE = 0x50000 + 1
UNKNOWN = 0x50000 + 38
HIGH = 1 << 32
"""A bit of an argument that the kernel does not look at."""


def verdict(machine, number, *arguments, architecture=None):
    """What the program returns for one call: seccomp(2), struct seccomp_data."""
    six = [*arguments, *[0] * (6 - len(arguments))]
    architecture = architecture or ARCHITECTURES[machine]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *six)
    steps = list(struct.iter_unpack("=HBBI", program(machine, SELF)))
    at = accumulator = 0
    while True:
        operation, then, otherwise, value = steps[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
            continue
        holds = {
            0x15: accumulator == value,
            0x35: accumulator >= value,
            0x45: bool(accumulator & value),
        }[operation]
        at += then if holds else otherwise


def numbers(machine, table):
    column = MACHINES.index(machine)
    return {name: both[column] for name, both in table.items() if both[column] is not None}


def test_the_errors_are_those_of_linux():
    if sys.platform != "linux":
        pytest.skip("numbers of errors of another system")
    assert (1, 38) == (errno.EPERM, errno.ENOSYS)
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    assert 0o3103 == writing


@pytest.mark.skipif(sys.platform != "linux", reason="numbers of errors of another system")
@pytest.mark.parametrize("machine", MACHINES)
class TestProgram:
    def test_what_is_not_listed_is_refused(self, machine):
        listed = {*numbers(machine, ALLOWED).values(), *numbers(machine, CHECKED).values()}
        for number in range(424):
            if number not in listed:
                assert REFUSE == verdict(machine, number, SELF, SELF)

    def test_what_is_listed_is_allowed_whatever_its_arguments(self, machine):
        everything = [2**64 - 1] * 6
        for number in numbers(machine, ALLOWED).values():
            assert ALLOW == verdict(machine, number) == verdict(machine, number, *everything)

    @pytest.mark.parametrize("number", [424, 425, 435, 437, 450, 0x40000000, 0x40000002, 2**32 - 1])
    def test_newer_calls_and_those_of_x32_are_unknown(self, machine, number):
        assert UNKNOWN == verdict(machine, number)

    @pytest.mark.parametrize("other", [0x40000003, 0x40000028, 0x800000B7, 0])
    def test_calls_of_other_architectures_are_refused(self, machine, other):
        for number in (0, 1, 3, 56, 63, 64):
            assert REFUSE == verdict(machine, number, architecture=other or 1)

    def test_files_are_opened_for_reading_only(self, machine):
        calls = numbers(machine, CHECKED)
        paths = [(calls["openat"], [2**32 - 100, 1])]
        if "open" in calls:
            paths.append((calls["open"], [1]))
        for number, before in paths:
            # O_CLOEXEC and O_NONBLOCK.
            assert ALLOW == verdict(machine, number, *before, 0o2004000)
            for flag in (1, 2, 3, 0o100, 0o1000, 0o2000, 0o2000002):
                assert REFUSE == verdict(machine, number, *before, flag | HIGH)

    def test_threads_are_made_and_processes_are_not(self, machine):
        clone = numbers(machine, CHECKED)["clone"]
        assert ALLOW == verdict(machine, clone, 0x3D0F00)  # pthread_create of glibc
        for flags in (17, 0x4111, 0x1200011, 0x10000000):  # fork, vfork, fork of glibc, user space
            assert REFUSE == verdict(machine, clone, flags | HIGH)

    @pytest.mark.parametrize("call", ["kill", "tkill", "tgkill"])
    def test_signals_go_to_itself_only(self, machine, call):
        number = numbers(machine, CHECKED)[call]
        assert ALLOW == verdict(machine, number, SELF, 6)
        for other in (0, 1, SELF + 1, 2**32 - 1, 2**64 - 1, 2**32 - SELF):
            assert REFUSE == verdict(machine, number, other, 6)

    def test_limits_are_set_for_itself_only(self, machine):
        number = numbers(machine, CHECKED)["prlimit64"]
        assert ALLOW == verdict(machine, number, 0, 4)
        assert REFUSE == verdict(machine, number, 1, 4)

    @pytest.mark.parametrize(
        ("call", "command", "expected"),
        [
            ("ioctl", 0x5401, ALLOW),
            ("ioctl", 0x5451, ALLOW),
            ("ioctl", 0x5412, REFUSE),  # TIOCSTI
            ("ioctl", 0x40086602, REFUSE),  # FS_IOC_SETFLAGS
            ("fcntl", 3, ALLOW),  # F_GETFL
            ("fcntl", 1030, ALLOW),  # F_DUPFD_CLOEXEC
            ("fcntl", 6, REFUSE),  # F_SETLK
            ("fcntl", 8, REFUSE),  # F_SETOWN
            ("fcntl", 1024, REFUSE),  # F_SETLEASE
        ],
    )
    def test_commands_to_descriptors_are_few(self, machine, call, command, expected):
        assert expected == verdict(machine, numbers(machine, CHECKED)[call], 3, command)

    def test_names_of_threads_are_all_that_prctl_sets(self, machine):
        number = numbers(machine, CHECKED)["prctl"]
        assert ALLOW == verdict(machine, number, 15)
        for option in (1, 4, 22, 35, 38):
            assert REFUSE == verdict(machine, number, option)


@pytest.mark.parametrize("machine", ["riscv64", "armv7l", "aarch64_be", "i686", "ppc64le"])
def test_on_other_architectures_nothing_is_called(machine):
    assert filter_calls(None, machine) is False


def test_a_process_of_32_bits_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    assert filter_calls(None, "x86_64") is False


HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_kernel(machine):
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip(f"no headers of the kernel here: NOT CHECKED against {header.name}")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", header.read_text())
    official = {name: int(number) for name, number in found}
    if machine == "aarch64":
        official["newfstatat"] = official["fstatat"]
    listed = {name: both[MACHINES.index(machine)] for name, both in (ALLOWED | CHECKED).items()}
    assert {name: official.get(name) for name in listed} == listed
