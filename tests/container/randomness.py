"""What a searcher can measure in the bytes of a file, without any key.

Chi-square of byte values against the uniform distribution: a page of 4,096 bytes has 256 cells
of 16 expected each and 255 degrees of freedom. A page is refused above the quantile for 1e-9,
PAGE_LIMIT = 414.5: a container of 1 GiB has 262,144 pages, of which one in four thousand such
containers would hold one above it. Tests draw all randomness from a seed: what passes once
passes always.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter

PAGE = 4096
DEGREES = 255
UNIT = 16
STRIDE = 4


def upper_tail(value: float, degrees: int) -> float:
    """Probability that chi-square with `degrees` degrees of freedom exceeds `value`."""
    # Series of the regularised lower incomplete gamma function; continued fraction above.
    shape, at = degrees / 2, value / 2
    scale = math.exp(shape * math.log(at) - at - math.lgamma(shape))
    if at < shape + 1:
        term = total = 1 / shape
        step = shape
        while term > total * 1e-16:
            step += 1
            term *= at / step
            total += term
        return 1 - total * scale
    tiny = 1e-300
    b = at + 1 - shape
    c, d = 1 / tiny, 1 / b
    result = d
    for index in range(1, 1000):
        factor = -index * (index - shape)
        b += 2
        d = 1 / ((factor * d + b) or tiny)
        c = (b + factor / c) or tiny
        result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result * scale


def quantile(probability: float, degrees: int) -> float:
    """The value that chi-square exceeds with this probability."""
    low, high = float(degrees), 20.0 * degrees
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if upper_tail(middle, degrees) > probability else (low, middle)
    return low


PAGE_LIMIT = quantile(1e-9, DEGREES)


def chi_square(data: bytes) -> float:
    """Chi-square of byte values against the uniform distribution."""
    expected = len(data) / 256
    return sum(count * count for count in Counter(data).values()) / expected - len(data)


def check_pages(raw: bytes) -> None:
    """Every page of 4,096 bytes looks random."""
    for start in range(0, len(raw) - PAGE + 1, PAGE):
        value = chi_square(raw[start : start + PAGE])
        assert value < PAGE_LIMIT, f"page at {start}: chi-square {value:.0f}"


def check_no_repeats(raw: bytes) -> None:
    """No 16 bytes stand at two places, looked for at every fourth byte."""
    words = [raw[start : start + UNIT] for start in range(0, len(raw) - UNIT + 1, STRIDE)]
    seen = set(words)
    if len(seen) < len(words):
        word, count = Counter(words).most_common(1)[0]
        at = STRIDE * words.index(word)
        raise AssertionError(f"{count} times the 16 bytes at {at}: {word.hex()}")


def check_columns(units: list[bytes], width: int) -> None:
    """Over many units of one kind, the byte at each place is uniform: at 1e-9 for each place."""
    assert len(units) >= 5 * 256, "chi-square needs five expected in each cell"
    for place in range(width):
        value = chi_square(bytes(unit[place] for unit in units))
        assert value < PAGE_LIMIT, f"byte {place} of {len(units)} units: chi-square {value:.0f}"


def check_bits(raw: bytes) -> None:
    """Ones and zeros are in balance, to six standard deviations, over the whole."""
    ones = int.from_bytes(raw, "big").bit_count()
    deviation = abs(ones - 4 * len(raw)) / math.sqrt(2 * len(raw))
    assert deviation < 6, f"{deviation:.1f} standard deviations"


def check_incompressible(raw: bytes) -> None:
    """The file does not become shorter."""
    assert len(zlib.compress(raw, 9)) > len(raw)


def check_file(raw: bytes) -> None:
    """All that can be said of a file as a whole."""
    check_pages(raw)
    check_incompressible(raw)
    check_no_repeats(raw)
    check_bits(raw)
