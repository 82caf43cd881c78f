"""Catalogs for tests: a volume with a log, entries, files and a contact, made without chance."""

from __future__ import annotations

import itertools

from catalog.volume_double import VolumeDouble
from seam.small import seeded
from vault.catalog.bodies import Import, KeptCheckpoint
from vault.catalog.body_reader import read_import
from vault.catalog.catalog import Catalog, first_blocks
from vault.catalog.rows import Media
from vault.catalog.store import MEDIA
from vault.crypto.hashes import sha256
from vault.ledger.entry import build_entry, file_value
from vault.ledger.leaf import genesis

ORIGIN = "amanat.invalid/" + "ab" * 32
OTHER = "amanat.invalid/" + "cd" * 32
SEED = bytes(range(32))
TIME = "2026-03-04T05:06:07Z"


def new_volume(payload=1024):
    blocks = first_blocks(payload, label="Notes", origin=ORIGIN, seed=SEED, random=seeded(1))
    return VolumeDouble(payload, blocks)


def open_catalog(volume, **options):
    return Catalog(volume, random=seeded(2), **options)


def next_entry(catalog, fields, seed=0):
    seq = catalog.next_seq(ORIGIN)
    prev = catalog.last_leaf_hash(ORIGIN) or genesis(ORIGIN)
    return build_entry(ORIGIN, seq, prev, fields, seeded(1000 * seed + seq))


def add_note(catalog, title, text="", **options):
    fields = {"kind": b"note", "title": title.encode(), "description": text.encode()}
    entry = next_entry(catalog, fields)
    return catalog.append_entry(entry.leaf, entry.disclosures, added=TIME, **options)


def add_file(catalog, volume, content, name="photo.jpg"):
    media = put_media(catalog, volume, content)
    fields = {
        "kind": b"exhibit",
        "file": file_value(media.sha256, media.size, media.media_type),
        "file-name": name.encode(),
    }
    entry = next_entry(catalog, fields)
    return catalog.append_entry(entry.leaf, entry.disclosures, media, added=TIME)


def put_media(catalog, volume, content):
    number = catalog.new_media_object()
    for chunk, start in enumerate(range(0, len(content), volume.payload)):
        volume.put(MEDIA, number, chunk, content[start : start + volume.payload])
    return Media(number, len(content), sha256(content), "image/jpeg")


def save(catalog, volume):
    while not catalog.flush():
        volume.commit()
    volume.commit()


def foreign_entries(count):
    """A log of somebody else, from its first entry on."""
    prev = genesis(OTHER)
    for seq in range(count):
        fields = {"kind": b"note", "title": b"from %d abroad" % seq, "place": b"Herat"}
        entry = build_entry(OTHER, seq, prev, fields, seeded(70 + seq))
        prev = entry.leaf_hash
        yield entry


def full_volume(payload=1024, notes=30):
    """A volume in which every table has rows and most records span two blocks."""
    volume = new_volume(payload)
    catalog = open_catalog(volume)
    for number in range(notes):
        add_note(catalog, f"note {number}", f"What happened on day {number}. " * 8)
        if number % 5 == 0:
            add_file(catalog, volume, b"%d" % number * 1500, f"photo-{number}.jpg")
    card = catalog.add_contact("Amina", b"card\n" * 50, fingerprint="12345", added=TIME)
    catalog.add_contact("Rahim", b"key", fingerprint="67890", added=TIME, origin=OTHER)
    catalog.confirm_contact("Amina")
    catalog.set_counter(card.contact_id, "bundle", 3)
    for seq, entry in enumerate(itertools.islice(foreign_entries(6), 1, None, 2)):
        proof = (6, b"proof %d" % seq)
        catalog.receive_entry(entry.leaf, entry.disclosures[1:], proof=proof, added=TIME)
    catalog.add_checkpoint(KeptCheckpoint(ORIGIN, notes, bytes(32), b"note one"))
    catalog.add_checkpoint(KeptCheckpoint(OTHER, 6, bytes(32), b"note two"))
    catalog.add_import(Import(sha256(b"m"), 2, 1, TIME, TIME, OTHER, 6, bytes(32)))
    save(catalog, volume)
    catalog.close()
    return volume


def imports_of(catalog):
    """All bundles that a catalog has taken in, the oldest first."""
    question = (
        "SELECT r.body FROM imports i JOIN records r ON r.number = i.record ORDER BY r.number"
    )
    bodies = catalog._ask(lambda db: db.execute(question).fetchall())
    return [read_import(body) for (body,) in bodies]


def everything(catalog):
    """All that a catalog says, as one value that can be compared."""
    entries = catalog.newest(10_000)
    places = [(entry.origin, entry.seq) for entry in entries]
    return {
        "settings": (catalog.label, catalog.origin, catalog.log_seed),
        "entries": entries,
        "leaves": [catalog.leaf(*place) for place in places],
        "fields": [catalog.fields(*place) for place in places],
        "proofs": [catalog.proof(*place) for place in places],
        "files": [catalog.entries_with(e.media.sha256) for e in entries if e.media],
        "contacts": catalog.contacts(),
        "counters": [catalog.counter(n, "bundle") for n in range(4)],
        "imports": imports_of(catalog),
        "checkpoints": [catalog.checkpoints(origin) for origin in catalog.logs()],
        "hashes": list(catalog.leaf_hashes(catalog.origin)),
        "found": [catalog.search(words, 100) for words in ("note", "day 7", "photo", "herat")],
    }
