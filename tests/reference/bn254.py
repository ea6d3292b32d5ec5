"""The groups of BN254 as in a textbook: affine points, one division for each addition, double-and-add.

A coordinate is a pair (c0, c1) standing for c0 + c1·u with u^2 = -1; points of G1 have c1 = 0.  The identity is None.
"""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617

XI = (9, 1)


def add2(a, b):
    return (a[0] + b[0]) % P, (a[1] + b[1]) % P


def sub2(a, b):
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P


def mul2(a, b):
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def inverse2(a):
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return a[0] * norm % P, -a[1] * norm % P


def power2(a, exponent):
    result = (1, 0)
    for bit in f"{exponent:b}":
        result = mul2(result, result)
        if bit == "1":
            result = mul2(result, a)
    return result


def square_root2(a):
    """A square root in Fp2, or None.  Adj, Rodríguez-Henríquez, ePrint 2012/685, algorithm 9, for p = 3 mod 4."""
    a1 = power2(a, (P - 3) // 4)
    root = mul2(a1, a)
    alpha = mul2(a1, root)
    if alpha == (P - 1, 0):
        root = (-root[1] % P, root[0])
    else:
        root = mul2(power2(add2((1, 0), alpha), (P - 1) // 2), root)
    return root if mul2(root, root) == a else None


B2 = mul2((3, 0), inverse2(XI))


def negate(point):
    return point and (point[0], sub2((0, 0), point[1]))


def add(left, right):
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2:
        if y1 != y2 or y1 == (0, 0):
            return None
        slope = mul2(mul2((3, 0), mul2(x1, x1)), inverse2(add2(y1, y1)))
    else:
        slope = mul2(sub2(y2, y1), inverse2(sub2(x2, x1)))
    x = sub2(sub2(mul2(slope, slope), x1), x2)
    return x, sub2(mul2(slope, sub2(x1, x)), y1)


def multiply(scalar, point):
    total = None
    for bit in f"{scalar:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def twist_points(count):
    """`count` points of the twist, from small x; all but one in 2^254 lie outside the subgroup of order r."""
    points, i = [], 0
    while len(points) < count:
        i += 1
        x = (i, 1)
        y = square_root2(add2(mul2(mul2(x, x), x), B2))
        if y is not None:
            points.append((x, y))
    return points
