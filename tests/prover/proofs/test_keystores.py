"""The keystore: a key is made once, appears whole, and is refused when anything about it has changed."""

import hashlib
import json
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from circuits import registry
from circuits.frontend import compiler
from circuits.frontend.builder import Builder
from prover.machine import arrayfolder
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from settlement.pool import pool
from tests.prover import pools
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import snarkjs
from zk.groth16 import keys, provingkey

TOY = "toy"
POOL = pools.make()  # before the toy is among the statements


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
    monkeypatch.setitem(pool.NUM_PUBLIC, TOY, 1)
    return lambda: Keystore(tmp_path / "keys", now_ms=7)


def test_a_key_is_made_on_first_use_and_then_read(store):
    made = store().open(TOY)
    read = store().open(TOY)
    assert keys.digest(made.verifying) == keys.digest(read.verifying)
    assert made.fingerprint == read.fingerprint == registry.pinned(TOY)
    for name in provingkey.ARRAYS:
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
    h_query = store().open(TOY).proving.h_query
    assert isinstance(h_query, np.memmap) or isinstance(h_query.base, np.memmap)


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
        ({"version": "2"}, "manifest.json.version is not 2"),
        ({"fingerprint": "00"}, "for another statement, or for another version of it"),
        ({"statement": "leg"}, "for another statement, or for another version of it"),
        ({"format": "other"}, "manifest.json.format is not 'zksettle-keys'"),
        ({"files": 5}, "manifest.json.files is not an object"),
        ({"files": {"x": 5}}, "is not a string"),
        ({"made_ms": True}, "manifest.json.made_ms is not an integer"),
        ({"origin": None}, "manifest.json.origin is not a string"),
    ],
)
def test_a_manifest_for_something_else_is_refused(store, changes, why):
    at = store()
    at.open(TOY)
    path = at.folder(TOY) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(FormatError, match=why):
        store().open(TOY)


def test_a_pickled_array_whose_digest_the_manifest_lists_is_refused(store):
    at = store()
    at.open(TOY)
    folder = at.folder(TOY)
    path = folder / "proving-h.npy"
    np.save(path, np.array([print], dtype=object), allow_pickle=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FormatError, match=r"the toy key in .* is damaged: .*proving-h.npy is damaged"):
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
    leftover = tmp_path / "keys" / f"{arrayfolder.UNFINISHED}{TOY}-x"
    leftover.mkdir()
    store().open(TOY)
    assert not leftover.exists()


def test_two_at_once_make_one_key(store):
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda at: at.open(TOY), (store(), store()))
    assert keys.digest(first.verifying) == keys.digest(second.verifying)


def test_a_pool_with_other_keys_is_refused_and_ones_own_is_not(keystore):
    with pytest.raises(FormatError, match="is not the one this ledger's pool verifies with"):
        keystore.check_pool(pools.make())
    keystore.check_pool(pools.make(**{name: keystore.statement_key(name) for name in registry.names()}))


TRANSCRIPT = "12" * 32


def ceremony(store, tmp_path, transcript=TRANSCRIPT, now_ms=8):
    """The toy's development key, and the keystore of a ceremony that made, as it were, just this key."""
    proving = store().open(TOY).proving
    return proving, Keystore(tmp_path / "keys", now_ms, transcript)


def test_a_ceremonys_key_is_installed_beside_the_development_key_and_marked(store, tmp_path):
    proving, at = ceremony(store, tmp_path)
    assert at.install(TOY, proving) is True and at.install(TOY, proving) is False
    assert at.folder(TOY).parent.name == "ceremony-1212121212121212"
    assert json.loads((at.folder(TOY) / "manifest.json").read_text())["origin"] == f"ceremony: {TRANSCRIPT}"
    read = Keystore(tmp_path / "keys", 9, TRANSCRIPT)
    assert keys.digest(read.open(TOY).verifying) == keys.digest(proving.verifying)
    assert read.statement_key(TOY).transcript == TRANSCRIPT and store().statement_key(TOY).transcript is None


def test_a_ceremonys_key_is_never_made_here(store, tmp_path):
    with pytest.raises(FormatError, match="no toy key of ceremony 1212121212121212 in .*`zksettle ceremony install`"):
        Keystore(tmp_path / "keys", 7, TRANSCRIPT).open(TOY)
    assert not (tmp_path / "keys").exists()


def test_a_development_key_does_not_pass_for_a_ceremonys(store, tmp_path):
    _, at = ceremony(store, tmp_path)
    shutil.copytree(store().folder(TOY), at.folder(TOY))
    with pytest.raises(FormatError, match="states another origin, development: single party"):
        at.open(TOY)


def test_another_key_is_not_installed_over_one_that_is_there(store, tmp_path):
    proving, at = ceremony(store, tmp_path)
    at.install(TOY, proving)
    shutil.rmtree(store().folder(TOY))
    with pytest.raises(FormatError, match="there is another toy key in"):
        at.install(TOY, store().open(TOY).proving)


def test_the_best_keys_are_those_of_the_ceremony_installed_last(store, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "names", lambda: (TOY,))
    folder = tmp_path / "keys"
    proving, first = ceremony(store, tmp_path)
    assert keystores.best(folder, 9).transcript is None
    for transcript, now_ms in (("34" * 32, 5), ("12" * 32, 8), ("56" * 32, 6)):
        Keystore(folder, now_ms, transcript).install(TOY, proving)
    assert keystores.installed(folder) == ["34" * 32, "56" * 32, "12" * 32]
    (first.folder(TOY) / "manifest.json").unlink()
    assert keystores.best(folder, 9).transcript == "56" * 32
    Keystore(folder, 9, "56" * 32).folder(TOY).parent.rename(folder / "ceremony-0000000000000000")
    assert keystores.best(folder, 9).transcript == "34" * 32


def test_a_pool_is_served_by_keys_of_its_own_origin_only(keystore, tmp_path):
    of_ceremony = {name: replace(pools.any_key(name), transcript=TRANSCRIPT) for name in registry.names()}
    theirs = replace(pools.make(), **of_ceremony, insecure_dev=False)
    assert keystores.of_pool(tmp_path, 7, theirs).transcript == TRANSCRIPT
    assert keystores.of_pool(tmp_path, 7, pools.make()).transcript is None
    with pytest.raises(FormatError, match="of another origin: ceremony 1212121212121212"):
        keystore.check_pool(theirs)
    with pytest.raises(FormatError, match="of another origin: development"):
        Keystore(tmp_path, 7, TRANSCRIPT).check_pool(pools.make())


def test_keys_that_are_gone_are_not_made_anew_for_a_pool(store):
    """The accounts of a pool move under its own keys only: a new key in their place would hide what is missing."""
    with pytest.raises(FormatError, match="restore that folder"):
        store().check_pool(POOL)
    assert not store().folder("leg").exists()
