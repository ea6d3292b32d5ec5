"""A point of the twist that is not in G2, found by trying, with integers only."""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617

Fp2 = tuple[int, int]


def multiply(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def square_root(a: Fp2) -> Fp2 | None:
    """By the norm: with n = √(a0² + a1²), a root has real part √((a0 ± n)/2).  p = 3 mod 4."""
    norm = pow((a[0] * a[0] + a[1] * a[1]) % P, (P + 1) // 4, P)
    for n in (norm, -norm):
        real = pow((a[0] + n) * pow(2, -1, P) % P, (P + 1) // 4, P)
        if real:
            root = real, a[1] * pow(2 * real, -1, P) % P
            if multiply(root, root) == (a[0] % P, a[1] % P):
                return root
    return None


def point_outside_the_subgroup() -> bytes:
    """128 bytes in the order of EIP-197.  The twist has r (2p - r) points, so nearly none of them is in G2."""
    norm = pow(9 * 9 + 1, -1, P)
    b = 3 * 9 * norm % P, -3 * norm % P  # 3 / (9 + u)
    for x in range(1, 100):
        cube = multiply(multiply((x, 0), (x, 0)), (x, 0))
        y = square_root(((cube[0] + b[0]) % P, (cube[1] + b[1]) % P))
        if y is not None:
            return b"".join(value.to_bytes(32, "big") for value in (0, x, y[1], y[0]))
    raise AssertionError("no point found")
