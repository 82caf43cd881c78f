"""Every kind of wrong file, in every place where a command takes one."""

from __future__ import annotations

import errno
import os
import random
import shutil
import socket
import sys
from pathlib import Path

import pytest

from surroundings.scene import no_temporary, refused

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="FIFOs, devices and links of POSIX")

NOISE = random.Random(9).randbytes(300_000)


def missing(path: Path, good: bytes) -> None:
    """Leave nothing there."""


def empty(path, good):
    path.write_bytes(b"")


def one_byte(path, good):
    path.write_bytes(good[:1])


def zeros(path, good):
    path.write_bytes(bytes(len(good)))


def noise(path, good):
    path.write_bytes(NOISE)


def cut(path, good):
    path.write_bytes(good[: len(good) // 2])


def cut_by_one(path, good):
    path.write_bytes(good[:-1])


def grown(path, good):
    path.write_bytes(good + b"\0")


def doubled(path, good):
    path.write_bytes(good + good)


def folder(path, good):
    path.mkdir()


def pipe(path, good):
    os.mkfifo(path)


def device(path, good):
    path.symlink_to("/dev/zero")


def null(path, good):
    path.symlink_to("/dev/null")


def link_to_nowhere(path, good):
    path.symlink_to("nowhere-at-all")


def link_in_a_circle(path, good):
    path.symlink_to(path.name)


def local_socket(path, good):
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(path.parent)  # the system takes short addresses only
        try:
            listening.bind(path.name)
        finally:
            os.chdir(here)


def below_a_file(path, good):
    """The path goes on below what is a file."""


BAD = (
    missing,
    empty,
    one_byte,
    zeros,
    noise,
    cut,
    cut_by_one,
    grown,
    doubled,
    folder,
    pipe,
    device,
    null,
    link_to_nowhere,
    link_in_a_circle,
    local_socket,
    below_a_file,
)

NO_FILE = {missing, link_to_nowhere}
"""What the exit code 10 is for."""

CONTENT = {empty, one_byte, zeros, noise, cut, cut_by_one, grown, doubled}
"""What can be opened and read, and is not what it should be."""


def bad_path(scene, kind, good):
    path = scene.folder / "bad"
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    if kind is below_a_file:
        return str(Path(scene.source) / "bad")
    with open(good, "rb") as file:
        kind(path, file.read())
    return str(path)


# Vaults

ON_A_VAULT = {
    "list": ["list"],
    "show": ["show", "0"],
    "get": ["get", "0", "-o", "out"],
    "search": ["search", "note"],
    "log": ["log"],
    "proof": ["log", "--proof", "0", "-o", "out"],
    "check": ["check"],
    "check --repair": ["check", "--deep", "--repair", "--from", "source"],
    "status": ["status"],
    "add": ["add", "source"],
    "note": ["note", "--title", "x"],
    "erase": ["erase", "0", "--yes"],
    "stock add": ["stock", "add", "source"],
    "stock move": ["stock", "move"],
    "put-right": ["put-right", "0", "--yes"],
    "move": ["move", "out", "--passphrases", "2"],
    "rescue": ["rescue", "out"],
    "rescue --from-end": ["rescue", "out", "--from-end"],
    "seal": ["seal", "--to", "partner", "-o", "out", "--yes"],
    "import": ["import", "bundle"],
    "card": ["contact", "card"],
    "contact add": ["contact", "add", "somebody", "other_card"],
    "contact confirm": ["contact", "confirm", "partner", "--yes"],
    "contact list": ["contact", "list"],
    "open": ["open"],
}


@POSIX
@pytest.mark.parametrize("command", ON_A_VAULT)
def test_what_is_no_vault_is_refused_and_left_as_it_is(scene, monkeypatch, command):
    monkeypatch.chdir(scene.folder)
    words = ON_A_VAULT[command]
    for kind in BAD:
        path = bad_path(scene, kind, scene.vault)
        before = scene.state()
        named = [*words, path] if command == "open" else ["--vault", path, *words]
        ran = scene.run("--passphrase-file", scene.two, "-q", *named)
        expected = {10} if kind in NO_FILE else {12} if kind in CONTENT else {1, 10, 12}
        if kind in {cut, cut_by_one, grown, doubled}:
            # The passphrase is right: it says that bytes were cut off or added. A rescue goes on,
            # from the end only where that is found.
            expected = {"rescue": {2}, "rescue --from-end": {2, 12}}.get(command, {1})
        refused(ran, *expected)
        assert ("", before) == (ran.out, scene.state()), kind.__name__


@pytest.mark.parametrize("command", ON_A_VAULT)
def test_another_vaults_file_is_told_as_a_wrong_passphrase_is(scene, monkeypatch, command):
    """One text for every reason."""
    monkeypatch.chdir(scene.folder)
    texts = set()
    words = ON_A_VAULT[command]
    for path, passphrase in ((scene.partner, "two"), (scene.vault, "wrong")):
        (scene.folder / "wrong").write_text("not this one\n")
        options = ["--passphrase-file", scene.at(passphrase), "-q"]
        named = [*words, path] if command == "open" else ["--vault", path, *words]
        ran = refused(scene.run(*options, *named), 12)
        texts.add(ran.err)
    assert 1 == len(texts)


def test_an_older_copy_is_an_older_state_and_both_stay_usable(scene):
    older = scene.at("older")
    shutil.copy(scene.vault, older)
    assert 0 == scene.on_vault("add", scene.source).code
    with_older = ["--vault", older, "--passphrase-file", scene.two, "-q"]
    assert 0 == scene.run(*with_older, "note", "--title", "another history").code
    assert 0 == scene.run(*with_older, "check").code
    scene.is_whole(3)


def test_a_vault_with_two_names_is_one_vault(scene):
    os.link(scene.vault, scene.at("twin"))
    ran = scene.run("--vault", scene.at("twin"), "--passphrase-file", scene.two, "-q", "list")
    assert 0 == ran.code
    refused(scene.on_vault("add", scene.at("twin")), 3)
    scene.is_whole()


def test_a_vault_reached_through_a_link_is_the_vault(scene):
    os.symlink("vault", scene.at("alias"))
    opened = ["--vault", scene.at("alias"), "--passphrase-file", scene.two, "-q"]
    assert 0 == scene.run(*opened, "add", scene.source).code
    assert os.path.islink(scene.at("alias"))
    scene.is_whole(3)


# Bundles, cards, key files


TAKING_A_BUNDLE = {
    "import": lambda scene, path: scene.on_partner("import", path),
    "verify": lambda scene, path: scene.run("-q", "verify", path, "--identity", scene.key),
    "unseal": lambda scene, path: scene.run(
        "-q", "unseal", path, "--identity", scene.key, "--extract", scene.at("out")
    ),
}
TAKING_A_CARD = {
    "contact add": lambda scene, path: scene.on_vault("contact", "add", "somebody", path),
    "verify": lambda scene, path: scene.run(
        "-q", "verify", scene.bare, "--identity", scene.key, "--signed-by", path
    ),
    "unseal": lambda scene, path: scene.run(
        *("-q", "unseal", scene.bare, "--identity", scene.key),
        *("--signed-by", path, "--extract", scene.at("out")),
    ),
}
TAKING_A_KEY = {
    "verify": lambda scene, path: scene.run("-q", "verify", scene.bare, "--identity", path),
    "unseal": lambda scene, path: scene.run(
        "-q", "unseal", scene.bare, "--identity", path, "--extract", scene.at("out")
    ),
}
PLACES = {
    **{f"bundle: {name}": ("bundle", run) for name, run in TAKING_A_BUNDLE.items()},
    **{f"card: {name}": ("other_card", run) for name, run in TAKING_A_CARD.items()},
    **{f"key: {name}": ("key", run) for name, run in TAKING_A_KEY.items()},
}


@POSIX
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_bundle_card_or_key_is_refused_and_nothing_stays(scene, place):
    role, run = PLACES[place]
    # A key file without its last LF, or with the same key twice, is one still.
    fitting = {cut_by_one, doubled} if role == "key" else set()
    for kind in BAD:
        if kind in fitting:
            continue
        path = bad_path(scene, kind, getattr(scene, role))
        before = scene.state()
        codes = [10] if kind in NO_FILE else [12, 20] if kind in CONTENT else [1, 10]
        refused(run(scene, path), *codes)
        assert before == scene.state(), kind.__name__


@pytest.mark.parametrize("place", PLACES)
def test_a_newer_format_is_refused(scene, place):
    role, run = PLACES[place]
    good = Path(getattr(scene, role)).read_bytes()
    newer = {
        "bundle": good.replace(b"age-encryption.org/v1", b"age-encryption.org/v2"),
        "other_card": good.replace(b"amanat-card/v1", b"amanat-card/v2"),
        "key": b"AGE-SECRET-KEY-1QQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQS\n",
    }[role]
    assert newer != good
    path = scene.folder / "newer"
    path.write_bytes(newer)
    refused(run(scene, str(path)), 12, 20)


@pytest.mark.parametrize("place", PLACES)
def test_one_kind_of_file_is_not_taken_for_another(scene, place):
    role, run = PLACES[place]
    for other in ("bundle", "card", "key", "source", "vault"):
        if other == role or (role, other) == ("other_card", "card"):
            continue
        refused(run(scene, getattr(scene, other)), 1, 12, 20)


# What is brought in


@POSIX
@pytest.mark.parametrize(
    "kind",
    [missing, pipe, device, null, link_to_nowhere, link_in_a_circle, local_socket, below_a_file],
    ids=lambda kind: kind.__name__,
)
def test_what_is_no_file_is_not_brought_in(scene, kind):
    path = bad_path(scene, kind, scene.source)
    refused(scene.on_vault("add", path), *([10] if kind in NO_FILE else [1, 3, 10]))
    scene.is_whole()


@POSIX
@pytest.mark.parametrize(
    "kind", [empty, one_byte, zeros, noise, folder], ids=lambda kind: kind.__name__
)
def test_any_content_is_brought_in(scene, kind):
    path = bad_path(scene, kind, scene.source)
    assert 0 == scene.on_vault("add", path).code
    scene.is_whole()


@POSIX
def test_a_folder_that_holds_itself_comes_to_an_end(scene):
    (scene.folder / "loop/deeper").mkdir(parents=True)
    (scene.folder / "loop/deeper/again").symlink_to("..")
    (scene.folder / "loop/photo").write_bytes(b"x")
    ran = refused(scene.on_vault("add", scene.at("loop")), 3)
    assert "is a link" in ran.err
    scene.is_whole(3)


@POSIX
@pytest.mark.parametrize("place", [*PLACES, "vault"])
def test_a_file_that_may_not_be_read_is_told(scene, monkeypatch, place):
    role, run = PLACES.get(place, ("vault", lambda scene, path: scene.on_vault("list")))
    path = getattr(scene, role)
    system = os.open

    def refusing(name, *rest, **options):
        if os.fspath(name) == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return system(name, *rest, **options)

    monkeypatch.setattr(os, "open", refusing)
    ran = refused(run(scene, path), 1)
    assert "not allowed" in ran.err


# What is written

WRITING = {
    "get": lambda scene, path: scene.on_vault("get", "0", "-o", path),
    "seal": lambda scene, path: scene.on_vault("seal", "--to", "partner", "-o", path, "--yes"),
    "card": lambda scene, path: scene.on_vault("contact", "card", "-o", path),
    "keygen": lambda scene, path: scene.run("-q", "keygen", "-o", path),
    "init": lambda scene, path: scene.run(
        *("-q", "init", path, "--size", "8256KiB", "--passphrases", "1"),
        *("--passphrase-file", scene.one),
    ),
}
FOLDERS = {
    "proof": lambda scene, path: scene.on_vault("log", "--proof", "0", "-o", path),
    "unseal": lambda scene, path: scene.run(
        "-q", "unseal", scene.bare, "--identity", scene.key, "--extract", path
    ),
}
TAKEN = (
    empty,
    noise,
    folder,
    pipe,
    device,
    link_to_nowhere,
    link_in_a_circle,
    local_socket,
    below_a_file,
)


@POSIX
@pytest.mark.parametrize("command", WRITING)
def test_what_is_there_is_never_overwritten(scene, command):
    for kind in TAKEN:
        path = bad_path(scene, kind, scene.source)
        before = scene.state()
        refused(WRITING[command](scene, path), 1, 10)
        after = scene.state()
        if command == "seal":  # a number may have been counted
            before.pop("vault")
            after.pop("vault")
        assert before == after, kind.__name__
    scene.is_whole()


@POSIX
@pytest.mark.parametrize("command", FOLDERS)
def test_what_is_no_folder_is_not_written_into(scene, command):
    for kind in TAKEN:
        if kind is folder:
            continue
        path = bad_path(scene, kind, scene.source)
        before = scene.state()
        refused(FOLDERS[command](scene, path), 1, 10)
        after = scene.state()
        before.pop("vault")  # a proof signs the log before it is written
        after.pop("vault")
        assert before == after, kind.__name__
    scene.is_whole()


@pytest.mark.parametrize("command", [*WRITING, *FOLDERS])
def test_a_folder_that_is_not_there_is_told(scene, command):
    run = {**WRITING, **FOLDERS}[command]
    refused(run(scene, scene.at("none/out")), 1, 10)
    assert not (scene.folder / "none").exists()
    scene.is_whole()


@pytest.mark.parametrize("command", [*WRITING, *FOLDERS])
def test_it_works_where_nothing_is_in_the_way(scene, command):
    """Or the tests above would show nothing."""
    run = {**WRITING, **FOLDERS}[command]
    assert 0 == run(scene, scene.at("out")).code
    assert (scene.folder / "out").exists()
    no_temporary(scene.state())
    scene.is_whole()
