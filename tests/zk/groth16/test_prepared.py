"""A prepared key gives the same answers as the key, and its parts are what their names say."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.reference import field
from tests.reference import pairing as reference_pairing
from tests.reference.bn254 import R
from tests.zk.groth16 import known
from zk import pairing
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1, G2
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FP
from zk.groth16 import prepared, verifier
from zk.msm import fixed_base


def value(words):
    return array.decode(FP, words.reshape(12, 4))


def some_points(seed, count):
    generator = random.Random(seed)
    return [
        (bn254.multiply(generator.randrange(1, R), G1), bn254.multiply(generator.randrange(1, R), G2))
        for _ in range(count)
    ]


@pytest.mark.parametrize("moving, fixed", [(0, 1), (1, 2), (2, 0), (0, 4)])
def test_prepared_lines_give_the_pairing_of_py_ecc(moving, fixed):
    pairs = some_points(moving + 10 * fixed, moving + fixed)
    left, right = g1.encode(p for p, _ in pairs), g2.encode(q for _, q in pairs)
    lines = pairing.line_coefficients(right[moving:])
    found = pairing.final_exponentiation(pairing.miller_loop(left[:moving], right[:moving], left[moving:], lines)[None])
    expected = reference_pairing.product([((p.x, p.y), (q.x, q.y)) for p, q in pairs])
    plain = pairing.product(pairs)
    assert value(found) == list(plain)
    assert field.from_pairs(zip(plain[::2], plain[1::2], strict=True)) == expected


def test_the_identity_on_the_left_contributes_nothing():
    [(p, q), (_, other)] = some_points(5, 2)
    lines = pairing.line_coefficients(g2.encode([q, other]))
    alone = pairing.final_exponentiation(pairing.miller_loop(g1.encode([p]), g2.encode([q]))[None])
    for left, right, fixed in [
        ([p, None], [q, other], [None, None]),
        ([None], [other], [p, None]),
        ([], [], [p, None]),
    ]:
        loop = pairing.miller_loop(g1.encode(left), g2.encode(right), g1.encode(fixed), lines)
        assert np.array_equal(pairing.final_exponentiation(loop[None]), alone)


def test_the_values_of_loops_multiply():
    pairs = some_points(6, 3)
    loops = np.stack([pairing.miller_loop(g1.encode([p]), g2.encode([q])) for p, q in pairs])
    assert tuple(value(pairing.final_exponentiation(loops))) == pairing.product(pairs)


def lists_of_scalars(bases):
    generator = random.Random(7)
    yield [0] * bases
    yield [1] * bases
    yield [R - 1] * bases
    yield [(1, 0, R // 2, R // 2 + 1, 2**64 - 1)[i % 5] for i in range(bases)]
    yield [generator.randrange(R) for _ in range(bases)]


@pytest.mark.parametrize("bases", [1, 3])
@pytest.mark.parametrize("bits", [2, 6, 9])
def test_a_table_gives_the_sums_of_the_textbook(bases, bits):
    points = [bn254.multiply(k, G1) for k in (5, R - 5, 9)][:bases]
    table = fixed_base.table(g1.encode(points), bits)
    cases = list(lists_of_scalars(bases))
    found = g1.decode(fixed_base.combinations(table, array.plain(s for case in cases for s in case)))
    assert found == [textbook(points, case) for case in cases]


def textbook(points, scalars):
    total = None
    for point, scalar in zip(points, scalars, strict=True):
        total = reference.add(total, reference.multiply(scalar, ((point.x, 0), (point.y, 0))))
    return total and bn254.G1Point(total[0][0], total[1][0])


@pytest.mark.parametrize("inputs", [0, 1, prepared._MAX_BASES - 1, prepared._MAX_BASES])
def test_keys_with_few_and_many_inputs_verify_and_refuse(inputs):
    key = known.key(inputs)
    public = [random.Random(8).randrange(R) for _ in range(inputs)]
    proof = known.proof(public)
    verifier.verify(key, public, proof)
    lies = [(public, replace(proof, a=bn254.add(proof.a, G1))), (public, replace(proof, c=bn254.negate(proof.c)))]
    lies += [([*public[:-1], (public[-1] + 1) % R], proof)] if inputs else []
    for claim, lie in lies:
        with pytest.raises(InvalidProof):
            verifier.verify(key, claim, lie)


def test_inputs_whose_sum_is_the_identity_verify_and_others_do_not():
    key = known.key(1)
    public = [-known.logarithm(0) * pow(known.logarithm(1), -1, R) % R]
    assert textbook(key.ic, [1, *public]) is None
    verifier.verify(key, public, known.proof(public))
    with pytest.raises(InvalidProof):
        verifier.verify(key, [public[0] - 1], known.proof(public))


def test_equal_keys_share_a_prepared_key_and_others_do_not():
    key = known.key(1)
    assert prepared.prepare(key) is prepared.prepare(replace(key))
    assert prepared.prepare(key) is not prepared.prepare(replace(key, alpha_g1=G1))
