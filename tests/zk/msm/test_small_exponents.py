"""The exponents of batch verification: 128 bits of fresh randomness each, and every bit of them counts."""

import random

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.reference.bn254 import R
from zk import entropy
from zk.curves import bn254, g1
from zk.curves.bn254 import G1
from zk.fields import array
from zk.fields.prime import FP
from zk.msm import endomorphism, small_exponents


def textbook_exponent(signs):
    """Σ (s_i + λ z_i) 2^i, sign by sign."""
    values = [1 if int(signs[i // 8]) >> (i % 8) & 1 else -1 for i in range(128)]
    return sum((values[i] + endomorphism.LAMBDA * values[64 + i]) << i for i in range(64)) % R


def sample(count):
    """Random signs, but the first rows are extremes: all signs alike, each half by itself, and alternating."""
    rows = np.frombuffer(random.Random(1).randbytes(16 * (count + 6)), np.uint8).reshape(-1, 16).copy()
    patterns = ("00" * 16, "ff" * 16, "00" * 8 + "ff" * 8, "ff" * 8 + "00" * 8, "aa" * 16, "55" * 16)
    for row, pattern in enumerate(patterns):
        rows[row] = list(bytes.fromhex(pattern))
    return rows


def test_a_draw_asks_for_16_bytes_each_and_uses_all_of_them(monkeypatch):
    given = bytes(range(48))
    lengths = []
    monkeypatch.setattr(entropy, "token", lambda length: lengths.append(length) or given)
    signs = small_exponents.draw(3)
    assert lengths == [48] and signs.dtype == np.uint8 and signs.shape == (3, 16) and signs.tobytes() == given


def test_every_bit_of_a_draw_varies_and_no_draw_repeats():
    signs = small_exponents.draw(128)
    assert (np.bitwise_or.reduce(signs) == 255).all() and (np.bitwise_and.reduce(signs) == 0).all()
    assert len({row.tobytes() for row in (*signs, *small_exponents.draw(128))}) == 256


def test_every_bit_of_a_draw_changes_the_exponent():
    for row in sample(4):
        flipped = np.repeat(row[np.newaxis], 128, axis=0)
        for bit in range(128):
            flipped[bit, bit // 8] ^= 1 << bit % 8
        exponents = small_exponents.scalars(np.concatenate((row[np.newaxis], flipped)))
        assert len(set(exponents)) == 129


def test_exponents_are_the_sums_of_their_signs_and_all_different():
    signs = sample(40)
    exponents = small_exponents.scalars(signs)
    assert exponents == [textbook_exponent(row) for row in signs]
    assert len(set(exponents)) == len(exponents) and 0 not in exponents


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
def test_multiples_are_those_of_the_textbook(count):
    draw = random.Random(count)
    others = [bn254.multiply(draw.randrange(1, R), G1) for _ in range(count)]
    points, signs = [G1, bn254.negate(G1), None, *others][:count], sample(count)[:count]
    expected = []
    for point, exponent in zip(points, small_exponents.scalars(signs), strict=True):
        multiple = point and reference.multiply(exponent, ((point.x, 0), (point.y, 0)))
        expected.append(multiple and bn254.G1Point(multiple[0][0], multiple[1][0]))
    words = small_exponents.multiply(g1.encode(points), signs)
    assert g1.decode(words) == expected
    assert array.is_canonical(FP, words.reshape(-1, 4))
