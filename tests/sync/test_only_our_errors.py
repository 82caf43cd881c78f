"""Readers of untrusted bytes raise the errors of this project and no others."""

from __future__ import annotations

import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault.errors import SyncError
from vault.sync.age_header import read_header
from vault.sync.age_identity import parse_identity_file
from vault.sync.intake import Intake
from vault.sync.manifest import parse_manifest

SLOW_IS_FINE = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CUTS = st.tuples(st.integers(0, 5000), st.integers(0, 40), st.binary(max_size=40))


def altered(raw: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """Replace a few stretches by other bytes."""
    for at, length, new in cuts:
        place = at % (len(raw) + 1)
        raw = raw[:place] + new + raw[place + length :]
    return raw


@SLOW_IS_FINE
@given(st.lists(CUTS, max_size=4))
def test_altered_manifest_is_read_or_refused(vectors, cuts):
    raw = altered((vectors / "golden.manifest").read_bytes(), cuts)
    try:
        manifest = parse_manifest(raw)
    except SyncError:
        return
    assert manifest.text() == raw[: raw.rindex(b"\n\n") + 1]


@SLOW_IS_FINE
@given(st.lists(CUTS, max_size=4))
def test_altered_header_is_read_or_refused(vectors, cuts):
    raw = altered((vectors / "golden.age").read_bytes()[:1627], cuts)
    try:
        header = read_header(Intake(io.BytesIO(raw).read))
    except SyncError:
        return
    assert raw.startswith(header.covered)


@SLOW_IS_FINE
@given(st.lists(CUTS, max_size=4))
def test_altered_identity_file_is_read_or_refused(vectors, cuts):
    raw = altered((vectors / "golden-identity.txt").read_bytes(), cuts)
    try:
        identities = parse_identity_file(raw)
    except SyncError:
        return
    assert all(identity.secret().encode() in raw for identity in identities)


@SLOW_IS_FINE
@given(st.binary(max_size=300))
def test_any_body_is_refused(workshop, body):
    bundle = workshop.seal_body(body)
    try:
        workshop.contents(bundle)
    except SyncError:
        return
    raise AssertionError(body)
