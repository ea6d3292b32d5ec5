import re
from dataclasses import replace

import numpy as np
import pytest

from tests.reference import groth16_exponent as reference
from tests.reference import qap
from tests.reference.qap import R
from tests.zk.fields import cubic
from zk.curves import bn254, g1, g2
from zk.errors import FormatError
from zk.fields.prime import P
from zk.groth16 import generator, keys, provingkey
from zk.groth16.keys import Proof
from zk.r1cs import r1cs

PROOF = Proof(bn254.multiply(2, bn254.G1), bn254.multiply(3, bn254.G2), bn254.multiply(4, bn254.G1))
SECRETS = generator._Secrets(tau=123456789, alpha=R - 2, beta=3**100 % R, gamma=7, delta=R // 3)


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


def test_a_generated_key_is_the_points_of_the_key_in_the_exponent(monkeypatch):
    monkeypatch.setattr(generator, "_draw", lambda log_size: SECRETS)
    made = generator.generate(cubic.system())
    expected = reference.setup(qap.CUBIC, reference.Secrets(**vars(SECRETS)))

    def points(logarithms, group=bn254.G1):
        return [bn254.multiply(x, group) if x % R else None for x in logarithms]

    assert list(made.verifying.ic) == points(expected.ic)
    assert made.verifying.alpha_g1 == points([SECRETS.alpha])[0]
    assert [made.verifying.beta_g2, made.verifying.gamma_g2, made.verifying.delta_g2] == points(
        [SECRETS.beta, SECRETS.gamma, SECRETS.delta], bn254.G2
    )
    assert [made.beta_g1, made.delta_g1] == points([SECRETS.beta, SECRETS.delta])
    assert g1.decode(made.a_query[0]) == points([expected.a[j] for j in made.a_indices])
    assert g1.decode(made.b_g1_query[0]) == points([expected.b[j] for j in made.b_indices])
    assert g2.decode(made.b_g2_query[0]) == points([expected.b[j] for j in made.b_indices], bn254.G2)
    assert g1.decode(made.l_query[0]) == points(expected.c)
    assert g1.decode(made.h_query[0]) == points(expected.h)
    assert [j for j in range(7) if expected.a[j]] == list(made.a_indices)
    assert [j for j in range(7) if expected.b[j]] == list(made.b_indices)


def test_two_keys_for_one_system_have_nothing_in_common(key):
    other = generator.generate(cubic.system())
    assert keys.digest(other.verifying) != keys.digest(key.verifying)
    assert not set(g1.decode(other.h_query[0])) & set(g1.decode(key.h_query[0]))


@pytest.mark.parametrize("change", [
    lambda s: replace(s, num_public=0),
    lambda s: replace(s, c=r1cs.matrix([[], *list(s.c.rows())[1:]])),
], ids=["no public inputs", "an empty row"])  # fmt: skip
def test_a_system_at_a_limit_gets_a_key(change):
    system = change(cubic.system())
    assert generator.generate(system).num_public == system.num_public


def test_progress_reaches_the_number_of_points():
    seen = []
    generator.generate(cubic.system(), lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1] and sorted(seen) == seen


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda s: replace(s, modulus=97), "over Fr"),
        (lambda s: replace(s, num_public=7), "more public inputs than wires"),
        (lambda s: replace(s, num_wires=6), "names a wire that does not exist"),
        (lambda s: replace(s, c=r1cs.matrix([[(0, 1)]])), "do not cover"),
        (lambda s: replace(s, a=replace(s.a, starts=s.a.starts + 1)), "do not cover"),
        (lambda s: replace(s, a=replace(s.a, starts=s.a.starts[[0, 2, 1, 3, 4]])), "do not cover"),
    ],
)
def test_a_malformed_system_gets_no_key(change, why):
    with pytest.raises(FormatError, match=why):
        generator.generate(change(cubic.system()))


def test_a_proof_is_256_bytes_and_comes_back():
    data = keys.encode_proof(PROOF)
    assert len(data) == keys.PROOF_BYTES == 256
    assert data[64:96] == PROOF.b.x[1].to_bytes(32, "big"), "the order of EIP-197"
    assert keys.decode_proof(data) == PROOF


@pytest.mark.parametrize("at", range(0, 256, 32))
def test_a_coordinate_that_is_not_reduced_is_refused(at):
    data = bytearray(keys.encode_proof(PROOF))
    value = int.from_bytes(data[at : at + 32], "big") + P
    data[at : at + 32] = value.to_bytes(32, "big")
    with pytest.raises(FormatError, match="not below the modulus"):
        keys.decode_proof(bytes(data))


@pytest.mark.parametrize(
    "start, end, why", [(0, 64, "a is the id"), (64, 192, "b is the id"), (192, 256, "c is the id")]
)
def test_the_identity_is_refused(start, end, why):
    data = bytearray(keys.encode_proof(PROOF))
    data[start:end] = bytes(end - start)
    with pytest.raises(FormatError, match=why):
        keys.decode_proof(bytes(data))


@pytest.mark.parametrize("length", [0, 255, 257, 512])
def test_another_length_is_refused(length):
    with pytest.raises(FormatError, match="instead of 256"):
        keys.decode_proof((keys.encode_proof(PROOF) * 2)[:length])


