import os

import numpy as np
import pytest

from prover.circom import keycache, proofs, witnesses
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError, Unsatisfied
from zk.groth16 import generator, provingkey, verifier

WITNESS = qap.cubic_witness(3, 5)


@pytest.fixture(scope="module")
def zkey():
    return iden3.zkey(generator.generate(cubic.system()))


@pytest.fixture
def place(zkey, tmp_path, monkeypatch):
    """A folder with circuit.zkey and witness.wtns, and a cache of its own."""
    (tmp_path / "circuit.zkey").write_bytes(zkey)
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    proofs.forget()
    yield tmp_path
    proofs.forget()


def prove(place):
    return proofs.prove(place / "circuit.zkey", place / "witness.wtns")


def entries(place) -> list:
    return sorted((place / "cache").iterdir())


def another_process() -> None:
    """Forgets what is remembered in memory, as if the program were started again."""
    proofs.forget()


def test_a_proof_verifies_and_the_key_is_kept(place):
    proof, public = prove(place)
    key = proofs.open_key(place / "circuit.zkey")
    assert public == WITNESS[1:3] and len(entries(place)) == 1
    verifier.verify(key.verifying, public, proof)


def test_a_kept_key_is_used_where_it_lies(place, monkeypatch):
    first = provingkey.to_arrays(proofs.open_key(place / "circuit.zkey"))
    another_process()
    monkeypatch.setattr(proofs, "_read", lambda path: pytest.fail("the key was made again"))
    again = proofs.open_key(place / "circuit.zkey")
    assert isinstance(again.h_query.base, np.memmap) or isinstance(again.h_query, np.memmap)
    assert all(np.array_equal(first[name], values) for name, values in provingkey.to_arrays(again).items())
    assert proofs.open_key(place / "circuit.zkey") is again


