import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import P, R
from zk.formats import r1csfile, r1cswriter, wtns
from zk.r1cs import r1cs

SECTIONS = iden3.r1cs_sections(cubic.system())
GOOD = iden3.container(b"r1cs", 1, SECTIONS)
WIRES, PRIVATE, CONSTRAINTS = 36, 48, 60  # offsets of these numbers in the header


def rows(matrix: r1cs.SparseMatrix) -> list:
    return list(matrix.rows())


def same(left: r1cs.R1CS, right: r1cs.R1CS) -> bool:
    sizes = [(of.modulus, of.num_wires, of.num_public, of.num_constraints) for of in (left, right)]
    return sizes[0] == sizes[1] and all(rows(getattr(left, n)) == rows(getattr(right, n)) for n in "abc")


def changed(number: int, offset: int, data: bytes) -> bytes:
    old = SECTIONS[number]
    return replaced(number, old[:offset] + data + old[offset + len(data) :])


def replaced(number: int, data: bytes) -> bytes:
    return iden3.container(b"r1cs", 1, SECTIONS | {number: data})


def with_first_row(terms: list[tuple[int, int]]) -> bytes:
    """The file with another first combination of the first constraint."""
    system = cubic.system()
    triples = zip(rows(system.a), rows(system.b), rows(system.c), strict=True)
    [_, *rest] = [row for triple in triples for row in triple]
    return replaced(2, b"".join(map(iden3.combination, [terms, *rest])))


def test_a_system_that_is_written_is_read_again():
    found = r1csfile.decode(GOOD)
    assert same(found, cubic.system())
    assert r1cs.first_unsatisfied(found, qap.cubic_witness(5, 6)) is None


def test_the_writer_writes_what_circom_would_and_it_is_read_again():
    plain, counted = io.BytesIO(), io.BytesIO()
    r1cswriter.write(plain, cubic.system(), num_private_inputs=0)
    parts = r1csfile.split(plain.getvalue())[1]
    assert {number: bytes(part.data) for number, part in parts.items()} == SECTIONS
    r1cswriter.write(counted, cubic.system(), num_private_inputs=1)
    written = counted.getvalue()
    assert same(r1csfile.decode(written), cubic.system()) and r1csfile.split(written)[0].num_private_inputs == 1


def test_rows_are_sorted_and_zeros_dropped():
    found = r1csfile.decode(with_first_row([(5, 7), (3, 0), (2, R - 1)]))
    assert found.a.row(0) == [(2, R - 1), (5, 7)] and found.b.row(0) == [(3, 1)]
    assert r1csfile.decode(with_first_row([])).a.row(0) == []


def test_terms_keep_the_order_of_the_file_with_zeros_and_repeated_wires():
    first = [(5, 7), (3, 0), (5, R - 1)]
    found = r1csfile.decode_terms(with_first_row(first))
    assert list(zip(found.columns.tolist(), array.from_plain(found.values), strict=True))[: len(first)] == first
    assert found.combinations.tolist() == sorted(found.combinations) and found.combinations[:4].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("terms, row", [
    ([(5, 7), (3, 0), (5, R - 1)], [(5, 6)]),
    ([(3, R - 1), (3, R - 1)], [(3, R - 2)]),
    ([(3, 1), (2, 5), (3, R - 1)], [(2, 5)]),
    ([(6, 2), (6, 2), (4, 1), (6, 2), (4, 1)], [(4, 2), (6, 6)]),
    ([(0, 1), (0, 1)], [(0, 2)]),
])  # fmt: skip
def test_the_coefficients_of_a_repeated_wire_add_up(terms, row):
    found = r1csfile.decode(with_first_row(terms))
    assert same(found, r1csfile.decode(with_first_row(row))) and found.a.row(0) == row


def test_private_inputs_that_no_constraint_names_have_no_wire():
    assert same(r1csfile.decode(changed(1, PRIVATE, iden3.u32(2**32 - 1))), cubic.system())


