"""What the searcher counts: statistics fixed beforehand, each one number for a set of copies.

After what the literature uses against such designs: how much changed (count), where (position), how
long ago it was written before (recency), in runs of which length (run length: arXiv 2110.04618),
how much of the file was ever touched (coverage), how random it is (chi-square, compressibility);
and what the revealed keys show (view).
"""

from __future__ import annotations

import zlib
from collections import Counter
from itertools import pairwise
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from deniability.searcher import BLOCKS, GEOMETRY, changed_blocks, changed_elsewhere
from vault.container.geometry import CELL_UNIT, HEAD_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deniability.searcher import CopySeen, RowSeen, Seen

Measures = dict[str, float]

RECENT = GEOMETRY.rows // 4
FRESH_ROWS = 4
"""Rows last written whose bytes are weighed: chi-square of more costs more than it tells."""

HISTOGRAM = "histogram: "
"""Begins the names of numbers that only the classifier gets."""

ONE_COPY = ("chi-square", "compressibility", "view", HISTOGRAM)
"""Kinds of statistics for which one copy is enough."""


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return fmean(values) if values else 0.0


def measure(seen: Seen) -> Measures:
    """All statistics of what a searcher has."""
    result: Measures = {}
    result |= measure_changes(seen)
    result |= measure_bytes(seen)
    for level in range(len(seen.copies[-1].levels)):
        result |= measure_view(seen.copies, level)
    return result


# Where changes are


def measure_changes(seen: Seen) -> Measures:
    """Count, position, recency, run length, coverage: of the changes between copies."""
    steps = [changed_blocks(old, new) for old, new in pairwise(seen.raw)]
    starts = [copy.cell[1] for copy in seen.copies]
    elsewhere = sum(changed_elsewhere(old, new) for old, new in pairwise(seen.raw))
    upper = GEOMETRY.shares[2].first
    middle = GEOMETRY.shares[1].first
    ahead, within, parts, beyond = [], [], [], 0
    for step, start, end in zip(steps, starts, starts[1:], strict=False):
        for row, blocks in step.items():
            place = (row - start) % GEOMETRY.rows
            ahead += [place] * len(blocks)
            within += blocks
            parts.append(len(blocks) / (BLOCKS + 1))
            beyond += len(blocks) * (place >= end - start)
    lengths = [run for step in steps for run in runs(step)]
    times = Counter((row, block) for step in steps for row in step for block in step[row])
    return {
        "count: commits": seen.copies[-1].cell[0] - seen.copies[0].cell[0],
        "count: rows written": starts[-1] - starts[0],
        "count: blocks changed": len(within),
        "count: of them in the share of level 1": sum(middle <= one < upper for one in within),
        "count: of them in the share of level 2": sum(upper <= one < BLOCKS for one in within),
        "count: of them in rows that the cell does not tell of": beyond,
        "count: pages changed outside of rows and cells": elsewhere,
        "position: mean distance ahead of the cell": mean(ahead),
        "position: its spread": pstdev(ahead) if ahead else 0.0,
        "position: mean place in the row": mean(within),
        "recency: part overwritten of the quarter written last": mean(
            [place >= GEOMETRY.rows - RECENT for place in ahead]
        ),
        "recency: mean age of what was overwritten": mean(
            [GEOMETRY.rows - place for place in ahead]
        ),
        "run length: mean": mean(lengths),
        "run length: longest": max(lengths, default=0),
        "run length: number of runs": len(lengths),
        "run length: runs shorter than a share": sum(run < middle for run in lengths),
        "coverage: rows touched": len({row for row, _ in times}),
        "coverage: blocks touched": len(times),
        "coverage: blocks touched more than once": sum(count > 1 for count in times.values()),
        "coverage: mean part of a touched row": mean(parts),
    }


def runs(step: dict[int, list[int]]) -> Iterator[int]:
    """Lengths of runs of changed blocks, in the order of the file."""
    places = [row * (BLOCKS + 1) + block for row in sorted(step) for block in step[row]]
    length = 0
    for number, place in enumerate(places):
        length += 1
        if number + 1 == len(places) or places[number + 1] != place + 1:
            yield length
            length = 0


# How random the bytes are


