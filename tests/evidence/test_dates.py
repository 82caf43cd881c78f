from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import UsageError
from vault.evidence.dates import check_date, check_instant


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-03",
        "2026-03-04",
        "about 2026-03-04",
        "about 2026",
        "2026-03-04T10:15Z",
        "2026-03-04T10:15:30+04:30",
        "2026-03-04T10:15:30.123456789-00:00",
        "2024-02-29",
        "2016-12-31T23:59:60Z",
    ],
)
def test_known_precision_is_a_date(text):
    check_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "about",
        "about  2026",
        "About 2026",
        "26",
        "2026-3",
        "2026-13",
        "2026-00",
        "0000",
        "2026-02-29",
        "2026-03-04 10:15Z",
        "2026-03-04t10:15z",
        "2026-03-04T10:15",
        "2026-03-04T24:00Z",
        "2026-03-04T10:60Z",
        "2026-03-04T10:15+0430",
        "2026-03-04T10:15+24:00",
        "2026-03-04T10Z",
        "2026-03-04T10:15:30.Z",
        "2026-03-04T10:15:30.1234567890Z",
        "2026-03-04\n",
        " 2026",
        "۲۰۲۶",
        "2026-03-04Z",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError) as error:
        check_date(text)
    assert error.value.values["date"] == text


def test_a_moment_is_whole():
    check_instant("2026-03-04T10:15+04:30")


@pytest.mark.parametrize("text", ["2026", "2026-03-04", "about 2026-03-04T10:15Z", "now"])
def test_part_of_a_moment_is_refused(text):
    with pytest.raises(UsageError):
        check_instant(text)


@given(st.datetimes(timezones=st.timezones().map(lambda zone: zone)))
def test_every_rfc_3339_time_of_python_is_a_moment_or_refused(moment):
    try:
        check_instant(moment.isoformat())
    except UsageError:
        # Only offsets with seconds, as they were before the railways, are not RFC 3339.
        assert moment.utcoffset().total_seconds() % 60 != 0


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(text):
    try:
        check_date(text)
    except UsageError:
        pass
    else:
        assert text.removeprefix("about ")[:4].isascii()
