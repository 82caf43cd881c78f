"""Points in time as `2026-03-04T05:06:07Z`: RFC 3339 in UTC, whole seconds, nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from vault.encoding.refusal import malformed
from vault.errors import mark

_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def read_time(text: bytes) -> datetime:
    """Read a time in UTC.

    Returns:
        An aware `datetime` in UTC.

    Raises:
        MalformedRecord: another form, a fraction, an offset, a date that does not exist,
            the year 0000, a leap second.
    """
    if _TIME.fullmatch(text) is None:
        raise malformed(mark("Not a time in the form 2026-03-04T05:06:07Z: {found}"), text)
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        moment = None
    # Later Pythons read the hour 24 as the next midnight: a second spelling of one time.
    if moment is None or write_time(moment) != text:
        raise malformed(mark("There is no such time: {found}"), text)
    return moment


def write_time(moment: datetime) -> bytes:
    """Write a time in UTC; a fraction of a second is cut off, never rounded up.

    Raises:
        MalformedRecord: the time carries no offset from UTC, or leaves the years 1 to 9999.
    """
    if moment.utcoffset() is None:
        raise malformed(mark("This time does not say how far it is from UTC."))
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise malformed(mark("This time lies outside the years 1 to 9999.")) from None
    # strftime() leaves years below 1000 unpadded on some systems.
    return utc.replace(microsecond=0, tzinfo=None).isoformat().encode("ascii") + b"Z"
