"""Each rule of the container, taken out of the real code, makes the check of it fail.

A mutant replaces lines of one function, as they stand in the source: where the source has
changed so that they are not found, the test fails and the mutant has to be written anew.
"""

from __future__ import annotations
import __future__

import inspect
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

import pytest

from container import checks
from container.crashes import Fault
from vault.container import (
    cell,
    commit,
    creation,
    keys,
    layout,
    row_writer,
    session,
    share_fill,
    share_io,
)
from vault.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable


class Edit(NamedTuple):
    """Lines to replace: `owner` is a module, or a class with the method `name`."""

    owner: object
    name: str
    old: str
    new: str


class Mutant(NamedTuple):
    check: Callable[[], None]
    edits: tuple[Edit, ...]


ROWS = "    write_rows(ring, steps.rows, shares)\n"
SYNC_ROWS = "    ring.file.fsync()\n    for unit"
SYNC_CELLS = "    ring.file.fsync()\n    return now"

MUTANTS = {
    "partial row": Mutant(
        checks.check_operations,
        (
            Edit(
                row_writer._Alone,
                "__init__",
                "self.write = file.pwrite",
                "self.write = lambda offset, row: file.pwrite(offset, row[:-4096])",
            ),
        ),
    ),
    "zero filler": Mutant(
        checks.check_bytes,
        (
            Edit(
                share_fill.Filler,
                "fill",
                "fill_keystream(self._key, self._row[start:end], start)",
                "self._row[start:end] = bytes(end - start)",
            ),
        ),
    ),
    "no filler, what the buffer held before": Mutant(
        checks.check_bytes,
        (Edit(share_fill.Filler, "fill", "fill_keystream(self", "return (self"),),
    ),
    "no filler where a lost block would have gone": Mutant(
        checks.check_nothing_stale,
        (Edit(share_fill.ShareFill, "fill", "filler.fill(start,", "(start,"),),
    ),
    "one filler key for all rows": Mutant(
        checks.check_bytes,
        (Edit(commit, "write_rows", "ring.random(32)", "ring.cell_key"),),
    ),
    "a header byte in clear": Mutant(
        checks.check_bytes,
        (
            Edit(
                share_io,
                "seal_block",
                "out[:NONCE_SIZE] = nonce",
                "nonce = bytes(plain[8:9]) + nonce[1:]\n    out[:NONCE_SIZE] = nonce",
            ),
        ),
    ),
    "back head copied from the front": Mutant(
        checks.check_bytes,
        (Edit(creation, "_write_all", "head = heads[end]", "head = heads[0]"),),
    ),
    "second root copied, not sealed anew": Mutant(
        checks.check_bytes,
        (
            Edit(
                share_io.ShareReader,
                "seal_root",
                "for position in (part,",
                "nonce = random(NONCE_SIZE)\n        for position in (part,",
            ),
            Edit(share_io.ShareReader, "seal_root", "random(NONCE_SIZE),", "nonce,"),
            Edit(
                share_io.ShareReader,
                "seal_root",
                "block_aad(share.level, row, position)",
                "block_aad(share.level, row, part)",
            ),
        ),
    ),
    "cell before rows": Mutant(
        checks.check_power_cuts,
        (
            Edit(commit, "write_commit", ROWS, ""),
            Edit(commit, "write_commit", SYNC_ROWS, "    for unit"),
            Edit(commit, "write_commit", SYNC_CELLS, f"    ring.file.fsync()\n{ROWS}{SYNC_CELLS}"),
        ),
    ),
    "rows not synced before the cell": Mutant(
        checks.check_power_cuts,
        (Edit(commit, "write_commit", SYNC_ROWS, "    for unit"),),
    ),
    "what a killed process wrote not synced on opening": Mutant(
        checks.check_power_cuts_after_a_kill,
        (Edit(session, "open_container", "file.fsync()", "pass"),),
    ),
    "cell slot by parity of the epoch": Mutant(
        checks.check_torn_cells,
        (
            Edit(commit, "write_commit", "commit=now.commit,", "commit=now.epoch,"),
            Edit(cell, "open_cell", "cell.commit % 2 != slot", "cell.epoch % 2 != slot"),
        ),
    ),
    "more rows than are clean": Mutant(
        checks.check_power_cuts_with_few_clean_rows,
        (
            Edit(
                layout,
                "choose_rows",
                "limit = min(geometry.max_commit_rows, clean_rows(volumes, epoch))",
                "limit = geometry.max_commit_rows",
            ),
        ),
    ),
    "next rows not evacuated": Mutant(
        checks.check_reserve,
        (Edit(layout, "_sources", "return [_spots(table, row) for row in ahead]", "return []"),),
    ),
    "a secret block in the share of level 0": Mutant(
        checks.check_twins,
        (
            Edit(
                commit,
                "write_commit",
                "    steps = plan(",
                "    if len(volumes) > 1 and volumes[-1].pending:\n"
                "        block = next(iter(volumes[-1].pending.values()))\n"
                "        volumes[0].pending[b'\\x02' + bytes(15) + b'\\xff'] = block\n"
                "    steps = plan(",
            ),
        ),
    ),
    "fsync for an upper volume": Mutant(
        checks.check_operations,
        (
            Edit(
                commit,
                "write_commit",
                SYNC_ROWS,
                f"    if len(volumes) > 1:\n        ring.file.fsync()\n{SYNC_ROWS}",
            ),
        ),
    ),
    "root key of all levels from level 0": Mutant(
        checks.check_levels_apart,
        (
            Edit(
                session,
                "_assemble",
                "    found: list",
                "    for reader in readers:\n"
                "        reader.keys.root = readers[0].keys.root\n"
                "    found: list",
            ),
            Edit(
                creation,
                "_write_all",
                "    def edge(",
                "    for one in shares:\n"
                "        one.volume.reader.keys.root = shares[0].volume.reader.keys.root\n\n"
                "    def edge(",
            ),
        ),
    ),
    "block key without the commit's id": Mutant(
        checks.check_histories_apart,
        (Edit(keys.VolumeKeys, "block", "_EPOCH.pack(epoch) + commit_id", "_EPOCH.pack(epoch)"),),
    ),
    "blocks replaced in a row written in place": Mutant(
        checks.check_power_cuts_in_place,
        (Edit(layout, "choose_rows", "if carry and limit == 0 and any(", "if 0 and any("),),
    ),
}


