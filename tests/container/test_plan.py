from __future__ import annotations

import ast
from inspect import getsource

from hypothesis import given
from hypothesis import strategies as st

from container.checks import planned
from container.worlds import World, open_level
from seam.memory import MemoryDisk
from seam.recording import Op, RecordingDisk
from seam.small import SMALL_LENGTH, small_geometry
from vault.container import plan as plan_module
from vault.container.plan import plan

SMALL = small_geometry(SMALL_LENGTH)


def test_plan_imports_the_geometry_and_nothing_that_holds_a_key():
    tree = ast.parse(getsource(plan_module))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "typing", "vault.container.geometry"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62), st.integers(1, 4))
def test_a_plan_is_whole_rows_in_order_then_two_cells(epoch, commit, rows):
    made = plan(SMALL, epoch=epoch, commit=commit, rows=rows)
    ops = [Op("pwrite", "f1", row.offset, row.length) for row in made.rows]
    ops.append(Op("fsync", "f1"))
    ops += [Op("pwrite", "f1", cell.offset, cell.length) for cell in made.cells]
    ops.append(Op("fsync", "f1"))
    assert planned(SMALL, epoch, commit, rows) == ops


def test_plan_sees_no_volume():
    assert {"geometry", "epoch", "commit", "rows"} == set(plan.__annotations__) - {"return"}


def test_idle_commits_write_one_row_in_every_world():
    seen = []
    for volumes in (1, 2, 3):
        memory = MemoryDisk()
        World(volumes, disk=memory, seed=volumes)
        disk = RecordingDisk(memory)
        session = open_level(disk, volumes - 1)
        for _ in range(3):
            session.commit()
        session.close()
        seen.append(disk.ops)
    assert seen[0] == seen[1] == seen[2]
