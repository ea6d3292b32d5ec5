"""A careless Groth16 verifier: the equation, and no check of its input.

It reads snarkjs's JSON with `int`, reduces numbers that are too large, takes any points and (0, 0) for the identity,
adds up as many public inputs as there are, and uses the Tate pairing of the textbooks:

    e(P, Q) = f_{r,P}(Q)^((p^12 - 1) / r)      with f_{r,P} from Miller's loop over P, without the vertical lines

(Galbraith, "Mathematics of Public Key Cryptography", section 26.3.)  It accepts every honest proof, and much else.
"""

from py_ecc import optimized_bn128 as ecc

P, R = ecc.field_modulus, ecc.curve_order
BITS = f"{R:b}"[1:]


def accepts(key: dict, public: list, proof: dict) -> bool:
    """Whether e(A, B) = e(alpha, beta) e(S, gamma) e(C, delta), with S = IC 0 + the inputs times the other IC."""
    total = g1(key["IC"][0])
    for value, point in zip(public, key["IC"][1:], strict=False):
        total = add(total, multiply(int(value), g1(point)))
    a = g1(proof["pi_a"])
    return is_one([
        (a and (a[0], -a[1] % P), g2(proof["pi_b"])),
        (g1(key["vk_alpha_1"]), g2(key["vk_beta_2"])),
        (total, g2(key["vk_gamma_2"])),
        (g1(proof["pi_c"]), g2(key["vk_delta_2"])),
    ])  # fmt: skip


def g1(point: list) -> tuple | None:
    x, y = (int(c) % P for c in point[:2])
    return (x, y) if x or y else None


def g2(point: list) -> tuple | None:
    """The point in Fp12."""
    x, y = (ecc.FQ2([int(c) % P for c in element]) for element in point[:2])
    if x == y == ecc.FQ2.zero():
        return None
    return ecc.twist((x, y, ecc.FQ2.one()))[:2]


def add(left: tuple | None, right: tuple | None) -> tuple | None:
    if left is None or right is None:
        return left or right
    (x1, y1), slope = left, slope_of(left, right)
    if slope is None:
        return None
    x = (slope * slope - x1 - right[0]) % P
    return x, (slope * (x1 - x) - y1) % P


def slope_of(left: tuple, right: tuple) -> int | None:
    """The slope of the chord or tangent; None when it is vertical.  It does not depend on the curve's constant."""
    (x1, y1), (x2, y2) = left, right
    if x1 != x2:
        return (y2 - y1) * pow(x2 - x1, -1, P) % P
    return 3 * x1 * x1 * pow(2 * y1, -1, P) % P if y1 == y2 != 0 else None


def multiply(scalar: int, point: tuple | None) -> tuple | None:
    total = None
    for bit in f"{scalar:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def is_one(pairs: list[tuple]) -> bool:
    """Whether the product of the pairings is one.  A pair with an identity contributes nothing."""
    pairs = [(left, right) for left, right in pairs if left and right]
    running, f = [left for left, _ in pairs], ecc.FQ12.one()
    for bit in BITS:
        f = f * f
        for added in ("itself", "first") if bit == "1" else ("itself",):
            for i, (left, (x, y)) in enumerate(pairs):
                point, other = running[i], running[i] if added == "itself" else left
                slope = slope_of(point, other)
                if slope is not None:
                    f = f * (y - x * slope + ecc.FQ12([slope * point[0] - point[1], *[0] * 11]))
                running[i] = add(point, other)
    return ecc.final_exponentiate(f) == ecc.FQ12.one()
