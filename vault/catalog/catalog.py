"""One volume's catalog: what it holds, what is added, what is lost."""

from __future__ import annotations

from vault.catalog import bodies
from vault.catalog.bodies import Settings
from vault.catalog.database import Database
from vault.catalog.erasing import Erasing
from vault.catalog.indexing import Indexer
from vault.catalog.losses import LossReport
from vault.catalog.rewriting import Rewriting
from vault.catalog.store import BlockId, BlocksInMemory
from vault.catalog.stream import RecordStream
from vault.crypto.entropy import Random


class Catalog(Erasing, LossReport, Rewriting):
    """Everything that a volume holds besides the bytes of files.

    Changes are kept in memory. `flush` stages them in the store, and the container's commit
    makes them last. After a failed commit: `reload`.
    """


def first_blocks(
    payload: int, *, label: str, origin: str, seed: bytes, random: Random
) -> dict[BlockId, bytes]:
    """Return the blocks of a new volume: its settings, and an empty index.

    Args:
        payload: bytes that a block of the container holds.
        label: the owner's name for the volume, at most 255 bytes of UTF-8.
        origin: the name of its log.
        seed: 32 bytes, from which the log's keys follow.
        random: what SQLite draws its random numbers from.

    Raises:
        MalformedRecord: the label is too long or no text.
    """
    store = BlocksInMemory(payload)
    settings = Settings(label, origin, seed)
    stream = RecordStream(store)
    draft = stream.draft()
    record = draft.append(bodies.SETTINGS, settings.encode())
    stream.adopt(draft)
    stream.stage()
    database = Database(store, random, fresh=True)
    with database.connection as connection:
        indexer = Indexer(connection)
        indexer.keep([record])
        indexer.index([(record.number, record.kind, record.body)])
    database.file.stage(store.batch_limit())
    database.close()
    return store.blocks
