"""The parent's side, against children that misbehave on purpose."""

from __future__ import annotations

import os
import sys
import time

import pytest

from vault.media import child, reader
from vault.media.metadata import PROBLEMS, UNKNOWN_TYPE, Metadata
from vault.media.reader import MetadataReader

# A child that answers the question for the type, and does something else for a whole file.
PRELUDE = """
import json, os, sys, time
def receive(n):
    data = b""
    while len(data) < n:
        part = os.read(0, n - len(data))
        if not part: sys.exit()
        data += part
    return data
def send(raw):
    raw = len(raw).to_bytes(4, "big") + raw
    while raw: raw = raw[os.write(1, raw):]
def say(type="image/png", problem=None, **fields):
    send(json.dumps({"type": type, "problem": problem, "fields": fields, "parts": []}).encode())
while True:
    kind = receive(1)
    payload = receive(int.from_bytes(receive(4), "big"))
    if kind in b"pb":
        say()
        continue
"""


def fake(action, **limits):
    limits = {"time_limit": 5.0, "start_limit": 20.0} | limits
    return MetadataReader(
        command=[sys.executable, "-I", "-S", "-c", PRELUDE + f"    {action}"], **limits
    )


CRASHES = {
    "segfault": "os.kill(os.getpid(), 11)",
    "exit": "sys.exit(3)",
    "traceback": "raise ValueError",
    "abort": "os.abort()",
    "closed": "os.close(1); os.read(0, 1)",
    "garbage": "os.write(1, b'Segmentation fault (core dumped)' * 9)",
    "half an answer": "os.write(1, b'\\0\\0\\0\\x09abc'); sys.exit()",
    "endless answer": "os.write(1, b'\\xff\\xff\\xff\\xff')",
    "no JSON": "send(b'hello')",
    "deep JSON": "send(b'[' * 200000)",
    "other keys": "send(b'{}')",
    "numbers": "say(Make=1)",
    "too many": "say(**{f'A{i}': 'x' for i in range(1000)})",
    "too long": "say(Make='x' * 5000)",
    "unknown type": "say(type='text/x-script')",
    "unknown problem": "say(problem='Type your passphrase:')",
}


@pytest.mark.parametrize("action", CRASHES.values(), ids=CRASHES.keys())
def test_crash_costs_the_metadata_and_not_the_type(action):
    with fake(action) as metadata:
        assert metadata.read("/a") == Metadata("image/png", problem=PROBLEMS["crash"])


@pytest.mark.parametrize(
    "action",
    ["while True: pass", "time.sleep(99)", "os.write(1, b'\\0\\0\\0\\x09abc'); time.sleep(99)"],
)
def test_child_that_takes_too_long_is_ended(action):
    with fake(action, time_limit=0.3) as metadata:
        start = time.monotonic()
        assert metadata.read("/a") == Metadata("image/png", problem=PROBLEMS["time"])
        assert time.monotonic() - start < 10


