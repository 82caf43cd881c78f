from __future__ import annotations

import pytest

from operations.desk import listed, no_progress
from seam.recording import RecordingDisk
from vault.errors import Damaged, LedgerError, NotFound, UsageError
from vault.evidence.fields import WITHHELD
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault, vault_status
from vault.operations.log import log_state, write_proof
from vault.operations.reading import file_name_of, show_entry

DARI = "آنچه دیدم: ساعت هفت، نزدیک پل"


def test_a_note_comes_back_word_for_word(desk):
    with desk.open("v") as vault:
        fields = {"title": b"What I saw", "description": DARI.encode(), "place": b"Herat"}
        assert 0 == write_note(vault, fields)
    with desk.open("v", writable=False) as vault:
        values = show_entry(vault, "0").values
        assert fields.items() <= values.items()
        assert b"note" == values["kind"]


@pytest.mark.parametrize("fields", [{}, {"title": b" "}, {"title": b"x", "file": b"y"}])
def test_a_note_that_is_none_is_refused_and_nothing_is_written(desk, fields):
    recorded = RecordingDisk(desk.disk)
    with desk.open("v", disk=recorded) as vault:
        recorded.clear()
        with pytest.raises(UsageError):
            write_note(vault, fields)
    assert ["close"] == [op.op for op in recorded.ops]


def test_a_note_longer_than_one_commit_can_carry_is_refused_and_the_next_one_is_saved(desk):
    with desk.open("v") as vault:
        with pytest.raises(Exception, match="more than one step"):
            write_note(vault, {"title": b"long", "description": b"x" * 300_000})
        assert 0 == write_note(vault, {"title": b"short"})
    with desk.open("v", writable=False) as vault:
        assert [(0, "short")] == listed(vault)
    assert desk.check("v").sound


def test_reading_writes_nothing(desk):
    with desk.open("v") as vault:
        desk.add(vault, desk.file("a", b"content"), fields={"title": b"apple"})
        write_note(vault, {"title": b"pear"})
    before = desk.disk.snapshot()
    recorded = RecordingDisk(desk.disk)
    with desk.open("v", writable=False, disk=recorded) as vault:
        show_entry(vault, "0")
        desk.content(vault, "0")
        vault.catalog.search("pear")
        vault_status(vault)
        log_state(vault)
        check_vault(vault, no_progress)
    assert ["open-read", "lock-shared", "close"] == [op.op for op in recorded.ops]
    assert before == desk.disk.snapshot()


def test_search_finds_folded_spellings(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": "كتابِ علي".encode()})
        write_note(vault, {"title": b"something else"})
        assert [0] == [entry.seq for entry in vault.catalog.search("کتاب علی")]


@pytest.mark.parametrize("item", ["", "x", "-1", "1.0", "0x1", "1e3", "²", "9" * 19, "a/", "/x"])
def test_what_is_no_number_of_an_entry_is_wrong_use(desk, item):
    with desk.open("v", writable=False) as vault, pytest.raises(UsageError):
        vault.find(item)


@pytest.mark.parametrize("item", ["0", "7", "nobody/0", "9" * 18])
def test_what_is_not_there_is_not_found(desk, item):
    with desk.open("v", writable=False) as vault, pytest.raises(NotFound):
        vault.find(item)


@pytest.mark.parametrize("item", ["0", "۰", "٠", "00"])
def test_digits_of_any_script_name_an_entry(desk, item):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"x"})
        assert 0 == vault.find(item).seq


def test_a_note_has_no_file_to_read(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"x"})
        assert "0" == file_name_of(vault, "0")
        with pytest.raises(NotFound):
            desk.content(vault, "0")


def test_a_damaged_file_is_not_handed_out_as_whole(desk):
    with desk.open("v") as vault:
        desk.add(vault, desk.file("a", b"x" * 5000))
        spots = [spot for name, spot in vault.volume.where.items() if name[0] == 2]
        offset = vault.volume.reader.offset(spots[2] >> 16, spots[2] & 0xFFFF)
    desk.disk.flip("v", offset + 50)
    with desk.open("v", writable=False) as vault, pytest.raises(Damaged):
        desk.content(vault, "0")
    report = desk.check("v")
    assert not report.sound
    assert [0] == [problem.seq for problem in report.problems]


