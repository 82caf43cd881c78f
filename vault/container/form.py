"""The numbers of a format version in one object, so that tests can inject cheap ones.

An installed `amanat` only ever uses `FORM_V1`: no flag, variable or file chooses another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.container.geometry import geometry_v1, is_valid_length
from vault.crypto.kdf import ARGON2_V1

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.container.geometry import Geometry
    from vault.crypto.kdf import Argon2Profile


@dataclass(frozen=True)
class Form:
    """A format version.

    Attributes:
        kdf: cost of turning a passphrase into a key.
        geometry: layout from the file's length in bytes.
        is_valid_length: whether a container may have this many bytes.
    """

    kdf: Argon2Profile
    geometry: Callable[[int], Geometry]
    is_valid_length: Callable[[int], bool]


FORM_V1 = Form(ARGON2_V1, geometry_v1, is_valid_length)
