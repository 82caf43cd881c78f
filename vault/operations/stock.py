"""Stock: harmless files that wait in a more secret volume until one is moved to a less secret one.

A save of a more secret volume shows below as a save that changed nothing. Who looks at the file
with a less secret passphrase may count those; a volume that grows now and then gives them a reason.
So files are brought in beforehand, when there is time, and moved down one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.errors import Damaged, NotFound, UsageError, VaultError, mark
from vault.evidence.kinds import STOCK, check_entry
from vault.ledger.disclosure import parse_disclosure
from vault.operations.entries import append, collected
from vault.operations.intake import AddReport, Intake
from vault.operations.moving import commit_both, copied_file
from vault.operations.opened import OpenVault
from vault.storage.source import Found, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault.catalog.rows import Entry
    from vault.media.reader import MetadataReader
    from vault.operations.workplace import Progress


class _Stocking(Intake):
    """Takes files in as stock."""

    def __init__(
        self, vault: OpenVault, fields: Mapping[str, bytes], reader: MetadataReader
    ) -> None:
        super().__init__(vault, fields, reader, again=False, read_back=False)
        self._fields["kind"] = STOCK.name.encode()


def add_stock(
    vault: OpenVault,
    paths: Iterable[str],
    fields: Mapping[str, bytes],
    *,
    reader: MetadataReader,
    progress: Progress,
) -> AddReport:
    """Bring files in, to wait; see `vault.operations.add.add_paths`.

    Raises:
        UsageError: this is the least secret volume, or a field that no entry may have.
        NotFound: one of the paths does not exist; nothing was added.
    """
    _require_below(vault)
    found = [item for path in paths for item in walk(path)]
    intake = _Stocking(vault, fields, reader)
    total = sum(item.size for item in found if isinstance(item, Found))
    intake.run(found, lambda done: progress(done, total))
    return intake.report


def waiting(vault: OpenVault) -> tuple[Entry, ...]:
    """Return what waits, the oldest first."""
    return vault.catalog.entries_of_kind(vault.catalog.origin, STOCK.name)


def move_down(vault: OpenVault, item: str | None, level: int) -> tuple[Entry, int, str]:
    """Move a file that waits to a less secret volume, and save both.

    There it is a file that was added now; here its place in the log stays, as after erasing.

    Args:
        vault: opened for writing.
        item: which; the oldest if absent.
        level: of the volume that it moves to.

    Returns:
        The entry as it was; its number in the other volume, and that volume's label.

    Raises:
        UsageError: the volume is not less secret than this one, or the item is no stock.
        NotFound: nothing waits.
        VaultError: everything is as it was.
    """
    _require_below(vault)
    if level >= vault.volume.level:
        raise UsageError(mark("Volume {level} is not less secret."), level=level + 1)
    if not vault.session.volumes[level].usable:
        raise Damaged(mark("Nothing of volume {level} can be read."), level=level + 1)
    entry = _chosen(vault, item)
    target = OpenVault(
        vault.session, level, vault.place, vault.path, allow_altered=vault.allow_altered
    )
    try:
        target.reclaim()
        media = copied_file(vault, target, entry)
        stored = vault.catalog.fields(entry.origin, entry.seq)
        values = {kept.name: parse_disclosure(kept.raw).value for kept in stored}
        values |= {"kind": b"exhibit", **collected(target)}
        check_entry(values)
        number = append(target, values, media)
        label = target.label
        names = [kept.name for kept in stored]
        origin, seq = entry.origin, entry.seq
        commit_both(vault, target, lambda: vault.catalog.erase_fields(origin, seq, names))
    except VaultError:
        if not vault.session.broken:
            vault.forget_staged()
        raise
    finally:
        target.catalog.close()
    return entry, number, label


def _chosen(vault: OpenVault, item: str | None) -> Entry:
    if item is None:
        found = waiting(vault)
        if not found:
            raise NotFound(mark("Nothing waits in stock."), hint=mark("To add: stock add FILE"))
        return found[0]
    entry = vault.own(item)
    if entry.kind != STOCK.name:
        raise UsageError(mark("Entry {item} is not in stock."), item=item)
    return entry


def _require_below(vault: OpenVault) -> None:
    if vault.volume.level == 0:
        raise UsageError(mark("There is no volume less secret than this one."))