def test_a_file_that_changes_is_another_key(place, zkey):
    first = proofs.open_key(place / "circuit.zkey")
    (place / "circuit.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    assert proofs.open_key(place / "circuit.zkey").verifying != first.verifying
    assert len(entries(place)) == 2


def damage(place, name: str, change) -> None:
    """One array of the only entry, written again."""
    [entry] = entries(place)
    values = np.load(entry / f"{name}.npy")
    np.save(entry / f"{name}.npy", change(values))


DAMAGE = {
    "another point": lambda place: damage(place, "h", lambda h: np.roll(h, 1, axis=1)),
    "no point": lambda place: damage(place, "a", lambda a: a + np.uint64(1)),
    "another alpha": lambda place: damage(place, "points", lambda points: np.roll(points, 64)),
    "a wire out of range": lambda place: damage(place, "a_terms", lambda terms: terms + np.int32(1000)),
    "a row less": lambda place: damage(place, "c", lambda c: c[:, 1:]),
    "a file less": lambda place: (entries(place)[0] / "b1.npy").unlink(),
    "an empty file": lambda place: (entries(place)[0] / "b1.npy").write_bytes(b""),
    "a header cut": lambda place: (entries(place)[0] / "b1.npy").write_bytes(b"\x93NUMPY\1\0\x10\0{'descr': '<u8'("),
    "half a file": lambda place: os.truncate(entries(place)[0] / "h.npy", 200),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_entry_is_replaced(place, name):
    proofs.open_key(place / "circuit.zkey")
    another_process()
    DAMAGE[name](place)
    prove(place)
    another_process()
    good = keycache.load(entries(place)[0].name.split("-")[0])
    assert good is not None
    another_process()
    prove(place)
    assert proofs.load_key(place / "circuit.zkey").is_from_cache


def test_a_witness_that_does_not_satisfy_is_refused_from_a_fresh_and_from_a_kept_key(place):
    (place / "witness.wtns").write_bytes(iden3.wtns([*WITNESS[:-1], WITNESS[-1] + 1]))
    for _ in range(2):
        with pytest.raises(Unsatisfied, match="witness.wtns does not satisfy the circuit"):
            prove(place)
        another_process()


def test_files_that_do_not_fit_each_other_or_are_not_there_are_refused(place):
    (place / "witness.wtns").write_bytes(iden3.wtns([*WITNESS, 0]))
    with pytest.raises(FormatError, match="witness.wtns has 8 wires, and .*circuit.zkey is for 7"):
        prove(place)
    with pytest.raises(FormatError, match="missing.wtns cannot be read: No such file"):
        proofs.prove(place / "circuit.zkey", place / "missing.wtns")
    (place / "witness.wtns").write_bytes(iden3.wtns(WITNESS))
    with pytest.raises(FormatError, match="missing.zkey cannot be read: No such file"):
        proofs.prove(place / "missing.zkey", place / "witness.wtns")
    with pytest.raises(FormatError, match="is not a file"):
        proofs.open_key(place)


def test_the_least_recently_used_entry_is_removed(place, zkey, monkeypatch):
    key = proofs.open_key(place / "circuit.zkey")
    keycache.discard(entries(place)[0].name.split("-")[0])
    monkeypatch.setattr(keycache, "MAX_ENTRIES", 3)
    for age, name in enumerate(["aa", "bb", "cc", "dd"]):
        keycache.keep(name, key)
        if name != "dd":
            os.utime(keycache._entry(name), ns=(age, age))
        assert keycache.load("aa") is not None  # used again just now
    assert [entry.name[:2] for entry in entries(place)] == ["aa", "cc", "dd"]
    monkeypatch.setattr(keycache, "MAX_BYTES", 1)
    keycache.keep("ee", key)
    assert [entry.name[:2] for entry in entries(place)] == ["ee"]


def test_a_proof_does_not_need_a_cache_that_can_be_written(place, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    prove(place)
    assert entries(place) == []


def test_a_witness_that_does_not_satisfy_leaves_a_proven_key_in_the_cache(place, monkeypatch):
    proofs.open_key(place / "circuit.zkey")
    another_process()
    before = entries(place)[0].stat().st_ino
    monkeypatch.setattr(proofs, "_read", lambda path: pytest.fail("the key was made again"))
    (place / "witness.wtns").write_bytes(iden3.wtns([*WITNESS[:-1], WITNESS[-1] + 1]))
    with pytest.raises(Unsatisfied):
        prove(place)
    assert entries(place)[0].stat().st_ino == before


def test_only_the_damaged_key_is_dropped_from_memory(place, zkey):
    (place / "other.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    for name in ("circuit.zkey", "other.zkey"):
        proofs.open_key(place / name)
    digest = proofs.load_key(place / "circuit.zkey").digest
    another_process()
    h = keycache._entry(digest) / "h.npy"
    np.save(h, np.roll(np.load(h), 1, axis=1))
    other = proofs.open_key(place / "other.zkey")
    damaged = proofs.open_key(place / "circuit.zkey")
    prove(place)
    assert proofs.open_key(place / "other.zkey") is other
    assert proofs.open_key(place / "circuit.zkey") is not damaged


def test_a_key_that_was_just_read_is_memory_mapped(place):
    key = proofs.open_key(place / "circuit.zkey")
    assert isinstance(key.h_query.base, np.memmap) or isinstance(key.h_query, np.memmap)


def test_a_planted_key_is_not_used(place):
    digest = proofs.load_key(place / "circuit.zkey").digest
    planted = generator.generate(cubic.system())
    expected = proofs.open_key(place / "circuit.zkey").verifying
    keycache.keep(digest, planted)
    assert keycache.load(digest).verifying == planted.verifying
    another_process()
    assert proofs.open_key(place / "circuit.zkey").verifying == expected
    assert keycache.load(digest).verifying == expected


def test_a_witness_that_is_no_file_is_refused(place):
    os.mkfifo(place / "pipe.wtns")
    with pytest.raises(FormatError, match="pipe.wtns is not a file"):
        witnesses.read(place / "pipe.wtns")