def test_a_verifying_key_comes_back_and_its_digest_names_it(key):
    data = keys.encode_verifying_key(key.verifying)
    assert keys.decode_verifying_key(data) == key.verifying
    swapped = replace(key.verifying, ic=key.verifying.ic[::-1])
    assert keys.digest(swapped) != keys.digest(key.verifying)
    assert len(keys.digest(key.verifying)) == 32


@pytest.mark.parametrize("length", [0, 1, 447, 448, 448 + 63, 448 + 65])
def test_a_verifying_key_of_an_impossible_length_is_refused(key, length):
    with pytest.raises(FormatError, match="fits no number of public inputs"):
        keys.decode_verifying_key(keys.encode_verifying_key(key.verifying)[:length])


def test_a_verifying_key_before_phase_two_cannot_be_made(key):
    with pytest.raises(FormatError, match="delta = ±gamma"):
        replace(key.verifying, delta_g2=key.verifying.gamma_g2)
    with pytest.raises(FormatError, match="0 points in ic"):
        replace(key.verifying, ic=())


def test_a_proving_key_comes_back_from_its_arrays(key, tmp_path):
    for name, values in provingkey.to_arrays(key).items():
        np.save(tmp_path / f"{name}.npy", values, allow_pickle=False)
    mapped = {path.stem: np.load(path, mmap_mode="c") for path in tmp_path.iterdir()}
    again = provingkey.from_arrays(mapped)
    assert again.verifying == key.verifying and (again.beta_g1, again.delta_g1) == (key.beta_g1, key.delta_g1)
    assert all(np.array_equal(getattr(again, name), getattr(key, name)) for name in provingkey.ARRAYS)
    assert all(getattr(again, name).flags.writeable for name in provingkey.ARRAYS)
    assert np.shares_memory(again.h_query, mapped["h"]), "the points stay in the file"


def test_the_repr_of_a_key_shows_only_its_size(key):
    assert repr(key) == "ProvingKey(7 wires, domain 2^3)"


def first_row(arrays, name, value):
    arrays[name] = arrays[name].copy()
    arrays[name][0] = value


DAMAGE = [
    (lambda a: a.pop("h"), "h missing"),
    (lambda a: a.update(h=a["h"][:, 1:]), "h_query must have 8 points"),
    (lambda a: a.update(h=a["h"][1:]), "h_query has 3 levels, not 1 or 4"),
    (lambda a: a.update(h=a["h"][:1]), "h_query has 1 levels, and a_query 4"),
    (lambda a: a.update(c=a["c"][:, :-1]), "l_query must have 4 points"),
    (lambda a: a.update(b2=a["b2"][:, 1:]), "b_g2_query must have 3 points"),
    (lambda a: a.update(a=a["a"].astype(np.int64)), "a_query must be a table of points"),
    (lambda a: a.update(a=a["a"][:, :, 0]), "a_query must be a table of points"),
    (lambda a: a.update(a_terms=a["a_terms"].astype(np.int64)), "a_terms must have rows of int32 (2,)"),
    (lambda a: a.update(coefficients=a["coefficients"][:, :3]), "coefficients must have rows of uint64 (4,)"),
    (lambda a: a.update(b_starts=a["b_starts"][:, np.newaxis]), "b_starts must have rows of int64 ()"),
    (lambda a: a.update(sizes=np.array([28, 7])), "are out of range"),
    (lambda a: a.update(sizes=np.array([2, 7])), "h_query must have 4 points"),
    (lambda a: a.update(sizes=np.array([2, 7]), h=a["h"][:, :4]), "more constraints than its domain has room for"),
    (lambda a: a.update(sizes=np.array([3, 7, 0])), "sizes must have 2 numbers"),
    (lambda a: a.update(b_starts=a["b_starts"][:0]), "b_starts is empty"),
    (lambda a: a.update(b_starts=a["b_starts"][:-1]), "different numbers of constraints"),
    (lambda a: a.update(sizes=np.array([3, 1 << 40])), "are out of range"),
    (lambda a: a.update(points=a["points"][1:]), "points must have 128 bytes"),
    (lambda a: first_row(a, "a_wires", 7), "a_indices names a wire that does not exist"),
    (lambda a: first_row(a, "b_wires", -1), "b_indices names a wire that does not exist"),
    (lambda a: first_row(a, "a_terms", (7, 0)), "a term of A names"),
    (lambda a: first_row(a, "b_terms", (0, 100)), "a term of B names"),
    (lambda a: first_row(a, "b_terms", (-1, 0)), "a term of B names"),
    (lambda a: first_row(a, "a_starts", 1), "the rows of A do not cover"),
    (lambda a: first_row(a, "coefficients", 2**64 - 1), "not reduced"),
    (lambda a: a.update(b_starts=np.array([0, 3, 1, 2, len(a["b_terms"])])), "a row of B ends before"),
]


@pytest.mark.parametrize("damage, why", DAMAGE)
def test_a_damaged_proving_key_is_refused_before_a_kernel_sees_it(key, damage, why):
    arrays = dict(provingkey.to_arrays(key))
    damage(arrays)
    with pytest.raises(FormatError, match=re.escape(why)):
        provingkey.from_arrays(arrays)