def test_child_that_does_not_read_is_ended():
    with MetadataReader(
        command=[sys.executable, "-I", "-S", "-c", "import time; time.sleep(99)"],
        time_limit=0.3,
        start_limit=0.3,
    ) as metadata:
        assert metadata.read_bytes(bytes(1 << 22)).problem == PROBLEMS["time"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_grandchild_is_ended_too():
    with fake("os.fork() or time.sleep(99); sys.exit()", time_limit=0.3) as metadata:
        start = time.monotonic()
        assert metadata.read("/a").problem == PROBLEMS["time"]
        assert time.monotonic() - start < 10


def test_next_file_gets_a_fresh_child():
    action = "os.abort() if b'bad' in payload else say(Make='Maker')"
    with fake(action) as metadata:
        assert metadata.read("/good").fields == {"Make": "Maker"}
        assert metadata.read("/bad").problem == PROBLEMS["crash"]
        assert metadata.read("/good").fields == {"Make": "Maker"}


def test_child_is_replaced_after_it_ran_out_of_memory():
    with fake("say(problem='memory', Pid=str(os.getpid()))") as metadata:
        first, second = metadata.read("/a"), metadata.read("/a")
        assert first.problem == PROBLEMS["memory"]
        assert first.fields != second.fields


def test_child_serves_a_limited_number_of_files(monkeypatch):
    monkeypatch.setattr(reader, "FILES_PER_CHILD", 3)
    with fake("say(Pid=str(os.getpid()))") as metadata:
        pids = [metadata.read("/a").fields["Pid"] for _ in range(6)]
    assert len(set(pids)) == 2
    assert pids[0] == pids[2]
    assert pids[3] == pids[5]


def test_files_that_are_asked_for_together_are_answered_in_their_order(monkeypatch):
    monkeypatch.setattr(reader, "FILES_PER_CHILD", 3)
    with fake("say(Pid=str(os.getpid()), Path=payload.decode())") as metadata:
        found = [one.fields for one in metadata.read_all([f"/{number}" for number in range(7)])]
    assert [f"/{number}" for number in range(7)] == [fields["Path"] for fields in found]
    pids = [fields["Pid"] for fields in found]
    assert [pids[0]] * 3 + [pids[3]] * 3 + [pids[6]] == pids
    assert 3 == len(set(pids))


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ("os.abort() if b'bad' in payload else say(Make='Maker')", "crash"),
        ("time.sleep(99) if b'bad' in payload else say(Make='Maker')", "time"),
        ("say(problem='memory') if b'bad' in payload else say(Make='Maker')", "memory"),
        # Of which only the one who waits can tell: no answer may be taken for another file's.
        ("say(problem='crash') if b'bad' in payload else say(Make='Maker')", "crash"),
    ],
)
def test_of_files_asked_for_together_a_bad_one_costs_itself_alone(action, problem):
    paths = ["/bad 0", "/1", "/2", "/bad 3", "/bad 4", "/5"]
    with fake(action, time_limit=0.5) as metadata:
        found = list(metadata.read_all(paths))
    bad, good = Metadata("image/png", problem=PROBLEMS[problem]), {"Make": "Maker"}
    assert [bad, good, good, bad, bad, good] == [
        one if one.problem else one.fields for one in found
    ]


def test_a_path_that_is_too_long_costs_itself_alone():
    with fake("say(Path=payload.decode())") as metadata:
        found = list(metadata.read_all(["/0", "/1", "/" + "a" * 40_000, "/3"]))
    assert ["/0", "/1", None, "/3"] == [one.fields.get("Path") for one in found]
    assert PROBLEMS["unreadable"] == found[2].problem


def test_a_child_that_answers_what_it_does_not_read_holds_up_nobody():
    action = "[say(Make='Maker') for _ in range(16)]; time.sleep(99)"
    with fake(action) as metadata:
        found = list(metadata.read_all(["/" + "a" * 30_000] * 16))
        started = time.monotonic()
    assert 16 == len(found)
    assert time.monotonic() - started < 1.0


def test_time_is_counted_for_each_of_the_files_asked_for_together():
    with fake("time.sleep(0.2); say(Make='Maker')", time_limit=1.0) as metadata:
        assert [None] * 8 == [one.problem for one in metadata.read_all(["/a"] * 8)]


def test_paths_and_answers_that_fill_the_pipes_do_not_wait_for_each_other():
    action = "say(**{f'A{i}': 'x' * 4000 for i in range(40)})"
    with fake(action) as metadata:
        found = list(metadata.read_all(["/" + "a" * 30_000] * 16))
    assert [40] * 16 == [len(one.fields) for one in found]


def test_files_that_nobody_waits_for_any_more_are_answered_to_nobody():
    with fake("say(Path=payload.decode(), Pid=str(os.getpid()))") as metadata:
        asked = metadata.read_all(["/a", "/b", "/c"])
        first = next(asked).fields
        asked.close()
        other = metadata.read("/d").fields
    assert ("/a", "/d") == (first["Path"], other["Path"])
    assert first["Pid"] != other["Pid"]


def test_missing_program_costs_the_metadata():
    with MetadataReader(command=["/nowhere/python"]) as metadata:
        assert metadata.read("/a") == Metadata(UNKNOWN_TYPE, problem=PROBLEMS["crash"])


