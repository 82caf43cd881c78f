"""One run of `add`: hashed while it is read, sealed while the next is read, one pass.

Files travel in batches. While one batch is being sealed and written, the next is read and
hashed; a file larger than a batch goes in several commits whose blocks belong to nothing yet, and
the commit that publishes its entry comes last. An entry is reported only when its batch was
acknowledged by the disk.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.rows import Media
from vault.catalog.store import MEDIA
from vault.container.volume import FULL_HINT
from vault.crypto.hashes import Sha256
from vault.errors import ContainerFull, Damaged, NotSaved, UsageError, VaultError, mark
from vault.evidence.kinds import check_entry
from vault.evidence.metadata import encode_metadata
from vault.ledger.entry import file_value
from vault.media.media_type import HEAD, sniff
from vault.media.metadata import Metadata
from vault.operations.background import wait_out
from vault.operations.batches import Batch, batch_blocks
from vault.operations.entries import append_all, collected
from vault.operations.opening_ahead import Opened, opened_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vault.media.reader import MetadataReader
    from vault.operations.opened import OpenVault
    from vault.storage.source import FileSource, Found, Skipped, Source

READ_PIECE = 1 << 20
"""Bytes read and hashed at once."""

STREAM_METADATA = 16 << 20
"""Bytes of a stream that are kept to look for metadata in; longer ones go without."""

OWN_FIELDS = ("kind", "file", "file-name", "media-metadata")
"""Fields of an exhibit that say what was found, and that nobody else may set."""

ENTRIES_AT_ONCE = 250
"""Entries that are appended in one transaction of the catalog: more would save no time."""

FIELD_BYTES = 256
"""Bytes that a field takes in the records, besides its value; see `vault.ledger.disclosure`."""


class Added(NamedTuple):
    """A file that is in the vault.

    Attributes:
        path: as it was named.
        seq: number of its entry.
        size: bytes.
        sha256: 32 bytes.
        media_type: as detected.
        new: false if an entry with the same bytes was there already and nothing was added.
        problem: why metadata are missing, an English msgid; `None` if they are not.
    """

    path: str
    seq: int
    size: int
    sha256: bytes
    media_type: str
    new: bool
    problem: str | None


@dataclass
class AddReport:
    """What became of everything that was named.

    Attributes:
        added: in the order in which they were read.
        refused: what was not taken in, and why.
        stopped: what ended the command early, Ctrl-C included; the rest was not looked at.
    """

    added: list[Added] = field(default_factory=list)
    refused: list[tuple[str, VaultError]] = field(default_factory=list)
    stopped: VaultError | KeyboardInterrupt | None = None


class _Ready(NamedTuple):
    """A file that was read whole and waits for its batch to be written."""

    path: str
    media: Media
    fields: dict[str, bytes]
    problem: str | None


class _Stopped(Exception):
    """Something is wrong with the vault, not with the file that was being read."""

    def __init__(self, error: VaultError) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def _in_the_vault() -> Iterator[None]:
    """What goes wrong inside ends the run, and no source is blamed for it."""
    try:
        yield
    except VaultError as error:
        raise _Stopped(error) from error


class Intake:
    """One run of `add`."""

    def __init__(
        self,
        vault: OpenVault,
        fields: Mapping[str, bytes],
        reader: MetadataReader,
        *,
        again: bool,
        read_back: bool,
    ) -> None:
        self.report = AddReport()
        self._vault = vault
        self._volume = vault.volume
        self._fields = dict(fields)
        self._reader = reader
        self._again = again
        self._read_back = read_back
        self._limit = batch_blocks(self._volume)
        # One block more than a commit carries: somebody who is full may still ask for one.
        self._batch, self._spare = (Batch(self._volume, self._limit + 1) for _ in range(2))
        self._ready: list[_Ready] = []
        self._record_bytes = 0
        self._written: set[int] = set()
        self._commit_due = True  # a command that writes makes one, changed or not
        self._saving: Future[list[Added]] | None = None
        self._pool = ThreadPoolExecutor(1)
        self._most_entries = max(1, self._volume.batch_limit() // 8)
        self._known = vault.catalog.media_digests()
        self._done = 0
        for name in OWN_FIELDS:
            if name in self._fields:
                raise UsageError(mark("The field {name} cannot be given."), name=name)
        check_entry({"kind": b"exhibit", "file": b"-", **self._fields})
        vault.reclaim()
        self._room = self._volume.room(media=True)
        self._being_saved = 0

    def run(self, found: Iterable[Found | Skipped], progress: Callable[[int], None]) -> None:
        """Add what `walk` found."""
        ahead = opened_ahead(found, self._reader, self._vault.path)
        with self._pool, closing(ahead):
            try:
                for item in ahead:
                    if isinstance(item, Opened):
                        self._add_opened(item, progress)
                    else:
                        self.report.refused.append(item)
                self._finish_run()
            except (_Stopped, KeyboardInterrupt) as error:
                self._stop(error)

    def run_stream(self, source: Source, progress: Callable[[int], None]) -> None:
        """Add one stream."""
        with self._pool:
            try:
                self._take(source, "-", Metadata(""), progress)
                self._finish_run()
            except (_Stopped, KeyboardInterrupt) as error:
                self._stop(error)

    def _stop(self, error: _Stopped | KeyboardInterrupt) -> None:
        """End early: what was acknowledged stays, and is told.

        Blocks without an entry are reclaimed by the next command that brings something in.
        """
        try:
            with suppress(KeyboardInterrupt):  # pressed again: a save under way is let end
                self._settle()
        except _Stopped as later:
            error = later
        if isinstance(error, _Stopped) and isinstance(error.error, ContainerFull):
            self._give_room_back()
        self.report.stopped = error.error if isinstance(error, _Stopped) else error

    def _give_room_back(self) -> None:
        """Take back what was written of a stream that turned out not to fit."""
        with suppress(VaultError):  # the first failure is the one to tell
            for object_id in self._written:
                self._vault.catalog.reclaim(object_id)
            self._vault.commit()

    def _finish_run(self) -> None:
        """Save what is left."""
        self._flush()
        self._settle()
        if self._commit_due:
            with _in_the_vault():
                self._vault.commit()

    def _add_opened(self, item: Opened, progress: Callable[[int], None]) -> None:
        path = item.found.path
        try:
            if not self._known_whole(item.source, path, progress):
                self._require_room(item.source.size, path)
                self._take(item.source, path, item.metadata(), progress, item.found.relative)
        except VaultError as error:
            self.report.refused.append((path, error))

    def _known_whole(self, source: FileSource, path: str, progress: Callable[[int], None]) -> bool:
        """Tell, and report, whether a file that is large or would not fit is there already.

        Only such a file, and only where its size is one that the vault holds, is read twice:
        once more reading costs less than writing it for nothing.
        """
        blocks = self._blocks_of(source.size)
        easy = blocks <= min(self._limit, self._room_left())
        if self._again or easy or source.size not in self._known.values():
            return False
        digest = Sha256()
        buffer = bytearray(READ_PIECE)
        while count := source.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
        source.check_unchanged()
        source.rewind()
        return self._report_known(digest.digest(), path, source.size, progress)

    def _blocks_of(self, size: int) -> int:
        return -(-size // self._volume.payload)

    def _require_room(self, size: int, path: str) -> None:
        """Refuse a file that does not fit before any of it is written.

        Raises:
            ContainerFull: it has more blocks than there are left for files.
        """
        if self._blocks_of(size) > self._room_left():
            raise ContainerFull(
                mark("This volume is full: {path} has {size} bytes, {room} are left for files."),
                hint=FULL_HINT,
                path=path,
                size=size,
                room=max(0, self._room_left()) * self._volume.payload,
            )

    def _room_left(self) -> int:
        """Blocks that files may still take, by what stood in the volume when it was last saved."""
        return self._room - self._being_saved - self._batch.used

    def _report_known(
        self, digest: bytes, path: str, size: int, progress: Callable[[int], None]
    ) -> bool:
        """Report a file whose bytes are there already; false if they are not."""
        if self._again or digest not in self._known:
            return False
        self._flush()
        self._settle()
        with _in_the_vault():
            own = self._vault.catalog.origin
            found = self._vault.catalog.entries_with(digest)
        for entry in found:
            if entry.origin == own and entry.media:
                if not self._is_whole(entry.media):
                    raise Damaged(
                        mark("{path} is there already as entry {seq}, damaged."),
                        hint=mark("Keep it, and run: amanat check --repair --from {path}"),
                        path=path,
                        seq=entry.seq,
                    )
                kind = entry.media.media_type
                self.report.added.append(
                    Added(path, entry.seq, size, digest, kind, new=False, problem=None)
                )
                progress(self._done)
                return True
        return False

    def _is_whole(self, media: Media) -> bool:
        """Tell whether every block of a file stands somewhere; if asked to read back, read them."""
        chunks = self._blocks_of(media.size)
        if any(True for _ in self._volume.absent(MEDIA, media.object_id, chunks)):
            return False
        return not self._read_back or self._digest_of(media) == media.sha256

    def _take(
        self,
        source: Source,
        path: str,
        metadata: Metadata,
        progress: Callable[[int], None],
        relative: bytes = b"",
    ) -> None:
        """Read a source to its end into blocks, and make its entry ready."""
        with _in_the_vault():
            object_id = self._vault.catalog.new_media_object()
        payload = self._volume.payload
        digest, size, kept = Sha256(), 0, b""
        try:
            while True:
                # Never more than the batch still takes: one commit has to carry it.
                blocks = max(1, min(READ_PIECE // payload, self._limit - self._filled()))
                space = self._batch.space(blocks)
                count = source.readinto(space)
                view = space[:count]
                digest.update(view)
                self._batch.take(object_id, size // payload, view)
                size += count
                if source.size is None and size <= STREAM_METADATA:
                    kept += view
                self._done += count
                progress(self._done)
                if count < len(space):
                    break
                if self._filled() >= self._limit:
                    self._flush(object_id)
            source.check_unchanged()
        except VaultError:
            self._forget(object_id)
            raise
        if not self._again and digest.digest() in self._known:
            self._forget(object_id)
            if self._report_known(digest.digest(), path, size, progress):
                return
            with _in_the_vault():
                raise Damaged(mark("The catalog cannot be read."), hint=mark("Run: amanat check"))
        if source.size is None:
            metadata = self._stream_metadata(kept, size)
        media = Media(object_id, size, digest.digest(), metadata.media_type)
        self._finish(path, media, metadata, relative)

    def _stream_metadata(self, kept: bytes, size: int) -> Metadata:
        if size <= STREAM_METADATA:
            return self._reader.read_bytes(kept)
        return Metadata(sniff(kept[:HEAD]))

    def _finish(self, path: str, media: Media, metadata: Metadata, relative: bytes) -> None:
        """Make the entry's fields; the batch that is being filled will publish it."""
        fields = {
            "kind": b"exhibit",
            "file": file_value(media.sha256, media.size, media.media_type),
            **collected(self._vault),
        }
        if relative:
            fields["file-name"] = relative.decode("utf-8", "backslashreplace").encode()
        if metadata.fields:
            fields["media-metadata"] = encode_metadata(metadata.media_type, metadata.fields)
        fields |= self._fields
        try:
            check_entry(fields)
        except VaultError:
            self._forget(media.object_id)
            raise
        self._ready.append(_Ready(path, media, fields, metadata.problem))
        self._known[media.sha256] = media.size
        self._record_bytes += sum(len(value) + FIELD_BYTES for value in fields.values())
        if self._filled() >= self._limit or len(self._ready) >= self._most_entries:
            self._flush()

    def _filled(self) -> int:
        """Blocks that the next commit will take, as far as is known: files' and records'."""
        return self._batch.used + -(-self._record_bytes // self._volume.payload)

    def _flush(self, unfinished: int | None = None) -> None:
        """Hand what was read to the thread that saves; wait for what it had before."""
        self._settle()
        batch, self._batch, self._spare = self._batch, self._spare, self._batch
        self._batch.clear()
        ready, self._ready = self._ready, []
        self._record_bytes = 0
        if not batch.used and not ready:
            return
        with _in_the_vault():
            try:
                batch.stage()
                added = self._append(ready)
            except BaseException:  # Ctrl-C, too: at the prompt, other commands save after this
                self._vault.forget_staged()
                raise
        if unfinished is not None:
            self._written.add(unfinished)
        for item in ready:
            self._written.discard(item.media.object_id)
        self._commit_due = False
        self._being_saved = batch.used
        self._saving = self._pool.submit(self._save, added)

    def _save(self, added: list[Added]) -> list[Added]:
        self._vault.commit()
        return added

    def _settle(self) -> None:
        """Wait for the thread that saves; what it saved is added."""
        if self._saving is None:
            return
        saving, interruption = self._saving, wait_out(self._saving)
        self._saving = None
        try:
            added = saving.result()
        except VaultError as error:
            raise _Stopped(error) from error
        self._room, self._being_saved = self._volume.room(media=True), 0
        with _in_the_vault():
            for item in added:
                if self._read_back:
                    self._compare(item)
        self.report.added += added
        if interruption:
            raise interruption

    def _append(self, ready: list[_Ready]) -> list[Added]:
        """Append entries to log and catalog, some hundred at a time."""
        added = []
        for start in range(0, len(ready), ENTRIES_AT_ONCE):
            items = ready[start : start + ENTRIES_AT_ONCE]
            first = append_all(self._vault, [(item.fields, item.media) for item in items])
            added += [
                Added(
                    item.path,
                    seq,
                    item.media.size,
                    item.media.sha256,
                    item.media.media_type,
                    new=True,
                    problem=item.problem,
                )
                for seq, item in enumerate(items, first)
            ]
        return added

    def _compare(self, item: Added) -> None:
        """Decrypt what was written and compare its hash."""
        media = self._vault.catalog.entry(self._vault.catalog.origin, item.seq).media
        if media is None or self._digest_of(media) != item.sha256:
            raise NotSaved(
                mark("{path} could not be read back as it was."),
                hint=mark("Do not trust this disk: make a copy, then run: amanat check"),
                path=item.path,
            )

    def _digest_of(self, media: Media) -> bytes:
        """Decrypt a file; return the SHA-256 of what can be read of it."""
        digest = Sha256()
        with suppress(Damaged):
            chunks = self._blocks_of(media.size)
            for chunk in self._volume.read_run(MEDIA, media.object_id, 0, chunks):
                digest.update(chunk)
        return digest.digest()

    def _forget(self, object_id: int) -> None:
        """Take back the blocks of the file that came last: it will get no entry."""
        self._batch.forget(object_id)
        self._settle()
        if object_id in self._written:
            self._written.discard(object_id)
            self._commit_due = True
            with _in_the_vault():
                self._vault.catalog.reclaim(object_id)
