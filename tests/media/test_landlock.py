"""What is asked of kernels of every age; what the present one makes of it: test_native_code."""

from __future__ import annotations

import ctypes
import os

import pytest

from vault.media.landlock import refuse_changes

READING = 1 << 2 | 1 << 3
PRESENT = 7


class Kernel:
    """The C library over a kernel with this version of Landlock, or without it."""

    def __init__(self, version, *, restricts=True):
        self.version = version
        self.restricts = restricts
        self.rules = None
        self.restricted = None

    def syscall(self, number, first, second, third=None):
        if self.version < 1:
            return -1
        if number.value == 444 and first is None:
            assert (0, 1) == (second.value, third.value)
            return self.version
        if number.value == 444:
            asked = first._obj
            assert ctypes.sizeof(asked) == second.value == 24
            self.rules = (asked.files, asked.connections, asked.scopes)
            return os.open(os.devnull, os.O_RDONLY)
        assert 446 == number.value
        self.restricted = second.value
        os.fstat(first.value)
        return 0 if self.restricts else -1


@pytest.mark.parametrize(
    ("version", "rights", "connections", "scopes", "flags"),
    [
        (1, 13, 0, 0, 0),
        (2, 14, 0, 0, 0),
        (3, 15, 0, 0, 0),
        (4, 15, 3, 0, 0),
        (5, 16, 3, 0, 0),
        (6, 16, 3, 3, 0),
        (7, 16, 3, 3, 1),
        (99, 16, 3, 3, 1),
    ],
)
def test_all_known_rights_but_reading_are_given_up(version, rights, connections, scopes, flags):
    kernel = Kernel(version)
    assert version == refuse_changes(kernel, "x86_64")
    assert ((1 << rights) - 1 - READING, connections, scopes) == kernel.rules
    assert flags == kernel.restricted


def test_a_kernel_without_it_is_told_apart():
    assert 0 == refuse_changes(Kernel(0), "x86_64")


def test_a_kernel_that_refuses_to_restrict_is_told_apart():
    assert 0 == refuse_changes(Kernel(PRESENT, restricts=False), "x86_64")


@pytest.mark.parametrize("machine", ["alpha", "mips", "mips64"])
def test_where_numbers_differ_nothing_is_called(machine):
    assert 0 == refuse_changes(None, machine)


def test_the_descriptor_is_closed():
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    refuse_changes(Kernel(PRESENT), "aarch64")
    after = os.open(os.devnull, os.O_RDONLY)
    os.close(after)
    assert before == after