def test_child_has_nothing_but_its_pipes(monkeypatch):
    monkeypatch.setenv("AMANAT_CANARY", "canary")
    secret = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(secret, True)
    action = (
        "say(Env=' '.join(os.environ), Cwd=os.getcwd(), "
        "Descriptors=' '.join(sorted(os.listdir('/proc/self/fd'))), "
        "Session=str(os.getsid(0) == os.getpid()))"
    )
    try:
        with fake(action) as metadata:
            fields = metadata.read("/a").fields
    finally:
        os.close(secret)
    if not fields:
        pytest.skip("this system has no /proc")
    # Python itself sets LC_CTYPE where there is no locale; the fourth is the listing's own.
    assert set(fields["Env"].split()) <= {"HOME", "LC_CTYPE"}
    assert fields["Descriptors"] == "0 1 2 3"
    assert fields["Cwd"] == os.sep
    assert fields["Session"] == "True"


def test_command_line_names_nothing_but_where_the_program_is(monkeypatch):
    monkeypatch.setenv("AMANAT_CANARY", "canary")
    command = child.default_command()
    assert [sys.executable, "-I", "-B", "-X", "utf8", "-c"] == command[:6]
    assert set(command[7:]) <= {os.path.abspath(path) for path in sys.path if path}


def test_current_folder_is_no_place_for_modules(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert str(tmp_path) not in child.default_command()
    with MetadataReader() as metadata:
        assert metadata.read_bytes(b"text").media_type == "text/plain"


def test_fifty_files_by_one_child(tmp_path, jpeg, sound, pdf, monkeypatch):
    started = []
    real = child.Child

    class Counted(real):
        def __init__(self, command):
            started.append(command)
            super().__init__(command)

    monkeypatch.setattr(reader, "Child", Counted)
    types = []
    with MetadataReader() as metadata:
        for number in range(50):
            path = tmp_path / f"{number}"
            path.write_bytes((jpeg, sound, pdf)[number % 3])
            found = metadata.read(path)
            assert found.problem is None
            types.append(found.media_type)
    assert types[:3] == ["image/jpeg", "audio/x-wav", "application/pdf"]
    assert len(started) == 1


def test_bytes_and_path_give_the_same(tmp_path, jpeg):
    path = tmp_path / "\u0627 \n.jpg"
    path.write_bytes(jpeg)
    with MetadataReader() as metadata:
        assert metadata.read(path) == metadata.read_bytes(jpeg)


def test_relative_path_belongs_to_our_folder(tmp_path, jpeg, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(jpeg)
    monkeypatch.chdir(tmp_path)
    with MetadataReader() as metadata:
        assert metadata.read("a.jpg").media_type == "image/jpeg"


def test_missing_file_is_a_problem_and_no_error(tmp_path):
    with MetadataReader() as metadata:
        assert metadata.read(tmp_path / "no").problem == PROBLEMS["unreadable"]
        assert metadata.read("a\0b").problem == PROBLEMS["unreadable"]


def test_content_over_the_limit_keeps_its_type(monkeypatch, jpeg):
    monkeypatch.setattr(reader, "MAX_BYTES", 100)
    with MetadataReader() as metadata:
        found = metadata.read_bytes(jpeg)
    assert found == Metadata("image/jpeg", problem=PROBLEMS["too-large"])


def test_without_libraries_the_type_and_own_readers_remain(jpeg, film):
    root = child.default_command()[7:]
    paths = [path for path in root if "site-packages" not in path and "dist-packages" not in path]
    command = [sys.executable, "-I", "-S", *child.default_command()[2:7], *paths]
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(reader.__file__)))
    with MetadataReader(command=[*command, checkout]) as metadata:
        found = metadata.read_bytes(jpeg)
        assert (found.media_type, found.problem) == ("image/jpeg", PROBLEMS["no-library"])
        assert metadata.read_bytes(film).fields["GPSLatitude"] == "34.525"


def test_closing_twice_is_once():
    metadata = MetadataReader()
    metadata.read_bytes(b"text")
    metadata.close()
    metadata.close()
    assert metadata.read_bytes(b"text").media_type == "text/plain"
    metadata.close()
