from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.encoding.times import read_time, write_time
from vault.errors import MalformedRecord


@given(st.datetimes(timezones=st.just(UTC)))
def test_time_comes_back_without_its_fraction(moment):
    assert moment.replace(microsecond=0) == read_time(write_time(moment))


def test_time_is_written_in_utc():
    kabul = timezone(timedelta(hours=4, minutes=30))
    assert write_time(datetime(2026, 3, 4, 9, 36, 7, 999_999, tzinfo=kabul)) == (
        b"2026-03-04T05:06:07Z"
    )
    assert write_time(datetime(7, 1, 1, tzinfo=UTC)) == b"0007-01-01T00:00:00Z"


def test_read_time_knows_its_offset():
    assert read_time(b"2026-03-04T05:06:07Z").utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"2026-03-04T05:06:07",
        b"2026-03-04T05:06:07z",
        b"2026-03-04t05:06:07Z",
        b"2026-03-04 05:06:07Z",
        b"2026-03-04T05:06:07+00:00",
        b"2026-03-04T05:06:07.5Z",
        b"2026-03-04T05:06Z",
        b"20260304T050607Z",
        b"2026-3-04T05:06:07Z",
        b"2026-02-29T05:06:07Z",
        b"2026-13-01T05:06:07Z",
        b"2026-03-04T24:00:00Z",
        b"2026-03-04T05:60:07Z",
        b"2026-12-31T23:59:60Z",
        b"0000-01-01T00:00:00Z",
        b"2026-W10-3T05:06:07Z",
        b"2026-03-04T05:06:07Z\n",
        "２026-03-04T05:06:07Z".encode(),
    ],
)
def test_other_spellings_of_a_time_are_refused(text):
    with pytest.raises(MalformedRecord):
        read_time(text)


def test_time_without_offset_is_refused():
    with pytest.raises(MalformedRecord):
        write_time(datetime(2026, 3, 4))  # noqa: DTZ001


def test_time_outside_the_calendar_is_refused():
    late = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(MalformedRecord):
        write_time(late)
