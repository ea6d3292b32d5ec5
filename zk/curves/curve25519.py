"""X25519 (RFC 7748, section 5) of one private key with many points at once, in lanes where the CPU has them.

A point of y^2 = x^3 + 486662 x^2 + x is known by u, the x-coordinate, as X : Z.  With R0 = k' P and R1 = (k' + 1) P for
the bits k' of the scalar read so far, a further bit b takes R_b to 2 R_b and the other to R0 + R1: 5 mul, 4 square and
a product by 121665.  The difference of the two is always P, which is why its u suffices (Montgomery 1987, section
10.3.1).  All points share the scalar, so all lanes do the same; b only selects rows of memory.

The coordinates X / Z of a task's points share one inversion (Montgomery's trick): 3 mul a point.  X : 0, the identity,
stands for 0, as 1/0 = 0 does in the RFC.
"""

import numpy as np

from zk.fields import fp25519, memory, views
from zk.runtime import cpu, parallel
from zk.runtime.jit import inlined, kernel

KEY_BYTES = 32

_BITS = 255  # of a scalar: a clamped one is below 2^255
_SHARE = 512  # points in a task, a multiple of the lanes
_ELEMENT = memory.SCRATCH_WORDS
_ZERO, _ONE = np.uint64(0), np.uint64(1)


@inlined
def _step(ladder, u, bit):
    """Doubles R_bit and makes the other R0 + R1.  5 mul, 4 square, 1 product by 121665, 8 add."""
    x2, z2 = memory.reload_like(ladder, 2 * bit, u), memory.reload_like(ladder, 2 * bit + 1, u)
    x3, z3 = memory.reload_like(ladder, 2 - 2 * bit, u), memory.reload_like(ladder, 3 - 2 * bit, u)
    a, b = fp25519.add(x2, z2), fp25519.sub(x2, z2)
    aa, bb = fp25519.square(a), fp25519.square(b)
    da, cb = fp25519.mul(fp25519.sub(x3, z3), a), fp25519.mul(fp25519.add(x3, z3), b)
    e = fp25519.sub(aa, bb)
    memory.spill(ladder, 2 * bit, fp25519.mul(aa, bb))
    memory.spill(ladder, 2 * bit + 1, fp25519.mul(e, fp25519.add_a24(aa, e)))
    memory.spill(ladder, 2 - 2 * bit, fp25519.square(fp25519.add(da, cb)))
    memory.spill(ladder, 3 - 2 * bit, fp25519.mul(u, fp25519.square(fp25519.sub(da, cb))))


@inlined
def _multiples(points, bits, ladder, coordinates, first, last):
    """coordinates[2 i], coordinates[2 i + 1] = X, Z of the multiples of the points in the i-th group of lanes."""
    for i in range(0, (last - first) // cpu.LANES):
        u = memory.load_lanes(points, first + cpu.LANES * i, 1)
        memory.spill(ladder, 0, fp25519.small(_ONE, u))
        memory.spill(ladder, 1, fp25519.small(_ZERO, u))
        memory.spill(ladder, 2, u)
        memory.spill(ladder, 3, fp25519.small(_ONE, u))
        for k in range(_BITS):
            _step(ladder, u, views.item(bits, k))
        memory.spill(coordinates, 2 * i, memory.reload(ladder, 0))
        memory.spill(coordinates, 2 * i + 1, memory.reload(ladder, 1))


@inlined
def _divide(coordinates, before, result, first, last):
    """result[first], … = X / Z, and 0 where Z is 0; `before` takes the products of the Z of earlier groups."""
    like = memory.reload(coordinates, 0)
    one, zero = fp25519.small(_ONE, like), fp25519.small(_ZERO, like)
    groups = (last - first) // cpu.LANES
    product = one
    for i in range(groups):
        x, z = memory.reload(coordinates, 2 * i), fp25519.canonical(memory.reload(coordinates, 2 * i + 1))
        is_zero = fp25519.is_zero(z)
        x, z = fp25519.select(is_zero, zero, x), fp25519.select(is_zero, one, z)
        memory.spill(coordinates, 2 * i, x)
        memory.spill(coordinates, 2 * i + 1, z)
        memory.spill(before, i, product)
        product = fp25519.mul(product, z)
    product = fp25519.inverse(product)
    for i in range(groups - 1, -1, -1):
        x, z = memory.reload(coordinates, 2 * i), memory.reload(coordinates, 2 * i + 1)
        quotient = fp25519.mul(fp25519.mul(product, memory.reload(before, i)), x)
        product = fp25519.mul(product, z)
        memory.store_lanes(result, first + cpu.LANES * i, 1, fp25519.canonical(quotient))


@kernel
def _exchange(points: np.ndarray, bits: np.ndarray, result: np.ndarray, first: int, last: int) -> None:
    """result[i] = u of the multiple of points[i], first <= i < last, whose number is a multiple of that of lanes."""
    groups = (last - first) // cpu.LANES
    ladder, before = np.empty((4, _ELEMENT), np.uint64), np.empty((groups, _ELEMENT), np.uint64)
    coordinates = np.empty((2 * groups, _ELEMENT), np.uint64)
    _multiples(points, bits, ladder, coordinates, first, last)
    _divide(coordinates, before, result, first, last)


def shared_secrets(private: bytes, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shared secrets X25519(private, point) of a private key of 32 bytes with n points, (n, 32) unsigned bytes.

    Returns the secrets, (n, 32) unsigned bytes, and for each whether it may be used.  That is False for a point of low
    order: its secret is zero whatever the private key, and has to be refused (RFC 7748, section 6.1; there
    `cryptography` raises).  Every other string of 32 bytes is a point: the top bit is ignored, and u is reduced.
    Takes about 5 us a point and thread in lanes, 30 without.  Not constant-time.

    Raises ValueError when an argument has another shape.
    """
    if len(private) != KEY_BYTES or points.ndim != 2 or points.shape[1] != KEY_BYTES or points.dtype != np.uint8:
        raise ValueError("a private key has 32 bytes, and points are rows of 32 bytes")
    count = len(points)
    padded = np.zeros((count + -count % cpu.LANES, KEY_BYTES), np.uint8)
    padded[:count] = points
    padded[:, -1] &= 0x7F
    rows = padded.view("<u8").astype(np.uint64, copy=False)
    bits, result = _clamped_bits(private), np.empty(rows.shape, np.uint64)

    def exchange_share(first: int) -> None:
        _exchange(rows, bits, result, first, min(first + _SHARE, len(rows)))

    firsts = range(0, len(rows), _SHARE)
    if len(firsts) > 1:
        parallel.map(exchange_share, firsts)
    elif firsts:
        exchange_share(0)
    result = result[:count]
    return result.astype("<u8", copy=False).view(np.uint8), np.bitwise_or.reduce(result, axis=1) != 0


def _clamped_bits(private: bytes) -> np.ndarray:
    """The bits 254 to 0 of a private key's scalar: the lowest three are cleared, and bit 254 is set."""
    bits = np.unpackbits(np.frombuffer(private, np.uint8), bitorder="little").astype(np.int64)
    bits[:3], bits[254] = 0, 1
    return bits[254::-1].copy()
