import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import shared
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3, test_snarkjs
from zk.curves import bn254, g2
from zk.errors import FormatError
from zk.fields import conversion
from zk.fields.prime import FR, MONTGOMERY, P, R
from zk.formats import snarkjs, wtns, zkey, zkeyheader
from zk.groth16 import generator, prover, provingkey, verifier
from zk.groth16.provingkey import ProvingKey

HEADER_NUMBERS = 4 + 32 + 4 + 32  # the offset of the numbers of wires, public inputs and the domain in the header
HEADER_POINTS = HEADER_NUMBERS + 12


@cache
def key() -> ProvingKey:
    """A key whose window tables have one level, as a key from a .zkey file."""
    made = generator.generate(cubic.system())
    return replace(made, **{name: getattr(made, name)[:1] for name in provingkey.QUERIES})


@cache
def sections() -> iden3.Sections:
    return iden3.zkey_sections(key())


def changed(number: int, offset: int, data: bytes) -> bytes:
    """The file with some bytes of one section replaced."""
    old = sections()[number]
    return replaced(number, old[:offset] + data + old[offset + len(data) :])


def replaced(number: int, data: bytes) -> bytes:
    return iden3.container(b"zkey", 1, sections() | {number: data})


def terms(change) -> bytes:
    """The file with its list of terms (matrix, row, wire, coefficient) changed in place."""
    entries = [*iden3._matrix(key(), "a", 0), *iden3._matrix(key(), "b", 1)]
    change(entries)
    return replaced(4, iden3.terms(entries))


