"""Whole lives of a vault: every use case in any order, on all levels, against plain dictionaries.

A state machine of Hypothesis; what it compares, and with what, stands in `whole_life`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from operations.desk import PASSPHRASES, no_progress
from operations.whole_books import Book, Bundle, note_item
from operations.whole_life import FINE, TALLY, Fate, Life
from operations.whole_scene import BUNDLES, CONTENTS, LENGTHS, findable, words_left
from seam.crashing import state_after
from vault.errors import ContainerFull, NotSaved, Replayed, VaultError
from vault.evidence.fields import WITHHELD
from vault.operations.bundles import check_file
from vault.operations.create import VolumeToMake
from vault.operations.entries import write_note
from vault.operations.erase import erase, plan_erase
from vault.operations.inspect import check_vault, vault_status
from vault.operations.levels import at_level
from vault.operations.log import log_state
from vault.operations.move import Destination, move_vault
from vault.operations.put_right import plan_put_right, put_right
from vault.operations.reading import show_entry
from vault.operations.scrub import scrub
from vault.operations.seal import prepare_bundle
from vault.operations.stock import add_stock, move_down, waiting
from vault.verify.bundle import Discard

if TYPE_CHECKING:
    from vault.operations.add import AddReport
    from vault.operations.opened import OpenVault

FATES = st.one_of(
    st.just(FINE),
    st.just(FINE),
    st.builds(
        Fate,
        st.sampled_from(["cut", "cut", "fail", "memory"]),
        st.integers(0, 255),
        st.integers(0, 1 << 20),
    ),
)
PICK = st.integers(0, 63)
NAMES = st.sampled_from([(), ("title",), ("description",), ("file",), ("file", "title", "kind")])
LONG = st.sampled_from([1, 0, 40, 400, 1200])


def is_above(life: WholeLife) -> bool:
    return life.level > 0


def has_items(life: WholeLife) -> bool:
    return bool(life.book.items)


def can_put_right(life: WholeLife) -> bool:
    return any(book.own for book in life.books[: life.vault.session.top.level])


def has_stock(life: WholeLife) -> bool:
    return life.level > 0 and any(item.waits for item in life.book.own)


def can_receive(life: WholeLife) -> bool:
    """What was taken in before now and then, too."""
    return life.book.seat >= 0 and (len(life.book.imported) < BUNDLES or life.deeds % 4 == 0)


def can_seal(life: WholeLife) -> bool:
    """Not again and again: what left cannot be put right any more."""
    some = any(item.values and not item.waits for item in life.book.own)
    return life.book.seat >= 0 and some and life.book.signed + 2 < len(life.book.own)


def told(report: AddReport) -> None:
    """Raise what a report says went wrong."""
    for _path, error in report.refused:
        raise error
    if report.stopped:
        raise report.stopped


class WholeLife(Life):
    """One vault, from file to file."""

    @initialize(volumes=st.sampled_from([3, 2, 1]))
    def begin(self, volumes: int) -> None:
        self.prepare(volumes)

    @precondition(lambda life: not life.idle)
    @rule(top=PICK, below=PICK)
    def open_vault(self, top: int, below: int) -> None:
        self.close()
        self.idle = True
        top = len(self.books) - 1 - top % len(self.books)
        self.open(top, None if below % 3 else below % (top + 1))
        TALLY[f"open with passphrase {top + 1}"] += 1

    @precondition(lambda life: not life.idle and len(life.vault.session.volumes) > 1)
    @rule(level=PICK)
    def go(self, level: int) -> None:
        TALLY["go to a level"] += 1
        self.idle = True
        self.go_to(level % len(self.vault.session.volumes))

    # What brings something in

    @rule(long=LONG, fate=FATES)
    def note(self, long: int, fate: Fate) -> None:
        fields = {"title": self.word("title"), "source": b"Maryam"}
        if long:
            fields["description"] = (self.word("told") + b" ") * long
        item, level = note_item(fields), self.level
        self.act(
            "note",
            lambda vault: write_note(vault, fields),
            lambda books: books[level].append(item),
            fate=fate,
        )

    def some_file(self, number: int, titled: bool) -> tuple[str, bytes, dict[str, bytes]]:
        number %= len(CONTENTS)
        fields = {"title": self.word("title"), "place": b"Herat"} if titled else {}
        return str(number), CONTENTS[number], fields

    @rule(number=PICK, titled=st.booleans(), fate=FATES)
    def add(self, number: int, titled: bool, fate: Fate) -> None:
        name, content, fields = self.some_file(number, titled)
        path, level = str(self.scene.folder / name), self.level
        self.act(
            "add",
            lambda vault: told(self.desk.add(vault, path, fields=fields)),
            lambda books: books[level].add(content, fields, name, "exhibit"),
            fate=fate,
        )

    @precondition(can_receive)
    @rule(number=PICK, fate=FATES)
    def receive(self, number: int, fate: Fate) -> None:
        number, level = number % BUNDLES, self.level
        bundle, known = self.scene.bundles[self.book.seat][number], number in self.book.imported
        first = [dict([*bundle.items.items()][:count]) for count in range(1, len(bundle.items))]

        def some(items: dict[int, object]) -> object:
            """Entries that are more than one commit carries come in several, the note last."""

            def change(books: list[Book]) -> None:
                books[level].receive(number, Bundle("", items))
                books[level].imported.discard(number)

            return change

        def whole(books: list[Book]) -> None:
            books[level].receive(number, bundle)

        self.act(
            "import",
            lambda vault: self.desk.receive(vault, bundle.path),
            *([] if known else [*map(some, first), whole]),
            fate=fate,
            refused=Replayed if known else None,
        )

    # What takes something out, or moves it

    @precondition(has_items)
    @rule(picks=st.lists(PICK, min_size=1, max_size=3), names=NAMES, fate=FATES)
    def erase(self, picks: list[int], names: tuple[str, ...], fate: Fate) -> None:
        book, level = self.book, self.level
        places = [*dict.fromkeys(pick % len(book.items) for pick in picks)]
        received = [f"sender/{seq}" for seq in book.received]
        items = [([*map(str, range(len(book.own))), *received])[place] for place in places]

        def deed(vault: OpenVault) -> None:
            told_of = erase(vault, plan_erase(vault, items, names), no_progress)
            if told_of.stopped:
                raise told_of.stopped

        def gone(place: int) -> object:
            return lambda books: books[level].erase(place, names)

        self.act("erase", deed, *map(gone, places), fate=fate)

    @precondition(can_put_right)
    @rule(below=PICK, picks=st.lists(PICK, min_size=1, max_size=2), fate=FATES)
    def put_right(self, below: int, picks: list[int], fate: Fate) -> None:
        top = self.vault.session.top.level
        levels = [level for level in range(top) if self.books[level].own]
        self.go_to(levels[below % len(levels)])
        book, level = self.book, self.level
        first = book.signed if below % 4 and book.signed < len(book.own) else 0
        seqs = {first + pick % (len(book.own) - first) for pick in picks}
        items = [str(seq) for seq in seqs]
        chosen = [book.own[seq] for seq in sorted(seqs)]
        try:
            plan = plan_put_right(self.vault, items)
        except VaultError:
            TALLY["put right: refused"] += 1
            assert book.signed > min(seqs) or not all(item.values for item in chosen)
            return
        assert book.signed <= min(seqs)

        def both(books: list[Book]) -> None:
            books[top].loose = False
            for item in chosen:
                books[top].append(item)

        can = all(item.can_go for item in chosen)
        self.act(
            "put right",
            lambda vault: put_right(vault, plan, no_progress),
            *([both, lambda books: books[level].take_out(seqs)] if can else []),
            fate=fate,
            refused=None if can else VaultError,
            may_be_full=True,  # the log below is written anew in one commit
        )

    @precondition(is_above)
    @rule(number=PICK, titled=st.booleans(), fate=FATES)
    def stock(self, number: int, titled: bool, fate: Fate) -> None:
        name, content, fields = self.some_file(number, titled)
        paths, level = [str(self.scene.folder / name)], self.level

        def deed(vault: OpenVault) -> None:
            reader = self.desk.reader
            told(add_stock(vault, paths, fields, reader=reader, progress=no_progress))

        self.act(
            "stock add",
            deed,
            lambda books: books[level].add(content, fields, name, "stock"),
            fate=fate,
        )

    @precondition(has_stock)
    @rule(pick=PICK, below=PICK, fate=FATES)
    def move_down(self, pick: int, below: int, fate: Fate) -> None:
        level, below = self.level, below % self.level
        seqs = [seq for seq, item in enumerate(self.book.own) if item.waits]
        seq = seqs[pick % len(seqs)]
        item = self.book.own[seq]
        chosen = None if seq == seqs[0] else str(seq)

        def both(books: list[Book]) -> None:
            kept = books[level].own[seq]
            books[level].move_down(seq, books[below])
            books[level].own[seq] = kept

        def taken(books: list[Book]) -> None:
            books[level].erase(seq, ())

        self.act(
            "stock move",
            lambda vault: move_down(vault, chosen, below),
            *([both, taken] if item.can_go else []),
            fate=fate,
            refused=None if item.can_go else VaultError,
        )

    # What leaves

    @precondition(can_seal)
    @rule(fate=FATES)
    def seal(self, fate: Fate) -> None:
        level, bundles = self.level, []

        def deed(vault: OpenVault) -> None:
            bundles[:] = [prepare_bundle(vault, self.desk.plan(vault, "sender"))]
            stream = b"".join(map(bytes, bundles[0].stream()))
            bundles[:] = [self.desk.file("sealed", stream)]

        def signed(books: list[Book]) -> None:
            books[level].signed = len(books[level].own)

        if self.act("seal", deed, signed, fate=fate):
            report = check_file(bundles[0], [self.scene.partner], Discard(None), no_progress)
            sent = {one.seq: sorted(one.fields) for one in report.entries}
            assert sent == {
                seq: sorted({*item.values} - WITHHELD)
                for seq, item in enumerate(self.book.own)
                if item.values and not item.waits
            }

    # What concerns the file

    @precondition(lambda life: life.deeds >= 6)
    @rule(fate=FATES)
    def scrub(self, fate: Fate) -> None:
        self.deeds = 0
        if self.act("scrub", lambda vault: scrub(vault, no_progress), fate=fate, protect=True):
            for level in range(len(self.vault.session.volumes)):
                vault = at_level(self.vault, level)
                assert not words_left(vault, self.books[level].gone())
                vault.catalog.close()

    @precondition(lambda life: len(life.books) > 1)
    @rule(level=PICK, eighths=st.integers(0, 8), unfinished=st.booleans())
    def others(self, level: int, eighths: int, unfinished: bool) -> None:
        """Rows that somebody writes who does not know of what is above, up to the reserve."""
        before = self.vault.session.top.level, self.level
        self.close()
        self.open(level % (len(self.books) - 1))
        session = self.vault.session
        rows = self.room_for_others() * eighths // 8
        last = session.status(0).epoch + rows
        while session.status(0).epoch < last:
            self.vault.renew(last - session.status(0).epoch)
        assert last == session.status(0).epoch
        if unfinished:
            # The reserve counts one commit that writes its rows and never its cells.
            self.faulty._ops, self.faulty._fail_at, self.faulty.calls = {"fsync"}, 0, 0
            with pytest.raises(NotSaved):
                self.vault.renew(session.geometry.max_commit_rows)
        TALLY["others' rows"] += 1
        TALLY["(rows by others)"] += rows
        self.close()
        self.settle([self.books])
        self.open(*before)

    @precondition(lambda life: life.deeds >= 6)
    @rule(
        keep=st.sampled_from([7, 7, 7, 3, 5, 6, 1, 4]),
        volumes=st.sampled_from([3, 3, 2, 1]),
        length=st.sampled_from(LENGTHS),
        fate=FATES,
    )
    def move(self, keep: int, volumes: int, length: int, fate: Fate) -> None:
        opened = [*range(len(self.vault.session.volumes))]
        levels = [level for level in opened if keep >> level & 1] or opened
        volumes = max(volumes, len(levels))
        self.deeds, self.files = 0, self.files + 1
        name, old = f"v{self.files}", self.crash.memory.read(self.path)
        wanted = [VolumeToMake(secret, "further") for secret in PASSPHRASES[:volumes]]
        there = Destination(name, length, levels)
        done = self.attempt(
            lambda vault: move_vault(vault, there, wanted, progress=no_progress), fate
        )
        TALLY["move"] += 1
        if done.error is not None and not done.failed:
            assert isinstance(done.error, ContainerFull), done.error
            assert length < self.length or levels != opened, "it fitted before"
            TALLY["full"] += 1
            assert [self.path] == [*self.crash.memory]
            self.settle([self.books])
            return
        assert done.failed == (done.error is not None), "a failure was not told"
        events, disk = self.crash.log.events, self.crash.memory
        may_be_missing = done.failed
        if fate.kind == "cut":
            prefix = done.begun + (len(events) - done.begun) * fate.at // 255
            disk = state_after(self.crash.log, prefix, fate.seed).disk
            may_be_missing = prefix < len(events)
        else:
            assert {*disk} <= {self.path, name}, "something was left over"
        self.close()
        assert old == disk.read(self.path), "moving wrote to the old file"
        TALLY[f"(move, {fate.kind}: {'new' if disk.exists(name) else 'no new'} file)"] += 1
        if disk.exists(name):
            further = [Book("further") for _ in range(volumes - len(levels))]
            self.books = [*(self.books[level].fork() for level in levels), *further]
            self.path, self.length = name, length
        else:
            assert may_be_missing, "what was acknowledged is not there"
        self.disk = disk
        disk.nodes = {self.path: disk.nodes[self.path]}
        self.settle([self.books])
        self.open(len(self.books) - 1)

    # What only reads

    @precondition(lambda life: not life.idle)
    @rule(pick=PICK)
    def read(self, pick: int) -> None:
        TALLY["read"] += 1
        events, before = len(self.crash.log.events), self.crash.memory.read(self.path)
        vault, book = self.vault, self.book
        catalog = vault.catalog
        assert not findable(vault, book.gone()), "what was erased is found"
        listed = {(e.origin == catalog.origin, e.seq): e.title for e in catalog.newest()}
        expected = {(True, seq): item.title for seq, item in enumerate(book.own)}
        expected |= {(False, seq): item.title for seq, item in book.received.items()}
        assert expected == listed
        if book.own:
            seq = pick % len(book.own)
            assert book.own[seq].values == show_entry(vault, str(seq)).values
            if (content := book.own[seq].content) is not None:
                assert content == self.desk.content(vault, str(seq))
        assert len(book.own) == vault_status(vault).entries == log_state(vault).size
        assert sum(item.waits for item in book.own) == len(waiting(vault))
        assert check_vault(vault, no_progress, deep=True).sound
        after = len(self.crash.log.events), self.crash.memory.read(self.path)
        assert (events, before) == after, "reading wrote"
