"""A plugin of pytest: one test fails in every child that is forked, as some really do."""

import os

HERE = os.getpid()


def pytest_runtest_call(item):
    assert os.getpid() == HERE or "65" not in item.name
