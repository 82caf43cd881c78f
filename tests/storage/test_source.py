"""What the user hands in: read once, of one moment, and nothing but files."""

from __future__ import annotations

import errno
import io
import os
import sys

import pytest

from vault.errors import NotFound, SourceChanged, VaultError
from vault.storage import source as source_module
from vault.storage.source import (
    FileSource,
    Found,
    ReadAhead,
    Skipped,
    StreamSource,
    same_file,
    walk,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX's kinds of files")


def read_all(source, step=7):
    out, buffer = bytearray(), bytearray(step)
    while count := source.readinto(buffer):
        out += buffer[:count]
    return bytes(out)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(bytes(range(100)))
    opened = FileSource(str(path))
    yield opened
    opened.close()


def path_of(source, tmp_path):
    return tmp_path / os.fsdecode(source.name)


@pytest.mark.parametrize("step", [1, 7, 50, 100, 101, 1000])
def test_a_file_is_read_from_beginning_to_end(source, step):
    assert source.size == 100
    assert read_all(source, step) == bytes(range(100))
    source.check_unchanged()


def test_an_empty_file_is_a_source(tmp_path):
    (tmp_path / "empty").touch()
    source = FileSource(str(tmp_path / "empty"))
    assert source.size == 0
    assert read_all(source) == b""
    source.check_unchanged()
    source.close()


def test_it_can_be_read_again(source):
    read_all(source)
    source.rewind()
    assert read_all(source) == bytes(range(100))


def test_it_reads_into_the_callers_buffer_and_no_further(source):
    buffer = bytearray(b"-" * 10)
    assert source.readinto(memoryview(buffer)[2:5]) == 3
    assert buffer == b"--\x00\x01\x02-----"


@posix
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(bytes(100)),
        lambda path: path.open("ab").close() or os.truncate(path, 99),
        lambda path: os.truncate(path, 101),
        lambda path: path.chmod(0o644),
        lambda path: path.unlink(),
        lambda path: os.utime(path, ns=(1, 2)),
    ],
    ids=["rewritten", "shortened", "grown", "rights", "removed", "dates set back"],
)
def test_a_file_that_changed_while_it_was_read_is_refused(tmp_path, change):
    path = tmp_path / "f"
    path.write_bytes(bytes(range(100)))
    os.utime(path, ns=(10**18, 10**18))  # far from now: no tick of the clock hides a change
    source = FileSource(str(path))
    source.readinto(bytearray(10))
    source.check_unchanged()
    change(path)
    with pytest.raises(SourceChanged):
        source.check_unchanged()
    source.close()


def test_a_file_cut_short_is_noticed_while_reading(source, tmp_path):
    source.readinto(bytearray(10))
    os.truncate(path_of(source, tmp_path), 50)
    with pytest.raises(SourceChanged):
        read_all(source)


def test_a_file_that_grows_for_ever_is_not_read_for_ever(source, tmp_path):
    def read_while_it_grows():
        with path_of(source, tmp_path).open("ab", buffering=0) as writer:
            for _ in range(1000):
                writer.write(b"more")
                source.readinto(bytearray(1))

    with pytest.raises(SourceChanged):
        read_while_it_grows()


@posix
def test_a_file_that_says_less_than_it_gives_is_refused():
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no /proc")
    source = FileSource("/proc/self/status")
    with pytest.raises(SourceChanged):
        read_all(source)
    source.close()


def test_an_error_of_the_disk_is_told(source, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("vault.storage.source._read_into", fails)
    with pytest.raises(VaultError, match="failed while reading"):
        source.readinto(bytearray(1))


def test_a_closed_source_is_an_error_and_not_another_file(source):
    source.close()
    source.close()
    for use in (lambda: source.readinto(bytearray(1)), source.rewind, source.check_unchanged):
        with pytest.raises(VaultError) as caught:
            use()
        assert source.path == caught.value.values["path"]


@posix
def test_advice_that_is_refused_is_not_missed(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "posix_fadvise", fails, raising=False)
    (tmp_path / "f").write_bytes(b"x")
    source = FileSource(str(tmp_path / "f"))
    assert read_all(source) == b"x"
    source.close()


@posix
def test_a_name_that_is_no_utf8_keeps_its_bytes(tmp_path):
    raw = b"caf\xe9\n\x1b"
    path = os.path.join(os.fsencode(tmp_path), raw)
    with open(path, "wb") as file:
        file.write(b"x")
    source = FileSource(os.fsdecode(path))
    assert source.name == raw
    source.close()
    (found,) = walk(str(tmp_path))
    assert found.relative == os.fsencode(tmp_path.name) + b"/" + raw


@posix
def test_a_pipe_and_a_device_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), os.devnull):
        with pytest.raises(VaultError, match="ordinary"):
            FileSource(path)
        with pytest.raises(VaultError, match="ordinary"):
            list(walk(path))


