"""Phase 1, powers of tau: begins a ceremony, contributes a secret or a beacon, truncates the result.

A contributor draws τ, α and β, multiplies the i-th point of each part by τ^i, α τ^i or β τ^i, proves knowledge of the
three secrets and deletes them.  The result is safe if at least one contributor deleted theirs.

    response hash     Blake2b-512 of the challenge, all new points compressed, and the proofs of knowledge
    next challenge    Blake2b-512 of the response hash and all new points

The files equal snarkjs's, byte for byte, for the same seed.  Points are checked as they are read: multiplying a point
outside the subgroup would leak something about the secret.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1; snarkjs, "powersoftau_contribute.js", "…_beacon.js",
"…_new.js" and "…_truncate.js".
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from zk.ceremony import batches, chacha, firstchallenge, phase1chain
from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, R
from zk.formats import pointbytes, ptau, ptaucontributions
from zk.formats.attribution import Attribution, Beacon
from zk.formats.ptau import Powers, Rows
from zk.formats.ptaucontributions import Points, PowersContribution
from zk.hashes.blake2b import Blake2b
from zk.msm import pointwise
from zk.ntt import polynomial
from zk.runtime.progress import Progress, Steps, silent

_HASHED_BYTES = 1 << 20  # of points per update of the hash, as in snarkjs: the state in the transcript depends on it
_BATCHES_BYTES, _BYTES_PER_POWER = 96 << 20, 500  # of memory, measured at 2^14 to 2^18


def memory_bytes(power: int) -> int:
    """About how much memory it takes to process 2^power powers batch by batch."""
    return min(_BATCHES_BYTES, _BYTES_PER_POWER << power)


def new(power: int, file: BinaryIO, progress: Progress = silent) -> bytes:
    """Writes a ceremony without contributions; returns the first challenge, 64 bytes.

    Raises FormatError unless the power is from 1 to 28.
    """
    if not ptau.MIN_POWER <= power <= ptau.MAX_POWER:
        raise FormatError(f"the power is {power}; it must be {ptau.MIN_POWER} to {ptau.MAX_POWER}")
    counts = {name: ptau.PARTS[name].count(1 << power) for name in ptau.POWERS}
    steps = Steps(sum(counts.values()), progress)

    def generators(name: str) -> Iterator[np.ndarray]:
        point = g1.GENERATOR if ptau.PARTS[name].shape == g1.SHAPE else g2.GENERATOR
        for first in range(0, counts[name], batches.SIZE):
            count = min(batches.SIZE, counts[name] - first)
            yield np.repeat(point, count, axis=0)
            steps.add(count)

    empty = ptaucontributions.EMPTY
    ptau.write(file, power, power, {name: generators(name) for name in ptau.POWERS}, (len(empty), [empty]))
    return firstchallenge.of(power)


def contribute(
    powers: Powers, file: BinaryIO, name: str | None = None, text: bytes = b"", progress: Progress = silent
) -> bytes:
    """Writes the powers with one more contribution; returns the response hash, 64 bytes, for the contributor to keep.

    The secrets come from the operating system's randomness and the text, and stay in memory.  `file` must also be
    readable.  Lagrange points are dropped because they no longer match.

    Raises FormatError when the powers are truncated or have no room for a contribution, an earlier contribution or a
    point is malformed, or the name or the text is too long.  Must not be called from a pool task.
    """
    seed = chacha.secret_seed(text)
    return _contribute(powers, file, Attribution(name), seed, progress)


def beacon(
    powers: Powers, file: BinaryIO, value: bytes, iterations_exp: int, name: str | None = None,
    progress: Progress = silent,
) -> bytes:  # fmt: skip
    """Contributes the secrets derived from a public value, hashed 2^iterations_exp times; it ends a ceremony.

    The result is deterministic.  Raises FormatError like `contribute`, and for a value that is not 1 to 255 bytes long
    or an exponent outside 10 to `attribution.MAX_WORK_EXP`.
    """
    by = Attribution(name, Beacon(value, iterations_exp))
    _check(powers, by)
    return _contribute(powers, file, by, chacha.beacon_seed(value, iterations_exp, progress), progress)


def truncate(powers: Powers, power: int, file: BinaryIO) -> None:
    """Writes the part of the powers that circuits of up to 2^power constraints need.

    Raises ValueError unless the power is smaller than the file's.
    """
    if not ptau.MIN_POWER <= power < powers.power:
        raise ValueError("the power must be smaller than the file's")
    parts = {
        name: batches.split(rows[: part.count(1 << power)])
        for name, part in ptau.PARTS.items()
        if (rows := getattr(powers, name)) is not None
    }
    data = bytes(powers.contributions.data)
    ptau.write(file, power, powers.ceremony_power, parts, (len(data), [data]))


def _check(powers: Powers, by: Attribution) -> None:
    """Raises FormatError when the powers cannot take another contribution, or not this one."""
    if powers.is_truncated:
        raise FormatError(
            f"{powers.contributions.what.rpartition(':')[0]} is truncated (2^{powers.power} of "
            f"2^{powers.ceremony_power}): contribute to the original instead"
        )
    ptaucontributions.check_room(powers.contributions)
    ptaucontributions.record_bytes(by)


def _contribute(powers: Powers, file: BinaryIO, by: Attribution, seed: bytes, progress: Progress) -> bytes:
    """Writes the powers multiplied by the secrets drawn from the seed; returns the response hash."""
    _check(powers, by)
    contributions = ptaucontributions.decode(powers.contributions)
    challenge = contributions[-1].next_challenge if contributions else firstchallenge.of(powers.power)
    (tau, alpha, beta), proofs = phase1chain.draw_secrets(chacha.Draws(seed), challenge)
    points = {name: getattr(powers, name) for name in ptau.POWERS}
    steps = Steps(2 * sum(map(batches.cost, points.values())), progress)
    hash_ = Blake2b()
    offsets: dict[str, int] = {}
    first: dict[str, np.ndarray] = {}  # the first two points of each part
    hash_.update(challenge)

    def multiplied(name: str, factor: int) -> Iterator[np.ndarray]:
        offsets[name] = file.tell()
        for rows in _multiplied(points[name], factor, tau, name, steps):
            hash_.update(pointbytes.compressed(rows))
            first.setdefault(name, rows[:2])
            yield rows

    response = b""

    def section() -> Iterator[bytes]:
        nonlocal response
        pending = PowersContribution(_tip(first), proofs, hash_.state(), bytes(64), by)
        response = pending.response_hash()
        next_challenge = _next_challenge(response, file, offsets, points, steps)
        contribution = PowersContribution(pending.points, proofs, pending.state, next_challenge, by)
        yield ptaucontributions.append(powers.contributions, ptaucontributions.encode(contribution))

    factors = dict(zip(ptau.POWERS, (1, 1, alpha, beta, beta), strict=True))
    length = len(powers.contributions.data) + ptaucontributions.record_bytes(by)
    parts = {name: multiplied(name, factor) for name, factor in factors.items()}
    ptau.write(file, powers.power, powers.power, parts, (length, section()))
    return response


def _tip(first: dict[str, np.ndarray]) -> Points:
    """The accumulator after a contribution, from the first two points of each part."""
    return Points(
        tau_g1=ptau.point_g1(first["tau_g1"], 1),
        tau_g2=ptau.point_g2(first["tau_g2"], 1),
        alpha_g1=ptau.point_g1(first["alpha_g1"]),
        beta_g1=ptau.point_g1(first["beta_g1"]),
        beta_g2=ptau.point_g2(first["beta_g2"]),
    )


def _multiplied(points: Rows, factor: int, ratio: int, what: str, steps: Steps) -> Iterator[np.ndarray]:
    """factor·ratio^i times the i-th point, batch by batch."""
    size = _HASHED_BYTES // points[:1].nbytes
    powers = [1]
    while len(powers) < min(size, len(points)):
        powers.append(powers[-1] * ratio % R)
    table, jump = array.encode(FR, powers), powers[-1] * ratio % R
    for rows in batches.split(points, size):
        checked = ptau.load(rows, what)
        yield pointwise.multiply(checked, polynomial.combine(table[np.newaxis, : len(rows)], [factor]))
        factor = factor * jump % R
        steps.add(batches.cost(rows))


def _next_challenge(
    response: bytes, file: BinaryIO, offsets: dict[str, int], points: dict[str, Rows], steps: Steps
) -> bytes:
    """The next challenge, from the points that were written at these offsets."""
    digest, end = hashlib.blake2b(response), file.tell()
    for name, offset in offsets.items():
        file.seek(offset)
        shape = points[name].shape
        for first in range(0, len(points[name]), batches.SIZE):
            count = min(batches.SIZE, len(points[name]) - first)
            data = file.read(count * int(np.prod(shape[1:])) * 8)
            rows = np.frombuffer(data, "<u8").reshape(-1, *shape[1:])
            digest.update(pointbytes.uncompressed(rows).data)
            steps.add(batches.cost(rows))
    file.seek(end)
    return digest.digest()
