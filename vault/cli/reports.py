"""What was shown about a bundle, in separate lines: intact, signed, anchored; never "true"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.progress import as_bytes
from vault.cli.wording import entries_text, files_text

if TYPE_CHECKING:
    from vault.cli.invocation import Invocation
    from vault.verify.bundle import BundleReport

MOST_UNKNOWN = 20
"""Names of unknown files that are shown; a sender can put in any number."""


def tell_bundle(here: Invocation, path: str, report: BundleReport) -> None:
    """Print what holds for a bundle."""
    output = here.output
    files = sum(entry.media for entry in report.entries)
    output.line("{path}", path=path)
    output.detail(
        _("intact: {entries}, {files}, every byte as it was sealed"),
        entries=entries_text(len(report.entries)),
        files=files_text(files),
    )
    signers = {
        "confirmed": _("signed by {name}, whose fingerprint was compared"),
        "not-confirmed": _("signed by {name}, NOT CONFIRMED: compare {fingerprint}"),
        "by-card": _("signed by the owner of that card, {fingerprint}"),
        "unknown": _("signed by keys that nobody compared: {fingerprint}"),
    }
    output.detail(signers[report.signer.value], name=report.contact, fingerprint=report.fingerprint)
    output.detail(_("not anchored in time: only the sender says when"))
    output.detail(_("log {origin}"), origin=report.origin)
    output.detail(
        _("bundle {seq} for you, of a log of {entries}, made {made} by the sender's clock"),
        seq=report.seq,
        entries=entries_text(report.head.size),
        made=report.made.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    for entry in report.entries:
        title = entry.title
        if not title and entry.file:
            title = f"{entry.file.media_type}, {as_bytes(entry.file.size)}"
        output.detail(_("entry {seq}: {title}"), seq=entry.seq, title=title)
    for unknown in report.unknown[:MOST_UNKNOWN]:
        output.warn(_("Left alone, not known to this version: {name}"), name=unknown)
    if len(report.unknown) > MOST_UNKNOWN:
        more = len(report.unknown) - MOST_UNKNOWN
        output.warn(_("And {more} more such files."), more=more)


def bundle_json(report: BundleReport) -> dict[str, object]:
    """Return what holds for a bundle as `--json` prints it."""
    return {
        "intact": True,
        "signed": report.signer.value,
        "contact": report.contact or None,
        "anchored": False,
        "log": report.origin,
        "fingerprint": report.fingerprint,
        "bundle": report.seq,
        "made": report.made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "size": report.head.size,
        "root": report.head.root.hex(),
        "entries": [
            {
                "seq": entry.seq,
                "title": entry.title,
                "fields": entry.fields,
                "sha256": entry.file.sha256.hex() if entry.file else None,
                "size": entry.file.size if entry.file else None,
                "type": entry.file.media_type if entry.file else None,
                "media": entry.media,
            }
            for entry in report.entries
        ],
        "unknown": report.unknown,
    }
