"""The keystore: a key is made once, appears whole, and is refused when anything about it has changed."""

import json
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from circuits import registry
from circuits.frontend import compiler
from circuits.frontend.builder import Builder
from prover.proofs import keystore as keystores
from prover.proofs.keystore import Keystore
from tests.prover import pools
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import snarkjs
from zk.groth16 import keys

TOY = "toy"


def toy() -> compiler.Circuit:
    """x · x = y, whose key is made in a moment."""
    b = Builder(R)
    y, x = b.public("y"), b.private("x")
    b.require(x, x, y, "the square")
    return compiler.compile(b, TOY)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A keystore for one toy statement."""
    circuit = toy()
    monkeypatch.setattr(registry, "compiled", lambda name: circuit)
    monkeypatch.setattr(registry, "pinned", lambda name: compiler.fingerprint(circuit))
    return lambda: Keystore(tmp_path / "keys", now_ms=7)


def test_a_key_is_made_on_first_use_and_then_read(store):
    made = store().open(TOY)
    read = store().open(TOY)
    assert keys.digest(made.verifying) == keys.digest(read.verifying)
    assert made.fingerprint == read.fingerprint == registry.pinned(TOY)
    for name in keys.ARRAYS:
        assert np.array_equal(getattr(made.proving, name), getattr(read.proving, name))


def test_two_keystores_never_make_the_same_key(store, tmp_path):
    first = store().open(TOY)
    shutil.rmtree(tmp_path / "keys")
    assert keys.digest(store().open(TOY).verifying) != keys.digest(first.verifying)


def test_the_folder_is_private_named_by_fingerprint_and_marked(store):
    at = store()
    at.open(TOY)
    folder = at.folder(TOY)
    assert folder.name == f"toy-{registry.pinned(TOY)[:16]}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["origin"] == "development: single party" and manifest["made_ms"] == 7
    stored = snarkjs.decode_verifying_key((folder / "verification_key.json").read_bytes())
    assert stored == at.open(TOY).verifying


def test_arrays_are_mapped_and_not_read(store):
    store().open(TOY)
    proving = store().open(TOY).proving
    assert isinstance(proving.h.base if not isinstance(proving.h, np.memmap) else proving.h, np.memmap)


def test_every_altered_file_is_refused(store):
    at = store()
    at.open(TOY)
    folder = at.folder(TOY)
    for path in sorted(folder.iterdir()):
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(FormatError, match="is damaged"):
            store().open(TOY)
        path.unlink()
        with pytest.raises(FormatError, match="is damaged"):
            store().open(TOY)
        path.mkdir()
        with pytest.raises(FormatError, match="is damaged"):
            store().open(TOY)
        path.rmdir()
        path.write_bytes(before)
    (folder / "more.npy").write_bytes(b"")
    with pytest.raises(FormatError, match="more or fewer files"):
        store().open(TOY)


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"version": 1}, "version 1; this program knows 2"),
        ({"fingerprint": "00"}, "for something else"),
        ({"statement": "leg"}, "for something else"),
        ({"format": "other"}, "for something else"),
        ({"files": 5}, "not readable"),
    ],
)
def test_a_manifest_for_something_else_is_refused(store, changes, why):
    at = store()
    at.open(TOY)
    path = at.folder(TOY) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(FormatError, match=why):
        store().open(TOY)


def test_a_manifest_cannot_name_a_file_elsewhere(store, tmp_path):
    at = store()
    at.open(TOY)
    path = at.folder(TOY) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["../elsewhere"] = manifest["files"].popitem()[1]
    path.write_text(json.dumps(manifest))
    with pytest.raises(FormatError, match="is damaged"):
        store().open(TOY)


def test_a_crash_while_making_leaves_nothing_that_looks_like_a_key(store, monkeypatch):
    monkeypatch.setattr(keystores.files, "replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError):
        store().open(TOY)
    assert not store().folder(TOY).exists()
    monkeypatch.undo()


def test_what_a_crash_left_behind_is_swept(store, tmp_path):
    (tmp_path / "keys").mkdir()
    leftover = tmp_path / "keys" / f"{keystores.UNFINISHED}{TOY}-x"
    leftover.mkdir()
    store().open(TOY)
    assert not leftover.exists()


def test_two_at_once_make_one_key(store):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda at: at.open(TOY), (store(), store()))
    assert keys.digest(first.verifying) == keys.digest(second.verifying)


def test_a_pool_with_other_keys_is_refused_and_ones_own_is_not(keystore):
    with pytest.raises(FormatError, match="is not the one this ledger's pool verifies with"):
        keystore.check_pool(pools.make())
    keystore.check_pool(pools.make(leg=keystore.statement_key("leg"), margin=keystore.statement_key("margin")))


def test_keys_that_are_gone_are_not_made_anew_for_a_pool(store):
    """The accounts of a pool move under its own keys only: a new key in their place would hide what is missing."""
    with pytest.raises(FormatError, match="restore that folder"):
        store().check_pool(pools.make())
    assert not store().folder("leg").exists()
