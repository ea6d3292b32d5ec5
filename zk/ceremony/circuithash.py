"""The circuit hash: of the circuit and the powers its key was derived from.  Every contribution to the key covers it.

Blake2b of [α] [β] [β]₂ [γ]₂ [δ] [δ]₂ before phase 2, and, for ic, h, c, a, b in G1 and b in G2, of the number of points
(u32, big-endian) and the points, uncompressed; h is represented by the equivalent points τ^i (τ^N - 1), i < N - 1.

snarkjs processes these in chunks of 2^14 without shortening the last one, so for N > 2^14 it includes i = N - 1 too.
When the powers are only just enough, the file has no τ^(2N - 1).  snarkjs then reads the 64 bytes after the powers, the
start of the next section, as the coordinates of a point, subtracts τ^(N - 1), and hashes whatever its field arithmetic
yields.  We reproduce that to get the same hash.  (snarkjs, "zkey_new.js"; wasmcurves, "build_f1m.js" and
"build_curve_jacobian_a0.js".)
"""

import hashlib
import struct
from collections.abc import Mapping

import numpy as np

from zk.curves import bn254
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, MONTGOMERY, P
from zk.formats import pointbytes, ptau
from zk.formats.ptau import Powers
from zk.formats.zkeyheader import KeyHeader
from zk.msm import columns

_CHUNK = 1 << 14
_COUNT = struct.Struct(">I")


def digest(header: KeyHeader, points: Mapping[str, np.ndarray], powers: Powers) -> bytes:
    """64 bytes; `points` has ic and the queries a, b and l before phase 2, by their names in KeyFile.

    Raises FormatError when a power is not a point of G1, or snarkjs's addition formula is undefined for it.  Must not
    be called from a pool task.
    """
    hasher = hashlib.blake2b()
    hasher.update(bn254.encode_g1(header.alpha_g1) + bn254.encode_g1(header.beta_g1))
    hasher.update(b"".join(map(bn254.encode_g2, (header.beta_g2, bn254.G2))))
    hasher.update(bn254.encode_g1(bn254.G1) + bn254.encode_g2(bn254.G2))
    for name in ("ic", "h_query", "l_query", "a_query", "b_g1_query", "b_g2_query"):
        size = 1 << header.log_size
        hasher.update(_COUNT.pack(size - 1 if name == "h_query" else len(points[name])))
        if name == "h_query":
            hasher.update(_hashed_h(size, powers))
        elif len(points[name]):
            hasher.update(pointbytes.uncompressed(points[name]).data)
    return hasher.digest()


def _hashed_h(size: int, powers: Powers) -> bytes:
    """The points that represent h over a domain of this size."""
    wanted = size - 1 if size <= _CHUNK else size
    present = min(wanted, len(powers.tau_g1) - size)
    rows = ptau.load(powers.tau_g1[: size + present], "the powers of tau: tau_g1")
    places = np.arange(present)
    entries = np.column_stack([2 * (size + places), 2 * places + 1]).reshape(-1)
    data = pointbytes.uncompressed(columns.sums(rows, np.repeat(places, 2), entries, present)).tobytes()
    if present < wanted:
        data += _overread(rows[size - 1], powers)
    return data


def _overread(last: np.ndarray, powers: Powers) -> bytes:
    """The point that snarkjs gets by reading past the powers and subtracting `last`, in bytes.

    It reads the 12 bytes with the number and the length of the section tau_g2, and the first 52 bytes of its points.
    """
    part = ptau.PARTS["tau_g2"]
    data = struct.pack("<IQ", part.number, part.length(powers.power)) + powers.tau_g2[:1].tobytes()
    x, y = (int.from_bytes(data[i : i + 32], "little") for i in (0, 32))
    last_x, last_y = array.from_plain(last)
    point = _add_unreduced(x, y, last_x, P - last_y)
    return b"".join(value.to_bytes(32, "big") for value in array.decode(FP, array.plain(point)))


def _add_unreduced(x1: int, y1: int, x2: int, y2: int) -> tuple[int, int]:
    """The sum of two affine points by wasmcurves' formula, in Montgomery words below 2^256, not necessarily below p.

    wasmcurves inverts the denominators in a batch, which reduces them.  Raises FormatError when the denominator is 0,
    which never happens in an honest ceremony.
    """
    h = _sub(x2, x1)
    hh = _mul(h, h)
    i = _add(hh, hh)
    i = _add(i, i)
    j = _mul(h, i)
    r = _sub(y2, y1)
    r = _add(r, r)
    v = _mul(x1, i)
    x = _sub(_sub(_mul(r, r), j), _add(v, v))
    y1_j = _mul(y1, j)
    y = _sub(_mul(_sub(v, x), r), _add(y1_j, y1_j))
    z = _add(h, h)
    if z % P == 0:
        raise FormatError("the powers of tau: a point of tau_g1 was chosen so that the addition formula fails")
    inverse = pow(z, -1, P) * MONTGOMERY  # the inverse of Z / 2^256, times 2^256
    inverse = inverse * MONTGOMERY % P
    square = _mul(inverse, inverse)
    return _mul(square, x), _mul(square, _mul(inverse, y))


def _mul(a: int, b: int) -> int:
    """a·b / 2^256: Montgomery reduction with at most one subtraction of p."""
    total = a * b
    factor = -total * pow(P, -1, MONTGOMERY) % MONTGOMERY
    reduced = (total + factor * P) // MONTGOMERY
    return reduced - P if reduced >= P else reduced


def _add(a: int, b: int) -> int:
    """a + b with at most one subtraction of p, truncated to 256 bits."""
    return (a + b - P if a + b >= P else a + b) % MONTGOMERY


def _sub(a: int, b: int) -> int:
    """a - b with at most one addition of p, truncated to 256 bits."""
    return (a - b if a >= b else a - b + P) % MONTGOMERY
