"""Dates with the precision that is known: RFC 3339, cut where knowledge ends.

    date    = [ "about " ] year [ "-" month [ "-" day [ "T" time ] ] ]
    time    = hour ":" minute [ ":" second [ "." 1*9digit ] ] offset
    offset  = "Z" / ( "+" / "-" ) hour ":" minute

Capital letters, ASCII digits and one space only, so that one date has one text. The offset
`-00:00` says that the local time is known and its distance from UTC is not (RFC 3339, 4.3).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from vault.errors import UsageError, mark

ABOUT: Final = "about "

_DATE: Final = re.compile(
    r"(?:about )?(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?P<oh>[0-9]{2}):(?P<om>[0-9]{2})))?)?)?",
)


def check_date(text: str) -> None:
    """Refuse a text that is not a date of the form above, or not a day of the calendar.

    Raises:
        UsageError: the text is no such date.
    """
    if not _is_date(text):
        raise UsageError(
            mark("This is not a date: {date}"),
            hint=mark(
                "Write 2026, 2026-03, 2026-03-04 or 2026-03-04T10:15+04:30; "
                'put "about " in front where it is not certain.'
            ),
            date=text,
        )


def check_instant(text: str) -> None:
    """Refuse a text that is not one whole moment: day, time and offset, without "about".

    Raises:
        UsageError: the text is no date, or only part of one.
    """
    check_date(text)
    if "T" not in text or text.startswith(ABOUT):
        raise UsageError(
            mark("This needs a day, a time and a distance from UTC: {date}"),
            hint=mark("Write it like 2026-03-04T10:15+04:30."),
            date=text,
        )


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    part = {name: int(digits) for name, digits in match.groupdict().items() if digits}
    try:
        date(part["year"], part.get("month", 1), part.get("day", 1))
    except ValueError:
        return False
    # Leap seconds exist (RFC 3339, 5.7); whether one fell on this day is not ours to judge.
    limits = {"hour": 23, "minute": 59, "second": 60, "oh": 23, "om": 59}
    return all(part.get(name, 0) <= limit for name, limit in limits.items())
