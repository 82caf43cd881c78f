"""What goes over the two pipes: a request as bytes, an answer as strict JSON.

    request = kind (1 byte: P path, B bytes; p, b for the type alone) length (u32) payload
    answer  = length (u32) JSON in ASCII

    {"fields": {name: value, …}, "parts": [[kind, name, value], …],
     "problem": key or null, "type": media type}

Integers are big-endian. A path is the operating system's bytes of it, at most 32 KiB; bytes
are a whole file of at most 64 MiB; an answer has at most 256 KiB.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NoReturn

from vault.media.collected import MAX_FIELDS, MAX_PARTS, MAX_VALUE, NAME
from vault.media.media_type import EXTENSIONS
from vault.media.metadata import GIVEN_AWAY, PROBLEMS, Finding, Metadata
from vault.media.revealing import given_away

if TYPE_CHECKING:
    from vault.media.collected import Collected

PATH: Final = b"P"
BYTES: Final = b"B"
TYPE_OF_PATH: Final = b"p"
TYPE_OF_BYTES: Final = b"b"

LIMITS: Final = {PATH: 1 << 15, TYPE_OF_PATH: 1 << 15, BYTES: 1 << 26, TYPE_OF_BYTES: 1 << 16}
"""Largest payload of each kind of request, in bytes."""

MAX_ANSWER: Final = 1 << 18
"""Largest answer, in bytes."""

_DEPTH: Final = 3
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')
_KEYS: Final = frozenset({"fields", "parts", "problem", "type"})
_PART: Final = 3


class ProtocolError(Exception):
    """The other side said something that is not of this protocol."""


def encode_request(kind: bytes, payload: bytes) -> bytes:
    """One request, ready for the pipe.

    Raises:
        ProtocolError: the payload is too long for its kind.
    """
    if len(payload) > LIMITS[kind]:
        raise ProtocolError
    return kind + len(payload).to_bytes(4, "big") + payload


def parse_request_head(head: bytes) -> tuple[bytes, int]:
    """Kind and payload length of five bytes.

    Raises:
        ProtocolError: unknown kind, or a payload longer than its kind allows.
    """
    kind, length = head[:1], int.from_bytes(head[1:], "big")
    if kind not in LIMITS or length > LIMITS[kind]:
        raise ProtocolError
    return kind, length


def encode_answer(collected: Collected) -> bytes:
    """One answer, ready for the pipe; `Collected` keeps it within bounds."""
    answer = {
        "fields": collected.fields,
        "parts": [[part.kind, part.field, part.value] for part in collected.parts],
        "problem": collected.problem,
        "type": collected.media_type,
    }
    raw = json.dumps(answer, sort_keys=True, separators=(",", ":")).encode("ascii")
    return len(raw).to_bytes(4, "big") + raw


def parse_answer(raw: bytes) -> Metadata:
    """What a child says that may by now be in other hands.

    Control characters are kept: whoever shows a value makes them visible.

    Raises:
        ProtocolError: anything but an answer within its bounds.
    """
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise ProtocolError from None
    _check_depth(text)
    try:
        answer = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_int=_refuse,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        raise ProtocolError from None
    if not isinstance(answer, dict) or answer.keys() != _KEYS:
        raise ProtocolError
    media_type, problem = answer["type"], answer["problem"]
    if not isinstance(media_type, str) or media_type not in EXTENSIONS:
        raise ProtocolError
    if problem is not None and (not isinstance(problem, str) or problem not in PROBLEMS):
        raise ProtocolError
    if problem == "crash":  # only who waits for it can say so
        raise ProtocolError
    fields = _fields(answer["fields"])
    return Metadata(
        media_type=media_type,
        fields=fields,
        revealing=given_away(fields, _parts(answer["parts"])),
        problem=PROBLEMS[problem] if problem else None,
    )


def _check_depth(text: str) -> None:
    if len(text) > MAX_ANSWER:
        raise ProtocolError
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket.group(1) else -1 if bracket.group(2) else 0
        if depth > _DEPTH:
            raise ProtocolError


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ProtocolError
    return names


def _refuse(_: str) -> NoReturn:
    raise ProtocolError


def _fields(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_FIELDS:
        raise ProtocolError
    return {_name(name): _text(text) for name, text in value.items()}


def _parts(value: object) -> list[Finding]:
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        raise ProtocolError
    parts = []
    for part in value:
        if not isinstance(part, list) or len(part) != _PART:
            raise ProtocolError
        kind, name, text = part
        if not isinstance(kind, str) or kind not in GIVEN_AWAY:
            raise ProtocolError
        parts.append(Finding(kind, _name(name), _text(text)))
    return parts


def _name(value: object) -> str:
    if not isinstance(value, str) or NAME.fullmatch(value) is None:
        raise ProtocolError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_VALUE:
        raise ProtocolError
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        raise ProtocolError from None
    return value