LIES = {
    "another field": (lambda: changed(1, 4, iden3.field(P)), "the header is for a field"),
    "another size": (lambda: changed(1, 0, iden3.u32(8)), "the header is for a field"),
    "a short header": (lambda: replaced(1, SECTIONS[1][:-1]), "the header has 63 bytes instead of 64"),
    "few wires": (lambda: changed(1, WIRES, iden3.u32(2)), "has 2 wires for 0 outputs and 2 public inputs"),
    "many wires": (lambda: changed(1, WIRES, iden3.u32(2**28 + 1)), "has 268435457 wires"),
    "many public": (lambda: changed(1, WIRES, iden3.u32(2**20, 2**16, 1)), "1048576 wires for 65536 outputs and 1 "),
    "a wire less": (lambda: iden3.container(b"r1cs", 1, {1: SECTIONS[1][:36] + iden3.u32(6) + SECTIONS[1][40:],
                                                        2: SECTIONS[2], 3: SECTIONS[3][:48]}),
                    "name a wire that does not exist"),
    "a constraint more": (lambda: changed(1, CONSTRAINTS, iden3.u32(5)), "end before there are 5 of them"),
    "many constraints": (lambda: changed(1, CONSTRAINTS, iden3.u32(2**32 - 1)),
                         "4294967295 constraints, and 4194304 is the limit"),
    "a constraint less": (lambda: changed(1, CONSTRAINTS, iden3.u32(3)), "the constraints has"),
    "half a constraint": (lambda: replaced(2, SECTIONS[2][:-1]), "the constraints has"),
    "terms": (lambda: changed(2, 0, iden3.u32(2**32 - 1)), "end before"),
    "a wire too many": (lambda: with_first_row([(7, 1)]), "name a wire that does not exist"),
    "a wire far too many": (lambda: with_first_row([(2**32 - 1, 1)]), "name a wire that does not exist"),
    "a coefficient": (lambda: with_first_row([(3, R)]), "a coefficient that is not below the modulus"),
    "custom gates": (lambda: replaced(4, iden3.u32(0)), "uses custom gates"),
    "uses of them": (lambda: replaced(5, iden3.u32(0)), "uses custom gates"),
    "no header": (lambda: iden3.container(b"r1cs", 1, {2: SECTIONS[2]}), "lacks the header"),
    "no labels": (lambda: iden3.container(b"r1cs", 1, {1: SECTIONS[1], 2: SECTIONS[2]}), "lacks the labels"),
    "no constraints": (lambda: iden3.container(b"r1cs", 1, {1: SECTIONS[1]}), "lacks the constraints"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_system_with_one_lie_in_it_is_refused_by_part(name):
    lie, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        r1csfile.decode(lie())


@given(st.integers(0, len(GOOD)), st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4))
def test_random_damage_ends_in_a_format_error_or_in_a_system_within_its_bounds(length, changes):
    bad = bytearray(GOOD[: length or len(GOOD)])
    for place, byte in changes:
        bad[place % len(bad)] = byte
    try:
        found = r1csfile.decode(bytes(bad))
    except FormatError:
        return
    for matrix in (found.a, found.b, found.c):
        assert matrix.columns.max(initial=0) < found.num_wires and all(0 < value < R for value in matrix.values)


@pytest.mark.parametrize("folder, circuit, witness", [
    ("cases/joinsplit14", "circuit.r1cs", "witness.wtns"),
    ("vectors/snarkjs", "groth16_circuit.r1cs", "groth16_witness.wtns"),
    ("vectors/privacy-pools-core", "build_commitment_commitment.r1cs", "commitment.wtns"),
])  # fmt: skip
def test_witnesses_that_others_made_satisfy_their_systems_and_changed_ones_do_not(folder, circuit, witness):
    files = shared.folder(folder)
    system = r1csfile.decode((files / circuit).read_bytes())
    values = array.from_plain(wtns.decode((files / witness).read_bytes()))
    assert r1cs.first_unsatisfied(system, values) is None
    assert r1cs.first_unsatisfied(system, [*values[:-1], (values[-1] + 1) % R]) is not None


@pytest.mark.parametrize("path", sorted((shared.ROOT / "vectors").glob("*/*.r1cs")), ids=lambda path: path.stem)
def test_circuits_of_many_circoms_are_read(path):
    found = r1csfile.decode(path.read_bytes())
    rows = {len(matrix.starts) - 1 for matrix in (found.a, found.b, found.c)}
    assert found.num_constraints > 0 and rows == {found.num_constraints}
