"""Files are opened, and asked about, in groups before their turn."""

from __future__ import annotations

import threading
from contextlib import closing

from vault.media.metadata import Metadata
from vault.operations import opening_ahead
from vault.operations.opening_ahead import TOGETHER, _Group, opened_ahead
from vault.storage.source import walk


class Reader:
    """Notes what it was asked; gives a third answer when it is let."""

    def __init__(self):
        self.groups, self.answered = [], []
        self.two, self.let = threading.Event(), threading.Event()
        self.let.set()

    def read_all(self, paths):
        self.groups.append(list(paths))
        for path in paths:
            if len(self.answered) == 2:
                self.two.set()
                self.let.wait()
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


def test_once_nobody_waits_nothing_further_is_asked_about(tmp_path, monkeypatch):
    reader = Reader()
    reader.let.clear()
    close = _Group.close

    def closed(group):
        reader.let.set()
        close(group)

    monkeypatch.setattr(_Group, "close", closed)
    with closing(opened_ahead(folder_of(tmp_path, 70), reader, "elsewhere")) as found:
        next(found)
        assert reader.two.wait(60)
    assert [TOGETHER] == [len(group) for group in reader.groups]
    assert 3 == len(reader.answered)