def measure_bytes(seen: Seen) -> Measures:
    """Chi-square and compressibility: of each part of the rows written last, heads and cells."""
    raw, epoch = seen.raw[-1], seen.copies[-1].cell[1]
    starts = [GEOMETRY.row_offset((epoch - 1 - back) % GEOMETRY.rows) for back in range(FRESH_ROWS)]
    one, two = (GEOMETRY.shares[level].first * GEOMETRY.sealed for level in (1, 2))
    slack = BLOCKS * GEOMETRY.sealed
    areas = {"level 1": (one, two), "level 2": (two, slack), "slack": (slack, GEOMETRY.pitch)}
    result: Measures = {}
    for name, (low, high) in areas.items():
        pieces = [raw[start + low : start + high] for start in starts]
        counts = [Counter(piece) for piece in pieces]
        values = [chi_square(count, high - low) for count in counts]
        result[f"chi-square: {name}, mean"] = mean(values)
        result[f"chi-square: {name}, greatest"] = max(values)
        result[f"compressibility: {name}"] = len(zlib.compress(b"".join(pieces), 1))
        whole = sum(counts, Counter())
        for nibble in range(16):
            total = sum(whole[byte] for byte in range(nibble << 4, (nibble + 1) << 4))
            result[f"{HISTOGRAM}{name}, {nibble:x}"] = total
    old = seen.raw[-2] if len(seen.raw) > 1 else raw
    ends = [GEOMETRY.edge_offset(end) for end in (0, 1)]
    heads = b"".join(raw[start : start + HEAD_SIZE] for start in ends)
    result["chi-square: heads"] = chi_square(Counter(heads), len(heads))
    cells = [GEOMETRY.cell_offset(end, slot) for end in (0, 1) for slot in (0, 1)]
    units = b"".join(raw[start : start + CELL_UNIT] for start in cells)
    result["chi-square: cells"] = chi_square(Counter(units), len(units))
    mixed = b"".join(difference(old, raw, start) for start in starts)
    result["compressibility: difference of two copies"] = len(zlib.compress(mixed, 1))
    return result


def chi_square(counts: Counter[int], length: int) -> float:
    """Of byte values against the uniform distribution, over its degrees of freedom."""
    squares = sum(count * count for count in counts.values())
    return (squares * 256 / length - length) / 255


def difference(old: bytes, new: bytes, start: int) -> bytes:
    """One row of two copies, one exclusive-or the other."""
    end = start + GEOMETRY.pitch
    both = int.from_bytes(old[start:end], "big") ^ int.from_bytes(new[start:end], "big")
    return both.to_bytes(GEOMETRY.pitch, "big")


# What the revealed keys show


def measure_view(copies: Sequence[CopySeen], level: int) -> Measures:
    """What one revealed level's roots, maps and blocks say."""
    commit, epoch, _ = copies[-1].cell
    rows = copies[-1].levels[level]
    roots = [root for row in rows for root in row.roots if root.epoch < epoch]
    newest = max(roots, key=lambda root: root.epoch)
    live = [bits for _, _, bits in newest.table]
    ages = [epoch - written for written, _, bits in newest.table for _ in range(bits.bit_count())]
    places = [place for bits in live for place in range(bits.bit_length()) if bits >> place & 1]
    free = next((n for n in range(len(live)) if live[(epoch + n) % len(live)]), len(live))
    idle, beyond = births(copies, level)
    values = {
        "rows without a root": sum(not row.roots for row in rows),
        "counter less number of commits": newest.counter - commit,
        "rows since its newest root": epoch - newest.epoch,
        "commits that bring nothing": idle,
        "rows beyond what they bring": beyond,
        "blocks in use": len(places),
        "rows in use": sum(map(bool, live)),
        "free rows ahead": free,
        "mean age of blocks in use": mean(ages),
        "mean position of blocks in use": mean(places),
        "blocks that open": sum(len(row.blocks) for row in rows),
        "rows written and their commits": mean([root.epoch - root.commit for root in roots]),
    }
    return {f"view: level {level}, {name}": value for name, value in values.items()}


def births(copies: Sequence[CopySeen], level: int) -> tuple[int, int]:
    """Commits in which no block appears for the first time; rows more than the new ones need.

    As far as it can be seen: rows that were overwritten between two copies are not.
    """
    seen: dict[int, RowSeen] = {id(row): row for copy in copies for row in copy.levels[level]}
    first: dict[tuple[bytes, bytes], int] = {}
    commits: dict[int, set[int]] = {}
    for row in seen.values():
        for root in row.roots:
            if root.commit:
                commits.setdefault(root.commit_id, set()).add(root.epoch)
        for _, header, content in row.blocks:
            name = (header.name, content)
            first[name] = min(first.get(name, header.epoch), header.epoch)
    new = Counter(first.values())
    data = GEOMETRY.shares[level].data
    idle = beyond = 0
    for epochs in commits.values():
        brought = sum(new[epoch] for epoch in epochs)
        idle += not brought
        beyond += max(0, len(epochs) - max(1, -(-brought // data)))
    return idle, beyond