def test_a_field_that_is_not_the_one_committed_to_is_not_shown(desk, monkeypatch):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"true"})
        write_note(vault, {"title": b"false"})
        fields = vault.catalog.fields(vault.catalog.origin, 1)
        monkeypatch.setattr(vault.catalog, "fields", lambda *_: fields)
        with pytest.raises(LedgerError):
            show_entry(vault, "0")


# The log and its proofs


def test_the_log_grows_and_each_state_has_its_own_root(desk):
    with desk.open("v") as vault:
        states = [log_state(vault)]
        for number in range(3):
            write_note(vault, {"title": b"%d" % number})
            states.append(log_state(vault))
    assert [0, 1, 2, 3] == [state.size for state in states]
    assert 4 == len({state.root for state in states})


def test_a_proof_holds_what_it_says_and_leaves_the_sensitive_inside(desk):
    fields = {"title": b"t", "source": b"Maryam", "source-contact": b"0799"}
    target = desk.folder / "proof"
    with desk.open("v") as vault:
        write_note(vault, fields)
        shown = write_proof(vault, "0", str(target))
    assert WITHHELD.isdisjoint(shown)
    assert "title" in shown
    assert sorted(shown) == sorted(path.name for path in (target / "fields").iterdir())
    assert not any(b"Maryam" in path.read_bytes() for path in target.rglob("*") if path.is_file())


def test_a_field_that_stays_inside_leaves_when_it_is_named(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t", "source": b"Maryam"})
        assert ["source"] == write_proof(vault, "0", str(desk.folder / "a"), only=["source"])
        shown = write_proof(vault, "0", str(desk.folder / "b"), withhold=["title", "kind"])
        assert {"title", "kind"}.isdisjoint(shown)


@pytest.mark.parametrize("option", ["withhold", "only"])
def test_a_misspelt_field_is_refused_rather_than_sent_or_left_out(desk, option):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t", "place": b"Herat"})
        with pytest.raises(UsageError, match="plcae"):
            write_proof(vault, "0", str(desk.folder / "proof"), **{option: ["plcae"]})
    assert not (desk.folder / "proof").exists()


def test_the_checkpoint_of_a_proof_is_kept_before_the_proof_is_written(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t"})
        (desk.folder / "proof").write_bytes(b"a file is in the way")
        with pytest.raises(Exception, match="proof"):
            write_proof(vault, "0", str(desk.folder / "proof"))
    with desk.open("v", writable=False) as vault:
        assert (1,) == log_state(vault).signed


def test_one_size_of_the_log_is_signed_once(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t"})
        write_proof(vault, "0", str(desk.folder / "a"))
        write_proof(vault, "0", str(desk.folder / "b"))
        assert (1,) == log_state(vault).signed
    one, two = (desk.folder / name / "checkpoint" for name in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_a_proof_overwrites_nothing(desk):
    desk.file("proof/leaf", b"precious")
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t"})
        with pytest.raises(Exception, match="exists already"):
            write_proof(vault, "0", str(desk.folder / "proof"))
    assert ["leaf"] == [path.name for path in (desk.folder / "proof").rglob("*")]
    assert b"precious" == (desk.folder / "proof/leaf").read_bytes()


def test_what_came_from_somebody_else_cannot_be_proved_as_ones_own(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"t"})
    desk.introduce("v", "partner", desk.card("p"))
    desk.introduce("p", "sender", desk.card("v"))
    with desk.open("v") as vault:
        bundle = desk.seal(vault, "partner", "b")
    with desk.open("p") as vault:
        desk.receive(vault, bundle)
        with pytest.raises(UsageError):
            write_proof(vault, "sender/0", str(desk.folder / "proof"))


# Status


def test_status_counts_what_is_there(desk):
    with desk.open("v") as vault:
        before = vault_status(vault)
        write_note(vault, {"title": b"t"})
        after = vault_status(vault)
    assert ("bag", 0, 0) == before[:3]
    assert ("bag", 1, 0) == after[:3]
    assert before.container.commits + 1 == after.container.commits