def test_a_stream_has_no_size_and_is_read_to_its_end():
    parts = [b"a", b"bc", b"d"]

    class Trickle(io.RawIOBase):
        def read(self, size=-1):
            return parts.pop(0) if parts else b""

    source = StreamSource(Trickle(), name=b"said")
    assert source.size is None
    assert source.name == b"said"
    buffer = bytearray(3)
    assert source.readinto(buffer) == 3
    assert buffer == b"abc"
    assert source.readinto(buffer) == 1
    assert source.readinto(buffer) == 0
    source.check_unchanged()
    source.close()


def test_a_stream_that_does_not_wait_is_not_taken_for_its_end():
    class Impatient(io.RawIOBase):
        def read(self, size=-1):
            return None

    with pytest.raises(VaultError) as caught:
        StreamSource(Impatient(), name=b"said").readinto(bytearray(1))
    reason = os.strerror(errno.EAGAIN)
    assert {"path": "said", "reason": reason} == caught.value.values
    cause = caught.value.__cause__
    assert (errno.EAGAIN, reason) == (cause.errno, cause.strerror)


def test_a_stream_that_fails_is_told():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))

    with pytest.raises(VaultError):
        StreamSource(Broken()).readinto(bytearray(1))


@posix
def test_a_folder_is_walked_in_the_order_of_bytes_and_links_are_told(tmp_path):
    root = tmp_path / "photos"
    (root / "b" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    for name in ("b/deep/z", "b/a", "c", "B", "a.jpg", "é"):
        (root / name).write_bytes(name.encode())
    (root / "to-file").symlink_to("c")
    (root / "to-folder").symlink_to("b")
    (root / "circle").symlink_to("..")
    os.mkfifo(root / "pipe")
    seen = list(walk(str(root)))
    assert [entry.relative.decode() for entry in seen if isinstance(entry, Found)] == [
        "photos/B",
        "photos/a.jpg",
        "photos/b/a",
        "photos/b/deep/z",
        "photos/c",
        "photos/é",
    ]
    skipped = {os.path.basename(s.path): str(s.why) for s in seen if isinstance(s, Skipped)}
    assert sorted(skipped) == ["circle", "pipe", "to-file", "to-folder"]
    assert "is a link" in skipped["circle"]
    assert "not an ordinary file" in skipped["pipe"]


def test_what_was_walked_can_be_opened(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (found,) = walk(str(tmp_path))
    source = FileSource(found.path, follow=found.named)
    assert read_all(source) == b"content"
    source.close()


@posix
def test_a_link_that_the_user_names_is_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "f").touch()
    (tmp_path / "link").symlink_to("folder")
    (found,) = walk(str(tmp_path / "link"))
    assert found.relative == b"link/f"
    (tmp_path / "to-file").symlink_to("folder/f")
    assert list(walk(str(tmp_path / "to-file"))) == [
        Found(str(tmp_path / "to-file"), b"to-file", named=True, size=0)
    ]


def test_a_folder_keeps_its_name_however_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "f").touch()
    monkeypatch.chdir(tmp_path / "photos")
    for path in (".", "../photos", "../photos/", str(tmp_path / "photos" / "")):
        (found,) = walk(path)
        assert found.relative == b"photos/f"


