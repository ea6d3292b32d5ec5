"""The hash of a circuit and of the powers that its key was made from, which every contribution to the key builds on.

Blake2b over [α] [β] [β]₂ [γ]₂ [δ] [δ]₂ before phase 2, and of ic, h, c, a, b in G1 and b in G2 the number of points
(u32, big-endian) and the points, uncompressed; of h not the points but τ^i (τ^N - 1), i < N - 1, which they hold.

snarkjs takes those in pieces of 2^14, the last one too, so that for N > 2^14 it takes i = N - 1 as well; and when the
powers are just enough, there is no τ^(2N - 1) in the file.  It then subtracts τ^(N - 1) from a point whose coordinates
are the 64 bytes behind the powers, the beginning of the next section, and hashes what its field arithmetic makes of
them.  So does this, to get the same hash.  (snarkjs, "zkey_new.js"; wasmcurves, "build_f1m.js" and
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

_PIECE = 1 << 14
_COUNT = struct.Struct(">I")


def digest(header: KeyHeader, points: Mapping[str, np.ndarray], powers: Powers) -> bytes:
    """64 bytes; `points` has ic and the queries a, b and l before phase 2, by their names in KeyFile.

    Raises FormatError when a power that is hashed is not a point, or one that snarkjs's addition has no sum for.  Not
    to be called from a task of the pool.
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
            hasher.update(pointbytes.uncompressed(points[name]))
    return hasher.digest()


def _hashed_h(size: int, powers: Powers) -> bytes:
    """What stands for h over a domain of this size."""
    wanted = size - 1 if size <= _PIECE else size
    there = min(wanted, len(powers.tau_g1) - size)
    rows = ptau.taken(powers.tau_g1[: size + there], "the powers of tau: tau_g1")
    places = np.arange(there)
    entries = np.column_stack([2 * (size + places), 2 * places + 1]).reshape(-1)
    found = pointbytes.uncompressed(columns.sums(rows, np.repeat(places, 2), entries, there)).tobytes()
    if there < wanted:
        found += _beyond_the_powers(rows[size - 1], powers)
    return found


def _beyond_the_powers(last: np.ndarray, powers: Powers) -> bytes:
    """What snarkjs makes of the bytes behind the powers, less the point `last`.

    They are the number and the length of the section tau_g2, in 12 bytes, and the first 52 of its points.
    """
    part = ptau.PARTS["tau_g2"]
    behind = struct.pack("<IQ", part.number, part.length(powers.power)) + powers.tau_g2[:1].tobytes()
    x, y = (int.from_bytes(behind[i : i + 32], "little") for i in (0, 32))
    last_x, last_y = array.from_plain(last)
    found = _add_unreduced(x, y, last_x, P - last_y)
    return b"".join(value.to_bytes(32, "big") for value in array.decode(FP, array.plain(found)))


def _add_unreduced(x1: int, y1: int, x2: int, y2: int) -> tuple[int, int]:
    """The sum of two affine points by wasmcurves' formula; Montgomery words below 2^256, not necessarily below p.

    The sum's denominators are inverted among those of other points, which reduces them.  Raises FormatError when the
    denominator is 0, which no honest ceremony meets.
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
        raise FormatError("the powers of tau: one of tau_g1 is chosen so that nothing can be added to it")
    inverse = pow(z, -1, P) * MONTGOMERY  # of Z / 2^256, by 2^256 of each
    inverse = inverse * MONTGOMERY % P
    square = _mul(inverse, inverse)
    return _mul(square, x), _mul(square, _mul(inverse, y))


def _mul(a: int, b: int) -> int:
    """a·b / 2^256, at most p less than what Montgomery's reduction leaves."""
    total = a * b
    factor = -total * pow(P, -1, MONTGOMERY) % MONTGOMERY
    reduced = (total + factor * P) // MONTGOMERY
    return reduced - P if reduced >= P else reduced


def _add(a: int, b: int) -> int:
    """a + b, less p once when that is not below p; what is beyond 2^256 is lost."""
    return (a + b - P if a + b >= P else a + b) % MONTGOMERY


def _sub(a: int, b: int) -> int:
    """a - b, and p once more when that is below 0; what is beyond 2^256 is lost."""
    return (a - b if a >= b else a - b + P) % MONTGOMERY
