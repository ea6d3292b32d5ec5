"""An initial key from powers of a known τ has the points that Groth16 prescribes, and snarkjs's circuit hash."""

import hashlib
import struct

import numpy as np
import pytest

from tests import node
from tests.zk.ceremony import toy_ceremony
from tests.zk.ceremony.toy_ceremony import ALPHA, BETA, CONSTRAINTS, POWER, PUBLIC, TAU, WIRES
from tests.zk.formats import iden3, test_zkey
from zk.ceremony import circuithash, initial_key
from zk.curves import bn254
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, P, R
from zk.formats import pointbytes, ptau, r1csfile
from zk.formats.zkeyfile import KeyFile
from zk.msm import fixed_base

LOG_SIZE = 3


def make(circuit: bytes | None = None, powers: bytes | None = None) -> KeyFile:
    listing = r1csfile.decode_terms(toy_ceremony.r1cs() if circuit is None else circuit)
    return initial_key.make(listing, ptau.decode(toy_ceremony.ptau() if powers is None else powers))


def columns(size: int = LOG_SIZE) -> list[list[int]]:
    """u_j, v_j and w_j at τ."""
    rows, sums = toy_ceremony.lagrange(size), [[0] * WIRES for _ in range(3)]
    last = [([(wire, 1)], [], []) for wire in range(PUBLIC + 1)]
    for row, triple in zip(rows, CONSTRAINTS + last, strict=False):  # the other rows are empty
        for side, terms in enumerate(triple):
            for wire, value in terms:
                sums[side][wire] += value * row
    return sums


def test_the_points_of_a_key_are_the_columns_of_the_circuit_at_tau():
    key, (u, v, w) = make(), columns()
    sums = [BETA * x + ALPHA * y + z for x, y, z in zip(u, v, w, strict=True)]
    expected = {"a_query": u, "b_g1_query": v, "ic": sums[: PUBLIC + 1], "l_query": sums[PUBLIC + 1 :]}
    expected["h_query"] = toy_ceremony.quotients(LOG_SIZE, POWER)
    for name, logarithms in expected.items():
        assert np.array_equal(getattr(key, name), toy_ceremony.points(fixed_base.g1, logarithms)), name
    assert np.array_equal(key.b_g2_query, toy_ceremony.points(fixed_base.g2, v))
    header = key.header
    assert (header.num_wires, header.num_public, header.log_size) == (WIRES, PUBLIC, LOG_SIZE)
    assert (header.alpha_g1, header.beta_g1) == tuple(bn254.multiply(k, bn254.G1) for k in (ALPHA, BETA))
    assert header.beta_g2 == bn254.multiply(BETA, bn254.G2)
    assert (header.gamma_g2, header.delta_g1, header.delta_g2) == (bn254.G2, bn254.G1, bn254.G2)


def test_terms_keep_the_order_of_the_circuit_including_zeros_and_repeated_wires():
    entries = [
        (side, row, wire, value)
        for row, triple in enumerate(CONSTRAINTS)
        for side in (0, 1)
        for wire, value in triple[side]
    ]
    last = [(0, len(CONSTRAINTS) + wire, wire, 1) for wire in range(PUBLIC + 1)]
    assert make().terms == iden3.terms(entries + last)


def test_a_circuit_that_uses_all_powers_takes_h_from_the_incomplete_level():
    filled = CONSTRAINTS + [([], [], [])] * (13 - len(CONSTRAINTS))
    key = make(toy_ceremony.r1cs(filled))
    assert key.header.log_size == POWER
    assert np.array_equal(key.h_query, toy_ceremony.points(fixed_base.g1, toy_ceremony.quotients(POWER, POWER)))


@pytest.mark.parametrize(
    "constraints, public, expected", [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2), (6, 1, 3), (7, 1, 4)]
)
def test_the_domain_has_room_for_the_wire_one_and_at_least_two_elements(constraints, public, expected):
    listing = r1csfile.decode_terms(toy_ceremony.r1cs(CONSTRAINTS[:1] * constraints, public=public))
    assert initial_key.log_size(listing.header) == expected


def expected_hash(key: KeyFile, logarithms: list[int]) -> bytes:
    """snarkjs's circuit hash, with these logarithms for h."""
    header = key.header
    data = bn254.encode_g1(header.alpha_g1) + bn254.encode_g1(header.beta_g1)
    data += b"".join(map(bn254.encode_g2, (header.beta_g2, bn254.G2)))
    data += bn254.encode_g1(bn254.G1) + bn254.encode_g2(bn254.G2)
    for name in ("ic", "h_query", "l_query", "a_query", "b_g1_query", "b_g2_query"):
        points = toy_ceremony.points(fixed_base.g1, logarithms) if name == "h_query" else getattr(key, name)
        count = (1 << header.log_size) - 1 if name == "h_query" else len(points)
        data += struct.pack(">I", count) + pointbytes.uncompressed(points).tobytes()
    return hashlib.blake2b(data).digest()


@pytest.mark.parametrize("chunk, last", [(8, 7), (4, 8)], ids=["one chunk", "several chunks"])
def test_the_hash_covers_the_powers_behind_h_and_one_more_if_there_are_several_chunks(monkeypatch, chunk, last):
    monkeypatch.setattr(circuithash, "_CHUNK", chunk)
    key, size = make(), 1 << LOG_SIZE
    vanishing = [pow(TAU, i, R) * (pow(TAU, size, R) - 1) for i in range(last)]
    assert key.ceremony.circuit_hash == expected_hash(key, vanishing)


