"""Which of many untrusted points are in their groups, eight at once where the CPU has lanes.

    G1              y^2 = x^3 + 3
    G2              y^2 = x^3 + 3 / (9 + u)  and  (x + 1) Q + ψ(x Q) + ψ^2(x Q) = ψ^3(2 x Q)     (zk/curves/bn254.py)
    Baby Jubjub     a x^2 + y^2 = 1 + d x^2 y^2  and  (t w)^4 s^2 (U D)^7 is an eighth power     (zk/curves/cofactor.py)

Nothing here decides by chance.  The sums in G2 are computed without a look at exceptional cases: where one occurs, ZZ
becomes 0 and stays 0, so a sum whose ZZ is not 0 is right.  On a point of G2 other than the identity none occurs,
because what is added up are multiples that are neither equal nor opposite modulo r: 2 k and 1 with k below x, x and 1,
p x and p^2 x, and the sums of these pairs.  So to ask for a ZZ that is not 0 refuses no point of G2.

Points are rows of affine Montgomery words, reduced.  The identity is refused in every group.
"""

import numpy as np

from zk.curves import babyjubjub, bn254, g1, g2, twist, weierstrass
from zk.fields import array, fp, fp2, fr, memory
from zk.fields.prime import BN_X, FP, FR, MONTGOMERY, WORDS, R
from zk.fields.words import words
from zk.runtime.cpu import LANES
from zk.runtime.jit import inner, kernel

_B1 = words(3 * MONTGOMERY % FP.modulus)
_B2 = fp2.encode((int(bn254.B2[0]), int(bn254.B2[1])))
_WINDOW = 4
_ODD = 1 << _WINDOW - 1


def _non_adjacent(number: int) -> np.ndarray:
    """The digits of a number's non-adjacent form below the top one, which is 1, from the top down."""
    digits = []
    while number:
        digit = 2 - number % 4 if number & 1 else 0
        digits.append(digit)
        number = (number - digit) >> 1
    return np.array(digits[-2::-1], np.int8)


def _windows(exponent: int) -> np.ndarray:
    """The exponent as rows (k, d): square k times and then multiply by the d-th odd power, 1, 3, 5, …, from 1 on.

    A row with d = -1 ends with zeros.
    """
    rows, text = [], f"{exponent:b}"
    while text:
        zeros = len(text) - len(text.lstrip("0"))
        if zeros == len(text):
            rows.append((zeros, -1))
            break
        window = text[zeros : zeros + _WINDOW].rstrip("0")
        rows.append((zeros + len(window), int(window, 2) >> 1))
        text = text[zeros + len(window) :]
    return np.array(rows, np.int64)


