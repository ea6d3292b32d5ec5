"""The timed loops compute what they claim: one whose work was optimised away would be fast and wrong."""

import numpy as np
import pytest

from zk import entropy, microbench
from zk.fields import array
from zk.fields.prime import FP, FR, P, R

COUNT, ROUNDS = 2 * microbench.STEP, 5


def random(modulus: int) -> list[int]:
    return [entropy.scalar(modulus) for _ in range(COUNT)]


def fp(values: list[int]) -> np.ndarray:
    return array.encode(FP, values).reshape(-1, 1, 4)


@pytest.mark.parametrize("loop", [microbench.products, microbench.products_alone])
def test_products_of_fp_are_powers(loop):
    values, factors = random(P), random(P)
    result = fp(values)
    loop(result, fp(factors), ROUNDS)
    assert array.decode(FP, result[:, 0]) == [v * pow(f, ROUNDS, P) % P for v, f in zip(values, factors, strict=True)]


@pytest.mark.parametrize("loop", [microbench.products, microbench.products_alone])
def test_products_of_fp2_are_powers(loop):
    values, factors = (list(zip(random(P), random(P), strict=True)) for _ in range(2))
    flat = ([c for pair in side for c in pair] for side in (values, factors))
    result, by = (array.encode(FP, side).reshape(-1, 1, 2, 4) for side in flat)
    loop(result, by, 1)
    expected = [((a * c - b * d) % P, (a * d + b * c) % P) for (a, b), (c, d) in zip(values, factors, strict=True)]
    decoded = array.decode(FP, result.reshape(-1, 4))
    assert list(zip(decoded[::2], decoded[1::2], strict=True)) == expected


def test_squares_additions_and_inverses_of_fp():
    values, summands = random(P), random(P)
    squared, added, inverted = (fp(values) for _ in range(3))
    microbench.squares(squared, ROUNDS)
    microbench.additions(added, fp(summands), ROUNDS)
    microbench.inverses(inverted, 1)
    assert array.decode(FP, squared[:, 0]) == [pow(v, 1 << ROUNDS, P) for v in values]
    assert array.decode(FP, added[:, 0]) == [(v + ROUNDS * s) % P for v, s in zip(values, summands, strict=True)]
    assert array.decode(FP, inverted[:, 0]) == [pow(v, -1, P) for v in values]


@pytest.mark.parametrize("loop", [microbench.scalar_products, microbench.factor_products])
def test_products_of_fr_are_powers(loop):
    values, factors = random(R), random(R)
    result = array.encode(FR, values)
    loop(result, array.encode(FR, factors), ROUNDS)
    assert array.decode(FR, result) == [v * pow(f, ROUNDS, R) % R for v, f in zip(values, factors, strict=True)]
