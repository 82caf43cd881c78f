"""The fields of an entry: name, meaning, form, and whether they stay inside by default.

Every field is one disclosure of the ledger, so each can be shown or withheld alone. The
numbers are those of the HURIDOCS Events Standard Formats; "M" marks names taken from
Mnemonic's archive, "B" those the Berkeley Protocol asks for. A field without a number or a
mark is Amanat's own.

Withheld by default when something leaves the vault: who a person is, how to reach a source,
the device, the exact location, the file's name, and the metadata that hold all of these.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from vault.errors import UsageError, mark
from vault.evidence.dates import check_date, check_instant

LIMIT: Final = 1 << 20
"""Largest value of one field: 1 MiB."""

_CODES: Final = re.compile(r"P-[1-9][0-9]{0,5}(?:,P-[1-9][0-9]{0,5})*")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_LINE_BREAKS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


class Form(enum.Enum):
    """What the bytes of a value look like; all are UTF-8."""

    TEXT = "text"  # free text in any language, NFC, several lines
    LINE = "line"  # free text, NFC, one line
    DATE = "date"  # `vault.evidence.dates`
    INSTANT = "instant"  # the same, whole
    CHOICE = "choice"  # one word of a list
    CODES = "codes"  # pseudonyms: P-1,P-7
    LANGUAGE = "language"  # BCP 47: language, script, region
    FOUND = "found"  # kept as it was found, never normalised
    FILE = "file"  # three lines; the ledger's grammar


@dataclass(frozen=True)
class Field:
    """One field of the schema.

    Args:
        name: `[a-z0-9-]{1,32}`.
        meaning: one line for people, an English msgid.
        origin: HURIDOCS number, "M", "B", or empty.
        form: what a value looks like.
        withheld: stays inside unless it is asked for by name.
        choices: the words that `Form.CHOICE` allows.
    """

    name: str
    meaning: str
    origin: str = ""
    form: Form = Form.LINE
    withheld: bool = False
    choices: tuple[str, ...] = ()


_YES_NO: Final = ("yes", "no", "unknown")

_ALL: Final = (
    Field(
        "kind",
        mark("What kind of entry this is"),
        "",
        Form.CHOICE,
        choices=("exhibit", "note", "stock"),
    ),
    Field("title", mark("Title"), "0102"),
    Field("initial-date", mark("When it happened, or began"), "0113", Form.DATE),
    Field("final-date", mark("When it ended"), "0114", Form.DATE),
    Field(
        "date-type",
        mark("How certain the dates are"),
        "0113",
        Form.CHOICE,
        choices=("exact", "about", "unknown"),
    ),
    Field("place", mark("Place: province, district, town"), "0111"),
    Field(
        "exact-location",
        mark("Exact location: street, house, coordinates"),
        "2112",
        Form.TEXT,
        withheld=True,
    ),
    Field("description", mark("What happened, in one's own words"), "0115", Form.TEXT),
    Field("summary-en", mark("Summary in English or French"), "0115", Form.TEXT),
    Field("language", mark("Language of the free text"), "", Form.LANGUAGE),
    Field("type-of-act", mark("Type of act"), "2109"),
    Field("method", mark("Method of violence"), "2114"),
    Field("victims", mark("Victims, by pseudonym"), "2102", Form.CODES),
    Field("perpetrators", mark("Perpetrators, by pseudonym"), "2402", Form.CODES),
    Field("perpetrator-type", mark("Type of perpetrator: army, police, armed group"), "2412"),
    Field("involvement", mark("In what way a perpetrator was involved"), "2409"),
    Field("source", mark("Who told it"), "2502", withheld=True),
    Field("source-contact", mark("How to reach who told it"), "", Form.TEXT, withheld=True),
    Field("source-connection", mark("Connection of the source with what happened"), "2509"),
    Field("source-material", mark("What the source gave: statement, picture, document"), "2512"),
    Field("reliability", mark("How reliable the information is"), "2553"),
    Field(
        "willing-to-testify", mark("Would the source testify"), "M", Form.CHOICE, choices=_YES_NO
    ),
    Field("collector", mark("Who collected it"), "B", withheld=True),
    Field("acquired-from", mark("From whom it was acquired"), "M", withheld=True),
    Field(
        "collected-at", mark("When it was collected, by the clock named below"), "B", Form.INSTANT
    ),
    Field("clock-source", mark("Which clock that time comes from"), "B"),
    Field("collection-method", mark("How it was collected"), "B"),
    Field("tool", mark("Tool and version it was collected with"), "B"),
    Field("device", mark("Device it was made or collected with"), "B", withheld=True),
    Field("reference-code", mark("Reference code"), "M"),
    Field(
        "original-or-copy",
        mark("Original or copy"),
        "M",
        Form.CHOICE,
        choices=("original", "copy", "unknown"),
    ),
    Field(
        "existence-of-original", mark("Whether and where the original exists"), "M", withheld=True
    ),
    Field("confidentiality", mark("Confidentiality"), "0108"),
    Field("security-restriction", mark("Security restriction"), "M"),
    Field("graphic", mark("Shows violence or injuries"), "B", Form.CHOICE, choices=_YES_NO),
    Field(
        "identifiable-persons",
        mark("Persons can be recognised in it"),
        "B",
        Form.CHOICE,
        choices=_YES_NO,
    ),
    Field("file-name", mark("Name that the file had"), "", Form.FOUND, withheld=True),
    Field("file", mark("The file: hash, size, type"), "", Form.FILE),
    Field("media-metadata", mark("What the file says of itself"), "", Form.FOUND, withheld=True),
)

FIELDS: Final = {field.name: field for field in _ALL}
"""Every field by its name, in the order in which they are shown."""

WITHHELD: Final = frozenset(field.name for field in _ALL if field.withheld)
"""Names that stay inside unless they are asked for."""


def field_named(name: str) -> Field:
    """The field of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return FIELDS[name]
    except KeyError:
        raise UsageError(mark("There is no field of this name: {name}"), name=name) from None


