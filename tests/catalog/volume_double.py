"""A volume in memory: staged until a commit, damaged on request, and counting what is read."""

from __future__ import annotations

from vault.errors import ContainerFull, Damaged

UNLIMITED = 1 << 30


class VolumeDouble:
    """A `BlockStore` whose committed blocks are a dictionary."""

    def __init__(self, payload=1024, blocks=None, limit=1 << 30):
        self.payload = payload
        self.committed = dict(blocks or {})
        self.staged = {}
        self.unreadable = set()
        self.capacity = UNLIMITED
        self.limit = limit
        self.gets = []

    def get(self, namespace, object_id, number):
        key = (namespace, object_id, number)
        self.gets.append(key)
        found = self.staged[key] if key in self.staged else self.committed.get(key)
        if found is None or key in self.unreadable:
            raise Damaged("lost")
        return found

    def has(self, namespace, object_id, number):
        key = (namespace, object_id, number)
        return (self.staged[key] is not None) if key in self.staged else key in self.committed

    def absent(self, namespace, object_id, count):
        return (n for n in range(count) if not self.has(namespace, object_id, n))

    def read_run(self, namespace, object_id, first, count):
        for number in range(first, first + count):
            yield self.get(namespace, object_id, number)

    def put(self, namespace, object_id, number, payload):
        assert len(payload) <= self.payload
        key = (namespace, object_id, number)
        if self.capacity < UNLIMITED and len({*self._all(), key}) > self.capacity:
            raise ContainerFull("full")
        self.staged[key] = bytes(payload)
        self.unreadable.discard(key)

    def drop(self, namespace, object_id, number):
        self.staged[namespace, object_id, number] = None

    def numbers(self, namespace, object_id):
        return sorted(
            n for space, owner, n in self._all() if (space, owner) == (namespace, object_id)
        )

    def objects(self, namespace):
        return sorted({owner for space, owner, _ in self._all() if space == namespace})

    def pending_blocks(self):
        return sum(value is not None for value in self.staged.values())

    def batch_limit(self):
        return self.limit

    def room(self, *, media):
        del media
        return self.capacity - len(self._all())

    def _all(self):
        both = {**self.committed, **self.staged} if self.staged else self.committed
        if not self.staged:
            return both
        return {key: value for key, value in both.items() if value is not None}

    def commit(self):
        assert self.pending_blocks() <= self.limit
        self.committed = dict(self._all())
        self.staged = {}

    def rollback(self):
        self.staged = {}

    def copy(self):
        return VolumeDouble(self.payload, self.committed, self.limit)