def test_a_folder_that_cannot_be_listed_is_told_and_the_rest_is_walked(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "f").touch()
    truly = os.listdir

    def listdir(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return truly(path)

    monkeypatch.setattr(os, "listdir", listdir)
    closed, found = walk(str(tmp_path))
    assert isinstance(closed, Skipped)
    assert str(tmp_path / "closed") == closed.path
    assert "not allowed" in str(closed.why)
    assert isinstance(found, Found)


def test_a_deep_folder_is_walked(tmp_path):
    deep = tmp_path
    for _ in range(400):
        deep = deep / "d"
    os.makedirs(deep)
    (deep / "f").touch()
    (found,) = walk(str(tmp_path))
    assert found.relative.endswith(b"/d/f")


@pytest.mark.parametrize("path", ["missing", "mis\0sing"])
def test_nothing_at_the_path_is_an_error(tmp_path, path):
    with pytest.raises(VaultError):
        list(walk(str(tmp_path / path)))
    with pytest.raises(VaultError):
        FileSource(str(tmp_path / path))


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        FileSource(str(tmp_path / "f"))


@posix
def test_one_file_under_two_names_is_one_file(tmp_path):
    (tmp_path / "f").touch()
    (tmp_path / "g").touch()
    os.link(tmp_path / "f", tmp_path / "hard")
    (tmp_path / "soft").symlink_to("f")
    f = str(tmp_path / "f")
    assert same_file(f, str(tmp_path / "hard"))
    assert same_file(f, str(tmp_path / "soft"))
    assert not same_file(f, str(tmp_path / "g"))
    assert not same_file(f, str(tmp_path / "missing"))
    assert not same_file(f, "a\0b")


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101])
def test_looking_ahead_at_a_stream_loses_nothing(size):
    content = bytes(range(100))
    stream = ReadAhead(io.BytesIO(content))
    assert (size < 100) is stream.is_longer_than(size)
    assert content == read_all(StreamSource(stream))
    assert b"" == stream.read(5)


def test_what_was_looked_at_comes_in_pieces_and_then_the_rest():
    stream = ReadAhead(io.BytesIO(b"0123456789"))
    assert stream.is_longer_than(4)
    assert [b"01", b"234", b"567", b"89"] == [stream.read(size) for size in (2, 5, 3, 9)]


@posix
def test_a_file_system_that_takes_no_advice_is_read_all_the_same(tmp_path, monkeypatch):
    def refused(*_words):
        raise OSError(errno.ENOSYS, "no")

    monkeypatch.setattr(os, "posix_fadvise", refused)
    (tmp_path / "f").write_bytes(b"content")
    opened = FileSource(str(tmp_path / "f"))
    assert b"content" == read_all(opened)
    opened.close()


def test_a_file_is_known_by_all_that_changes_with_it(source, tmp_path):
    found = os.stat(path_of(source, tmp_path))
    expected = (found.st_dev, found.st_ino, 100, found.st_mtime_ns, found.st_ctime_ns)
    assert expected == source.identity


@posix
def test_a_link_is_followed_unless_it_was_found_on_the_way(tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    (tmp_path / "link").symlink_to("f")
    source = FileSource(str(tmp_path / "link"))
    assert b"content" == read_all(source)
    source.close()
    with pytest.raises(VaultError, match="is a link"):
        FileSource(str(tmp_path / "link"), follow=False)


@posix
def test_what_is_read_at_once_is_asked_for_once(source, monkeypatch):
    truly, asked = os.readv, []

    def watched(descriptor, into):
        asked.append(len(into[0]))
        return truly(descriptor, into)

    monkeypatch.setattr(os, "readv", watched)
    source.readinto(bytearray(60))
    assert [60] == asked


def test_what_comes_in_pieces_is_put_together(source, monkeypatch):
    original = source_module._read_into
    monkeypatch.setattr(
        source_module, "_read_into", lambda number, view: original(number, view[:7])
    )
    buffer = bytearray(source.size)
    assert 100 == source.readinto(buffer)
    assert buffer == bytes(range(100))


def test_who_changes_a_file_is_told_what_to_do(source, tmp_path):
    os.utime(source.path, (1, 1))
    with pytest.raises(SourceChanged) as caught:
        source.check_unchanged()
    assert "Close the program that is writing it; then add it again." == caught.value.hint


def test_of_a_file_in_a_folder_path_name_and_size_are_found(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"12345")
    place = str(tmp_path / "folder")
    assert [Found(os.path.join(place, "file"), b"folder/file", named=False, size=5)] == list(
        walk(place)
    )


def test_a_stream_has_the_name_of_standard_input():
    assert b"-" == StreamSource(io.BytesIO()).name


def test_a_stream_that_nobody_looked_into_begins_at_its_beginning():
    assert b"abc" == ReadAhead(io.BytesIO(b"abcdef")).read(3)
