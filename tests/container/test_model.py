from __future__ import annotations

import pytest

from container.lives import live

RUNS = 80
PARTS = 10


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_container_is_a_dictionary_for_each_level(part):
    for seed in range(part * RUNS // PARTS, (part + 1) * RUNS // PARTS):
        try:
            live(seed)
        except Exception as error:
            message = f"live({seed})"
            raise AssertionError(message) from error