_X_DIGITS = _non_adjacent(BN_X)
_EXPONENT = _windows((R - 1) // 8)
_LINES = babyjubjub.lines()


def _constant(value: int) -> tuple[np.uint64, ...]:
    return words(int(value) * MONTGOMERY % R)


_A, _D, _A_MINUS_D = (_constant(value) for value in (babyjubjub.A, babyjubjub.D, babyjubjub.A - babyjubjub.D))
_SLOPE, _SHIFT = map(_constant, _LINES.tangent)
_SECOND_SLOPE, _SECOND_SHIFT = map(_constant, _LINES.second_tangent)
_VERTICAL = _constant(_LINES.vertical)
_ONE = array.encode(FR, [1])[0]
_BASE8 = array.encode(FR, babyjubjub.BASE8).reshape(1, 2, WORDS)


@kernel
def _g1(points: np.ndarray, result: np.ndarray) -> None:
    """result[i] = y^2 - x^3 - 3, for a multiple of LANES points."""
    for i in range(0, points.shape[0], LANES):
        x, y = memory.load_lanes(points, i, 1, 0), memory.load_lanes(points, i, 1, 1)
        right = fp.add(fp.mul(fp.square(x), x), fp.constant(_B1, x))
        memory.store_lanes(result, i, 1, fp.canonical(fp.sub(fp.square(y), right)))


@kernel
def _g2(points: np.ndarray, digits: np.ndarray, result: np.ndarray) -> None:
    """result[i] = y^2 - x^3 - b, the differences of both sides' x and y, and ZZ, for a multiple of LANES points."""
    for i in range(0, points.shape[0], LANES):
        x, y = fp2.load_lanes(points, i, 1, 0), fp2.load_lanes(points, i, 1, 1)
        minus_y = fp2.neg(y)
        one = fp2.one(x)
        multiple = x, y, one, one
        for k in range(digits.shape[0]):
            multiple = weierstrass.double(multiple)
            if digits[k] > 0:
                multiple = weierstrass.add_mixed_incomplete(multiple, x, y)
            elif digits[k] < 0:
                multiple = weierstrass.add_mixed_incomplete(multiple, x, minus_y)
        once = twist.frobenius(multiple)
        twice = twist.frobenius(once)
        right = weierstrass.double(twist.frobenius(twice))
        next_multiple = weierstrass.add_mixed_incomplete(multiple, x, y)
        left = weierstrass.add_incomplete(next_multiple, weierstrass.add_incomplete(once, twice))
        equation = fp2.sub(fp2.square(y), fp2.add(fp2.mul(fp2.square(x), x), fp2.constant(_B2, x)))
        in_x = fp2.sub(fp2.mul(left[0], right[2]), fp2.mul(right[0], left[2]))
        in_y = fp2.sub(fp2.mul(left[1], right[3]), fp2.mul(right[1], left[3]))
        fp2.store_lanes(result, i, 1, fp2.canonical(equation), 0)
        fp2.store_lanes(result, i, 1, fp2.canonical(in_x), 1)
        fp2.store_lanes(result, i, 1, fp2.canonical(in_y), 2)
        fp2.store_lanes(result, i, 1, fp2.canonical(left[2]), 3)


@inner
def _pairing(x, y):
    """(t w)^4 s^2 (U D)^7, as zk/curves/cofactor.py has it.  15 mul."""
    one = fr.one(x)
    d = fr.mul(fr.sub(one, y), x)
    half = fr.mul(fr.add(one, y), fr.constant(_A_MINUS_D, x))
    u, v = fr.mul(half, x), fr.double(half)
    t = fr.sub(fr.sub(v, fr.mul(u, fr.constant(_SLOPE, x))), fr.mul(d, fr.constant(_SHIFT, x)))
    s = fr.sub(fr.sub(v, fr.mul(u, fr.constant(_SECOND_SLOPE, x))), fr.mul(d, fr.constant(_SECOND_SHIFT, x)))
    tw = fr.mul(t, fr.sub(u, fr.mul(d, fr.constant(_VERTICAL, x))))
    ud = fr.mul(u, d)
    ud3 = fr.mul(fr.square(ud), ud)
    root = fr.mul(fr.mul(fr.square(tw), s), ud3)
    return fr.mul(fr.square(root), ud)


@kernel
def _baby_jubjub(points: np.ndarray, windows: np.ndarray, result: np.ndarray) -> None:
    """result[i] = a x^2 + y^2 - 1 - d x^2 y^2, and the reduced pairing, for a multiple of LANES points."""
    powers = np.empty((_ODD, memory.SCRATCH_WORDS), np.uint64)
    for i in range(0, points.shape[0], LANES):
        x, y = memory.load_lanes(points, i, 1, 0), memory.load_lanes(points, i, 1, 1)
        xx, yy = fr.square(x), fr.square(y)
        left = fr.add(fr.mul(xx, fr.constant(_A, x)), yy)
        right = fr.add(fr.mul(fr.mul(xx, yy), fr.constant(_D, x)), fr.one(x))
        memory.store_lanes(result, i, 1, fr.canonical(fr.sub(left, right)), 0)
        power = _pairing(x, y)
        square = fr.square(power)
        for k in range(_ODD):
            memory.spill(powers, k, power)
            power = fr.mul(power, square)
        power = memory.reload(powers, windows[0, 1])
        for k in range(1, windows.shape[0]):
            for _ in range(windows[k, 0]):
                power = fr.square(power)
            if windows[k, 1] >= 0:
                power = fr.mul(power, memory.reload(powers, windows[k, 1]))
        memory.store_lanes(result, i, 1, fr.canonical(power), 1)


def are_in_g1(points: np.ndarray) -> np.ndarray:
    """Whether each point (n, 2, 4) is in G1, and not the identity."""
    result = np.empty((len(points) + -len(points) % LANES, WORDS), np.uint64)
    _g1(_padded(points, g1.GENERATOR), result)
    return np.asarray(~result[: len(points)].any(axis=1))  # the identity, zeros, is not on the curve


def are_in_g2(points: np.ndarray) -> np.ndarray:
    """Whether each point (n, 2, 2, 4) is in G2, and not the identity.  Takes some 10 us each."""
    count = len(points)
    result = np.empty((count + -count % LANES, 4, 2, WORDS), np.uint64)
    _g2(_padded(points, g2.GENERATOR), _X_DIGITS, result)
    is_zero = np.asarray(~result[:count].any(axis=(2, 3)))
    return is_zero[:, :3].all(axis=1) & ~is_zero[:, 3]


def are_on_baby_jubjub(points: np.ndarray) -> np.ndarray:
    """Whether each point (n, 2, 4), of Fr, is of order l on Baby Jubjub.  Takes some 2 us each."""
    count = len(points)
    result = np.empty((count + -count % LANES, 2, WORDS), np.uint64)
    _baby_jubjub(_padded(points, _BASE8), _EXPONENT, result)
    return ~result[:count, 0].any(axis=1) & (result[:count, 1] == _ONE).all(axis=1)


def _padded(points: np.ndarray, filler: np.ndarray) -> np.ndarray:
    """The points, and as many more as fill the lanes."""
    filled = np.concatenate((points, *[filler] * (-len(points) % LANES)))
    return np.require(filled, np.uint64, ["C", "A", "W"])  # one layout, so that each kernel is compiled once
