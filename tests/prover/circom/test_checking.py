"""A witness that violates a constraint is told which one, by circom's names, and nothing of its values unasked."""

import pytest

from prover.circom import checking, circuit, proofs, siblings
from tests.circoms import CASES
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError, Unsatisfied
from zk.fields import array
from zk.formats import symfile, wtns

SYM = "1,1,0,main.y\n2,2,0,main.x\n3,3,0,main.x2\n4,4,0,main.x3\n5,5,0,main.k\n6,6,0,main.z\n"


@pytest.fixture
def place(tmp_path):
    """A folder with circuit.r1cs and circuit.sym."""
    (tmp_path / "circuit.r1cs").write_bytes(iden3.container(b"r1cs", 1, iden3.r1cs_sections(cubic.system())))
    (tmp_path / "circuit.sym").write_text(SYM)
    return tmp_path


def find(place, values):
    read = circuit.read(place / "circuit.r1cs")
    return read, checking.first_violation(read, array.plain(values))


def test_a_satisfying_witness_violates_nothing_and_progress_is_reported(place):
    told = []
    read = circuit.read(place / "circuit.r1cs")
    witness = array.plain(qap.cubic_witness(3, 5))
    assert checking.first_violation(read, witness, progress=lambda *at: told.append(at)) is None
    assert told == [(0, read.header.num_constraints)]


def test_the_first_violated_constraint_is_found_with_both_sides(place):
    values = qap.cubic_witness(3, 5)
    for wire in range(1, len(values)):
        lie = [*values[:wire], values[wire] + 1, *values[wire + 1 :]]
        read, violation = find(place, lie)
        rows = [side.row(violation.index) for side in (read.system.a, read.system.b, read.system.c)]
        sides = [sum(value * lie[w] for w, value in row) % read.system.modulus for row in rows]
        assert [violation.left, violation.right, violation.product] == sides
        assert sides[0] * sides[1] % read.system.modulus != sides[2]
        assert repr(violation) == f"Violation({violation.index})"


def test_a_constraint_is_written_with_names_or_with_the_numbers_of_wires(place):
    values = qap.cubic_witness(3, 5)
    read, violation = find(place, [*values[:3], values[3] + 1, *values[4:]])
    named, note = checking.describe(read, violation)
    assert "main." in named and note == ""
    (place / "circuit.sym").write_text(SYM.replace("6,6", "6,-1"))
    unnamed, note = checking.describe(read, violation)
    assert "wire 3" in unnamed and "is of another circuit" in note
    (place / "circuit.sym").write_text("no symbols")
    assert "line 1 is not" in checking.describe(read, violation)[1]
    (place / "circuit.sym").unlink()
    assert checking.describe(read, violation)[0] == unnamed
    assert checking.describe(read, violation)[1] == "circuit.sym is not beside it: wires are called by their numbers"


def test_long_names_are_cut(place):
    (place / "circuit.sym").write_text(SYM.replace("main.", "m" * 4000))
    values = qap.cubic_witness(3, 5)
    text, note = checking.describe(*find(place, [*values[:3], values[3] + 1, *values[4:]]))
    assert note == "" and len(text) == 4001 and text.endswith("m…")


def test_both_sides_are_shown_with_signs(place):
    assert checking.Violation(0, 3, cubic.system().modulus - 5, 16).sides() == "3 * -5 ≠ 16"


def test_a_witness_of_another_circuit_is_refused(place):
    with pytest.raises(FormatError, match="the witness has 6 wires, and .*circuit.r1cs has 7"):
        find(place, qap.cubic_witness(3, 5)[:-1])


@pytest.mark.parametrize("key", ["circuit.zkey", "circuit_final.zkey", "circuit_0001.zkey"])
def test_the_circuit_of_a_key_lies_beside_it(place, key):
    assert siblings.circuit_of_key(place / key) == place / "circuit.r1cs"
    assert siblings.circuit_of_key(place / "other_final.zkey") is None


def test_the_symbols_of_a_program_lie_beside_it_or_beside_its_folder(place, monkeypatch):
    (place / "circuit_js").mkdir()
    assert siblings.symbols_of_program(place / "circuit_js" / "circuit.wasm") == place / "circuit.sym"
    assert siblings.symbols_of_program(place / "circuit.wasm") == place / "circuit.sym"
    monkeypatch.chdir(place / "circuit_js")
    assert siblings.symbols_of_program(type(place)("circuit.wasm")) == place / "circuit.sym"
    assert siblings.symbols_of_program(place / "circuit_js" / "other.wasm") is None
    assert list(siblings.signal_names(place / "circuit_js" / "circuit.wasm")) == symfile.decode(SYM.encode()).names
    (place / "circuit.sym").write_text("no symbols")
    for name in ("circuit.wasm", "other.wasm"):
        assert list(siblings.signal_names(place / "circuit_js" / name)) == []


@pytest.mark.parametrize("name", CASES)
def test_snarkjs_witnesses_satisfy_and_a_change_of_any_used_wire_does_not(circom_folders, name):
    folder = circom_folders[name]
    read = circuit.read(folder / "circuit.r1cs")
    witness = wtns.decode((folder / "witness.wtns").read_bytes())
    assert checking.first_violation(read, witness) is None
    used = {wire for side in (read.system.a, read.system.b, read.system.c) for wire in side.columns.tolist()}
    for wire in sorted(used - {0}):
        lie = witness.copy()
        lie[wire, 0] ^= 1
        violation = checking.first_violation(read, lie)
        text, note = checking.describe(read, violation)
        assert note == "" and "main." in text


def test_a_proof_that_fails_names_the_constraint(circom_folders, tmp_path, monkeypatch):
    folder = circom_folders["words"]
    witness = wtns.decode((folder / "witness.wtns").read_bytes()).copy()
    names = circuit.names_beside(circuit.read(folder / "circuit.r1cs"))[0]
    witness[names.index("main.s"), 0] ^= 1
    (tmp_path / "bad.wtns").write_bytes(wtns.encode(witness))
    monkeypatch.setattr("prover.circom.keycache.folder", lambda: tmp_path)
    with pytest.raises(Unsatisfied, match=r"bad.wtns does not satisfy the circuit: constraint \d .*main\.s"):
        proofs.prove(folder / "circuit.zkey", tmp_path / "bad.wtns")
    alone = tmp_path / "alone.zkey"
    alone.write_bytes((folder / "circuit.zkey").read_bytes())
    with pytest.raises(Unsatisfied, match="the proof made from it does not verify$"):
        proofs.prove(alone, tmp_path / "bad.wtns")
    (tmp_path / "alone.r1cs").write_bytes((circom_folders["a bus"] / "circuit.r1cs").read_bytes())
    with pytest.raises(Unsatisfied, match="the proof made from it does not verify$"):
        proofs.prove(alone, tmp_path / "bad.wtns")
