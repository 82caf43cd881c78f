"""Files are opened, and asked about, in groups before their turn."""

from __future__ import annotations

import time
from contextlib import closing

from vault.media.metadata import Metadata
from vault.operations import opening_ahead
from vault.operations.opening_ahead import TOGETHER, opened_ahead
from vault.storage.source import walk


class Reader:
    """Answers slowly, and notes what it was asked."""

    def __init__(self, seconds=0.0):
        self.groups, self.answered, self._seconds = [], [], seconds

    def read_all(self, paths):
        self.groups.append(list(paths))
        for path in paths:
            time.sleep(self._seconds)
            self.answered.append(path)
            yield Metadata("image/png", problem=path)


def folder_of(tmp_path, count, size=10):
    for number in range(count):
        (tmp_path / f"{number:03}").write_bytes(bytes(size))
    return walk(str(tmp_path))


def test_each_file_gets_its_own_metadata_whatever_the_group(tmp_path):
    reader = Reader()
    with closing(opened_ahead(folder_of(tmp_path, 70), reader, "elsewhere")) as found:
        for item in found:
            assert item.metadata().problem == item.found.path
    assert [TOGETHER, TOGETHER, 6] == [len(group) for group in reader.groups if group]


def test_large_files_wait_for_few_others(tmp_path, monkeypatch):
    monkeypatch.setattr(opening_ahead, "TOGETHER_BYTES", 25)
    reader = Reader()
    with closing(opened_ahead(folder_of(tmp_path, 7), reader, "elsewhere")) as found:
        assert 7 == len([item.metadata() for item in found])
    assert [3, 3, 1] == [len(group) for group in reader.groups if group]


def test_once_nobody_waits_no_further_group_is_asked_about(tmp_path):
    reader = Reader(0.02)
    with closing(opened_ahead(folder_of(tmp_path, 70), reader, "elsewhere")) as found:
        next(found)
    assert 1 == len(reader.groups)
    assert len(reader.answered) < TOGETHER
