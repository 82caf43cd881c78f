"""Translation of every text that a person reads, by gettext, from the first line on.

`_("...")` translates now; `vault.errors.mark("...")` marks a text that is translated later,
when it is shown. Texts carry `{placeholders}`; values are put in after translation.
"""

from __future__ import annotations

import gettext

LANGUAGES = ("en",)
"""What `--lang` accepts; the msgids are English."""


class _Current:
    translation: gettext.NullTranslations = gettext.NullTranslations()


def set_language(language: str) -> None:
    """Choose the language of this process; one of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise ValueError(language)
    # English is the language of the msgids: nothing to load.
    _Current.translation = gettext.NullTranslations()


def _(message: str) -> str:
    """Return a text in the chosen language; the empty text stays empty."""
    return _Current.translation.gettext(message) if message else ""


def counted(one: str, many: str, number: int) -> str:
    """Return the form of a text that fits a number, in the chosen language."""
    return _Current.translation.ngettext(one, many, number)
