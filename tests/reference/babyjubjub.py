"""Baby Jubjub as in EIP-2494: affine addition, double-and-add.  Imports nothing of ours."""

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
A, D = 168700, 168696


def add(left, right, modulus=R, a=A, d=D):
    (x1, y1), (x2, y2) = left, right
    k = d * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + y1 * x2) * pow(1 + k, -1, modulus) % modulus,
        (y1 * y2 - a * x1 * x2) * pow(1 - k, -1, modulus) % modulus,
    )


def multiply(scalar, point, modulus=R, a=A, d=D):
    total = (0, 1)
    while scalar:
        if scalar & 1:
            total = add(total, point, modulus, a, d)
        point = add(point, point, modulus, a, d)
        scalar >>= 1
    return total