def apply(monkeypatch: pytest.MonkeyPatch, edits: tuple[Edit, ...]) -> None:
    """Compile the functions anew with the lines replaced, and put them wherever they stand."""
    sources: dict[tuple[int, str], str] = {}
    for edit in edits:
        original = inspect.unwrap(getattr(edit.owner, edit.name))
        key = (id(edit.owner), edit.name)
        source = sources.get(key) or textwrap.dedent(inspect.getsource(original))
        assert source.count(edit.old) == 1, f"{edit.name}: not once in the source: {edit.old!r}"
        sources[key] = source.replace(edit.old, edit.new)
    for edit in edits:
        source = sources[id(edit.owner), edit.name]
        replace_everywhere(monkeypatch, edit.owner, edit.name, source)


def replace_everywhere(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, source: str
) -> None:
    original = getattr(owner, name)
    flags = __future__.annotations.compiler_flag
    code = compile(source, f"<mutant {name}>", "exec", flags=flags, dont_inherit=True)
    made: dict[str, object] = {}
    exec(code, inspect.unwrap(original).__globals__, made)
    monkeypatch.setattr(owner, name, made[name])
    rooms = ("vault.container", "container.")
    for module in [one for key, one in sys.modules.items() if key.startswith(rooms)]:
        if getattr(module, name, None) is original:
            monkeypatch.setattr(module, name, made[name])


@pytest.mark.parametrize(
    "check", sorted({mutant.check for mutant in MUTANTS.values()}, key=lambda one: one.__name__)
)
def test_the_program_as_it_is_passes(check):
    check()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_rule_taken_out_is_noticed(name, monkeypatch):
    mutant = MUTANTS[name]
    apply(monkeypatch, mutant.edits)
    with pytest.raises((AssertionError, VaultError, Fault)):
        mutant.check()