SUBTRACT = """
const { curves } = require("snarkjs");
(async () => {
  const curve = await curves.getCurveFromName("bn128"), call = (fnName, ...params) => ({ cmd: "CALL", fnName, params });
  const at = name => ({ var: name, offset: 0 });
  const [right, ...lefts] = process.argv.slice(1).map(hex => Uint8Array.from(Buffer.from(hex, "hex")));
  for (const left of lefts) {
    const [result] = await curve.tm.queueAction([
      { cmd: "ALLOCSET", var: 0, buff: left }, { cmd: "ALLOCSET", var: 1, buff: right },
      { cmd: "ALLOC", var: 2, len: 96 }, call("g1m_subAffine", at(0), at(1), at(2)),
      call("g1m_batchToAffine", at(2), { val: 1 }, at(2)), call("g1m_batchLEMtoU", at(2), { val: 1 }, at(2)),
      { cmd: "GET", out: 0, var: 2, len: 64 },
    ]);
    console.log(Buffer.from(result).toString("hex"));
  }
  process.exit(0);
})();
"""
ANY = [(7, P - 3), (2**256 - 1, 2**256 - 1), (P, 2 * P + 1), (5 * P + 2, 4 * P), (2**255, 5), (3, 2**255 + 7)]


def test_the_overread_point_is_the_one_that_wasmcurves_computes():
    """Also for coordinates that are not on the curve or not below p."""
    powers, sections = ptau.decode(toy_ceremony.ptau()), toy_ceremony.ptau_sections()
    last = toy_ceremony.points(fixed_base.g1, [TAU**15])[0]
    behind = struct.pack("<IQ", 3, len(sections[3])) + sections[3][:52]
    lefts = [behind, *(iden3.field(x) + iden3.field(y) for x, y in ANY)]
    printed = node.run(SUBTRACT, last.tobytes().hex(), *(left.hex() for left in lefts)).split()
    assert circuithash._overread(last, powers).hex() == printed[0]
    x, y = array.from_plain(last)
    for pair, expected in zip(ANY, printed[1:], strict=True):
        point = array.decode(FP, array.plain(circuithash._add_unreduced(*pair, x, P - y)))
        assert "".join(f"{value:064x}" for value in point) == expected


def test_powers_for_which_the_addition_formula_fails_are_refused():
    for x in (3, P + 3, 2**256 + 3 - P):
        with pytest.raises(FormatError, match="a point of tau_g1 was chosen so that the addition formula fails"):
            circuithash._add_unreduced(x, 5, 3, 7)


def test_a_circuit_that_uses_all_powers_in_several_chunks_hashes_the_overread_point(monkeypatch):
    monkeypatch.setattr(circuithash, "_CHUNK", 4)
    filled = CONSTRAINTS + [([], [], [])] * (13 - len(CONSTRAINTS))
    powers, size = ptau.decode(toy_ceremony.ptau()), 1 << POWER
    data = circuithash._hashed_h(size, powers)
    assert make(toy_ceremony.r1cs(filled)).header.log_size == POWER and len(data) == 64 * size
    vanishing = [pow(TAU, i, R) * (pow(TAU, size, R) - 1) for i in range(size - 1)]
    assert data[:-64] == pointbytes.uncompressed(toy_ceremony.points(fixed_base.g1, vanishing)).tobytes()


def prepared_with(number: int, place: int, data: bytes) -> bytes:
    """The powers with some bytes of one section replaced."""
    sections = toy_ceremony.ptau_sections()
    old = sections[number]
    return iden3.container(b"ptau", 1, sections | {number: old[:place] + data + old[place + len(data) :]})


LEVEL = (1 << LOG_SIZE) - 1  # the first point of the circuit's level
LIES = {
    "tau in G1": (12, 64 * LEVEL, test_zkey.OFF_CURVE, "lagrange_tau_g1: point 0 is not on the curve"),
    "h": (12, 64 * (2 * LEVEL + 4), test_zkey.OFF_CURVE, "lagrange_tau_g1: point 3 is not on the curve"),
    "tau in G2": (13, 128 * LEVEL, test_zkey.outside_g2(), "a sum of the points is not in the subgroup"),
    "alpha": (14, 64 * LEVEL, test_zkey.UNREDUCED, "lagrange_alpha_g1 has a coordinate that is not below"),
    "beta": (15, 64 * LEVEL, bytes(64), "lagrange_beta_g1: point 0 is the identity"),
    "a power": (2, 64, test_zkey.OFF_CURVE, "tau_g1: point 1 is not on the curve"),
    "alpha itself": (4, 0, test_zkey.OFF_CURVE, "point 0 is not on the curve"),
    "beta in G2 itself": (6, 0, test_zkey.outside_g2(), "a sum of the points is not in the subgroup"),
}


@pytest.mark.parametrize("name", LIES)
def test_an_invalid_point_in_the_powers_is_refused(name):
    number, place, data, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        make(powers=prepared_with(number, place, data))


def test_powers_that_are_too_few_or_unprepared_are_refused():
    with pytest.raises(FormatError, match=r"needs powers of tau for 2\^5 constraints, but these are for 2\^4"):
        make(toy_ceremony.r1cs(CONSTRAINTS * 5))
    unprepared = {number: data for number, data in toy_ceremony.ptau_sections().items() if number < 12}
    with pytest.raises(FormatError, match="not prepared for phase 2"):
        make(powers=iden3.container(b"ptau", 1, unprepared))