def normalise(text: str) -> str:
    """Free text as it is stored: NFC, lines ended by LF, nothing blank around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip()


def check_value(name: str, value: bytes) -> None:
    """Refuse a value that this version would not write into that field.

    The grammar inside `file` and `media-metadata` is that of the codecs which make them.

    Args:
        name: a field's name.
        value: at most 1 MiB of UTF-8.

    Raises:
        UsageError: unknown field, or a value that has not the field's form.
    """
    field = field_named(name)
    if len(value) > LIMIT:
        raise UsageError(
            mark("The field {name} is too long: {size} bytes, at most {limit} are kept"),
            hint=mark("Bring long texts in as a file."),
            name=name,
            size=len(value),
            limit=LIMIT,
        )
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(mark("The field {name} is not UTF-8 text"), name=name) from None
    _check_form(field, text)


def _check_form(field: Field, text: str) -> None:
    match field.form:
        case Form.TEXT | Form.LINE:
            _check_free_text(field, text)
        case Form.DATE:
            check_date(text)
        case Form.INSTANT:
            check_instant(text)
        case Form.CHOICE:
            _check_choice(field, text)
        case Form.CODES:
            _check_codes(field, text)
        case Form.LANGUAGE:
            _check_language(text)
        case Form.FOUND | Form.FILE:
            if not text:
                raise UsageError(mark("The field {name} is empty"), name=field.name)


def _check_free_text(field: Field, text: str) -> None:
    if not text.strip():
        raise UsageError(mark("The field {name} is empty"), name=field.name)
    if "\0" in text or not unicodedata.is_normalized("NFC", text):
        raise UsageError(
            mark("The field {name} holds text that is not in its normal form (NFC)"),
            name=field.name,
        )
    if field.form is Form.LINE and not _LINE_BREAKS.isdisjoint(text):
        raise UsageError(mark("The field {name} holds only one line"), name=field.name)


def _check_codes(field: Field, text: str) -> None:
    codes = text.split(",")
    if _CODES.fullmatch(text) is None or len(set(codes)) != len(codes):
        raise UsageError(
            mark("The field {name} takes pseudonyms only: {value}"),
            hint=mark("Write them like P-1,P-7; names belong in the entry of the person."),
            name=field.name,
            value=text,
        )


def _check_choice(field: Field, text: str) -> None:
    if text not in field.choices:
        raise UsageError(
            mark("The field {name} does not allow: {value}"),
            hint=mark("Choose one of: {choices}"),
            name=field.name,
            value=text,
            choices=", ".join(field.choices),
        )


def _check_language(text: str) -> None:
    if _LANGUAGE.fullmatch(text) is None:
        raise UsageError(
            mark("This is not a language tag: {value}"),
            hint=mark("Write fa-AF for Dari, ps for Pashto, en for English."),
            value=text,
        )