def refused(data: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        zkey.decode(data)


def same(left: ProvingKey, right: ProvingKey) -> bool:
    """Whether two keys are the same but for the order and the number of their coefficients."""
    def matrix(of: ProvingKey, name: str) -> list:
        starts, entries = getattr(of, f"{name}_starts"), getattr(of, f"{name}_terms")
        return [starts.tolist(), entries[:, 0].tolist(), of.coefficients[entries[:, 1]].tolist()]

    arrays, others = provingkey.to_arrays(left), provingkey.to_arrays(right)
    names = set(arrays) - {"a_terms", "b_terms", "coefficients"}
    return all(np.array_equal(arrays[name], others[name]) for name in names) and all(
        matrix(left, name) == matrix(right, name) for name in "ab"
    )


def test_a_key_that_is_written_is_read_again():
    assert same(zkey.decode(iden3.zkey(key())), key())


def test_terms_may_stand_in_any_order():
    assert same(zkey.decode(terms(lambda entries: entries.sort(key=lambda entry: (-entry[1], entry[2])))), key())


def test_a_key_that_was_read_proves():
    witness = qap.cubic_witness(3, 5)
    found = zkey.decode(iden3.zkey(key()))
    verifier.verify(found.verifying, witness[1:3], prover.prove(found, cubic.words(witness)))


def point(x: int, y: int) -> bytes:
    return b"".join(iden3.field(c * MONTGOMERY % P) for c in (x, y))


OFF_CURVE = point(1, 3)
UNREDUCED = iden3.field(P) + iden3.field(0)


def outside_g2() -> bytes:
    """A point of the curve of G2 outside the subgroup of order r."""
    x, y, _ = test_snarkjs.outside_the_subgroup()
    return b"".join(iden3.field(int(c) * MONTGOMERY % P) for c in (*x, *y))


def number(index: int, value: int) -> bytes:
    """The file with one of the header's three numbers changed."""
    return changed(2, HEADER_NUMBERS + 4 * index, iden3.u32(value))


LIES = {
    "another protocol": (lambda: replaced(1, iden3.u32(2)), "is not for Groth16"),
    "a short protocol": (lambda: replaced(1, b"\1"), "the protocol has 1 bytes instead of 4"),
    "a long header": (lambda: replaced(2, sections()[2] + b"\0"), "the header has 661 bytes instead of 660"),
    "words of p": (lambda: changed(2, 0, iden3.u32(48)), "the header is for a field"),
    "another p": (lambda: changed(2, 4, iden3.field(R)), "the header is for a field"),
    "words of r": (lambda: changed(2, 36, iden3.u32(0)), "the header is for a field"),
    "another r": (lambda: changed(2, 40, iden3.field(P)), "the header is for a field"),
    "no wires": (lambda: number(0, 0), "0 wires and 2 public inputs, which is out of range"),
    "no wire for one": (lambda: number(0, 2), "2 wires and 2 public inputs, which is out of range"),
    "many wires": (lambda: number(0, 2**24 + 1), "which is out of range"),
    "many public inputs": (lambda: changed(2, HEADER_NUMBERS, iden3.u32(2**17, 2**16 + 1)), "which is out of range"),
    "only public inputs": (lambda: number(1, key().num_wires), "which is out of range"),
    "more wires": (lambda: number(0, key().num_wires + 1), "the points a has 448 bytes instead of 512"),
    "fewer public inputs": (lambda: number(1, 1), "ic has 192 bytes instead of 128"),
    "a domain of 3": (lambda: number(2, 3), "a domain of 3, not a power of two"),
    "a domain of 0": (lambda: number(2, 0), "a domain of 0, not a power of two"),
    "a large domain": (lambda: number(2, 2**23), "a domain of 8388608, not a power of two up to 2\\^22"),
    "another domain": (lambda: number(2, 2 << key().log_size), "the points h has"),
    "alpha": (lambda: changed(2, HEADER_POINTS, OFF_CURVE), "header: alpha is not on the curve"),
    "beta": (lambda: changed(2, HEADER_POINTS + 64, bytes(64)), "header: beta is the identity"),
    "beta in G2": (lambda: changed(2, HEADER_POINTS + 128, outside_g2()), "header: beta is not in the subgroup"),
    "gamma": (lambda: changed(2, HEADER_POINTS + 256, UNREDUCED), "gamma has a number that is not below"),
    "delta": (lambda: changed(2, HEADER_POINTS + 384, OFF_CURVE), "header: delta is not on the curve"),
    "delta = gamma": (
        lambda: changed(2, HEADER_POINTS + 448, g2.encode([key().verifying.gamma_g2]).tobytes()), "delta = ±gamma"),
    "delta = -gamma": (
        lambda: changed(2, HEADER_POINTS + 448, g2.encode([bn254.negate(key().verifying.gamma_g2)]).tobytes()),
        "delta = ±gamma"),
    "ic": (lambda: changed(3, 64, OFF_CURVE), "ic 1 is not on the curve"),
    "ic unreduced": (lambda: changed(3, 128, UNREDUCED), "ic has a number that is not below"),
    "ic identity": (lambda: changed(3, 128, bytes(64)), "ic 2 is the identity"),
    "no count of terms": (lambda: replaced(4, b""), "the terms of A and B has 0 bytes instead of 4"),
    "one term more": (lambda: changed(4, 0, iden3.u32(2**32 - 1)), "instead of 188978560984"),
    "a third matrix": (lambda: changed(4, 4, iden3.u32(2)), "name a matrix that does not exist"),
    "a row too many": (lambda: changed(4, 8, iden3.u32(1 << key().log_size)), "name a row that does not exist"),
    "a wire too many": (lambda: changed(4, 12, iden3.u32(key().num_wires)), "name a wire that does not exist"),
    "a coefficient": (lambda: changed(4, 16, iden3.field(R)), "a coefficient that is not below the modulus"),
    "no terms": (lambda: replaced(4, iden3.u32(0)), "do not end with the rows of the public inputs"),
    "B too long": (lambda: terms(lambda e: e.append((1, key().num_constraints, 0, 1))), "rows of the public inputs"),
    "only public rows": (
        lambda: terms(lambda e: e.__setitem__(slice(None), [(0, i, i, 1) for i in range(3)] + [(1, 0, 0, 1)])),
        "rows of the public inputs"),
    "public wire": (lambda: terms(lambda e: _at_public(e, 1, (2, 1))), "rows of the public inputs"),
    "public coefficient": (lambda: terms(lambda e: _at_public(e, 1, (1, 2))), "rows of the public inputs"),
    "public row twice": (
        lambda: terms(lambda e: e.append((0, key().num_constraints, 5, 1))), "rows of the public inputs"),
    "public rows moved": (lambda: terms(_two_in_a_public_row), "rows of the public inputs"),
    "a": (lambda: changed(5, 64, OFF_CURVE), "the points a: point [0-9] is not on the curve"),
    "a unreduced": (lambda: changed(5, 0, UNREDUCED), "the points a has a number that is not below"),
    "a short": (lambda: replaced(5, sections()[5][:-64]), "the points a has"),
    "b1": (lambda: changed(6, _first(6), OFF_CURVE), "the points b in G1: point 0 is not on the curve"),
    "b2": (lambda: changed(7, 2 * _first(6), point(1, 3) + point(4, 5)), "the points b in G2: point 0 is not on"),
    "b2 outside": (lambda: changed(7, 2 * _first(6), outside_g2()), "a sum of the points is not in the subgroup"),
    "b1 gone": (lambda: changed(6, _first(6), bytes(64)), "are not of the same wires"),
    "b2 gone": (lambda: changed(7, 2 * _first(6), bytes(128)), "are not of the same wires"),
    "c": (lambda: changed(8, 0, OFF_CURVE), "the points c: point 0 is not on the curve"),
    "c short": (lambda: replaced(8, sections()[8][64:]), "the points c has"),
    "h": (lambda: changed(9, 64, OFF_CURVE), "the points h: point 1 is not on the curve"),
    "h y zero": (lambda: changed(9, 96, bytes(32)), "the points h: point 1 is not on the curve"),
}  # fmt: skip


def _first(number: int) -> int:
    """Where the first point that is not the identity begins."""
    rows = np.frombuffer(sections()[number], dtype=np.uint64).reshape(-1, 8)
    return 64 * int(np.flatnonzero(rows.any(axis=1))[0])


def _at_public(entries: list, index: int, term: tuple[int, int]) -> None:
    """The term of A in the row of a public input replaced."""
    row = key().num_constraints + index
    place = next(i for i, entry in enumerate(entries) if entry[:2] == (0, row))
    entries[place] = (0, row, *term)


def _two_in_a_public_row(entries: list) -> None:
    """The terms of the public rows in their order, two of them in the first row and none in the second."""
    first = key().num_constraints
    place = next(i for i, entry in enumerate(entries) if entry[:2] == (0, first + 1))
    entries[place] = (0, first, *entries[place][2:])


@pytest.mark.parametrize("name", LIES)
def test_a_key_with_one_lie_in_it_is_refused_by_part(name):
    lie, why = LIES[name]
    refused(lie(), why)


@pytest.mark.parametrize("number", range(1, 10))
def test_a_key_without_one_of_its_sections_is_refused(number):
    refused(iden3.container(b"zkey", 1, {n: data for n, data in sections().items() if n != number}), "the key lacks")


def test_the_contributions_may_be_missing_and_c_and_h_may_hold_the_identity():
    assert same(zkey.decode(iden3.container(b"zkey", 1, {n: d for n, d in sections().items() if n != 10})), key())
    assert not zkey.decode(changed(8, 0, bytes(64))).l_query[0, 0].any()
    assert not zkey.decode(changed(9, 0, bytes(64))).h_query[0, 0].any()


@settings(max_examples=150)
@given(st.data())
def test_random_damage_ends_in_a_format_error_or_in_a_key_within_its_bounds(data):
    good = iden3.zkey(key())
    bad = bytearray(good[: data.draw(st.sampled_from([len(good)] * 3 + list(range(0, len(good), 97))))])
    for place in data.draw(st.lists(st.integers(0, max(len(bad) - 1, 0)), max_size=3)):
        if bad:
            bad[place] = data.draw(st.integers(0, 255))
    try:
        found = zkey.decode(bytes(bad))
    except FormatError:
        return
    assert found.num_wires == key().num_wires and found.log_size == key().log_size


CASES = [
    ("cases/joinsplit14", "circuit.zkey", "witness.wtns", "verification_key.json"),
    ("vectors/rapidsnark", "circuit_final.zkey", "witness.wtns", "verification_key.json"),
    ("vectors/privacy-pools-core", "build_commitment_groth16_pkey.zkey", "commitment.wtns",
     "build_commitment_groth16_vkey.json"),
]  # fmt: skip


@pytest.mark.parametrize("folder, key_name, wtns_name, vk_name", CASES)
def test_keys_that_others_made_prove(folder, key_name, wtns_name, vk_name):
    files = shared.folder(folder)
    from zk.fields import array

    found = zkey.decode((files / key_name).read_bytes())
    values = wtns.decode((files / wtns_name).read_bytes())
    trusted = snarkjs.decode_verifying_key((files / vk_name).read_bytes())
    assert found.verifying == trusted
    proof = prover.prove(found, conversion.from_plain(FR, values))
    verifier.verify(trusted, array.from_plain(values[1 : found.num_public + 1]), proof)


def test_the_fixed_points_are_read_without_the_rest():
    found = zkeyheader.read_fixed(io.BytesIO(iden3.zkey(key())))
    assert found == (key().verifying, key().beta_g1, key().delta_g1)
    with pytest.raises(FormatError):
        zkeyheader.read_fixed(io.BytesIO(iden3.zkey(key())[:300]))
