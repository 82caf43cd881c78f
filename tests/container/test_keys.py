"""A volume's keys: derived once for each row of a commit, and not kept without end."""

from vault.container import keys
from vault.container.keys import VolumeKeys


def test_a_key_is_derived_once(monkeypatch):
    derived = []
    original = keys.hkdf_sha512
    monkeypatch.setattr(keys, "hkdf_sha512", lambda *w: derived.append(w[1]) or original(*w))
    volume = VolumeKeys(bytes(32))
    for _ in range(3):
        for epoch, commit_id in ((1, bytes(16)), (2, bytes(16)), (1, b"\1" * 16)):
            volume.block(epoch, commit_id)
    assert 1 + 3 == len(derived) == len(set(derived))


def test_no_more_than_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(keys, "_CACHED", 4)
    volume = VolumeKeys(bytes(32))
    for epoch in range(10):
        volume.block(epoch, bytes(16))
        assert len(volume._blocks) <= 4
