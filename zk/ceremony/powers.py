"""Phase 1, powers of τ: beginning a ceremony, contributing to it by a secret or by a beacon, shortening its result.

A contributor draws τ, α and β, multiplies the i-th point of each part by τ^i, α τ^i or β τ^i, proves to know the three
and forgets them.  The result is safe when one contributor of all did forget.

    response hash     Blake2b-512 of the challenge, all new points compressed, and the proofs of knowledge
    next challenge    Blake2b-512 of the response hash and all new points

Everything is written as snarkjs writes it, byte for byte for the same seed.  Points are checked as they are read: one
outside the subgroup would tell its sender something of the secret.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1; snarkjs, "powersoftau_contribute.js", "…_beacon.js",
"…_new.js" and "…_truncate.js".
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from zk.ceremony import batches, chacha, firstchallenge, transcript
from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, R
from zk.formats import pointbytes, ptau, ptaucontributions
from zk.formats.attribution import Attribution, Beacon
from zk.formats.ptau import Powers, Rows
from zk.formats.ptaucontributions import Contribution, Points
from zk.hashes.blake2b import Blake2b
from zk.msm import pointwise
from zk.ntt import polynomial
from zk.runtime.progress import Progress, Steps, silent

_HASHED_BYTES = 1 << 20  # of points in memory a time, as snarkjs hashes them: the transcript's state depends on it


def new(power: int, file: BinaryIO, progress: Progress = silent) -> bytes:
    """Write a ceremony that nobody has contributed to; returns the first challenge, 64 bytes.

    Raises FormatError unless the power is from 1 to 28.
    """
    if not ptau.MIN_POWER <= power <= ptau.MAX_POWER:
        raise FormatError(f"the power is {power}, and {ptau.MIN_POWER} to {ptau.MAX_POWER} is the range")
    counts = {name: ptau.PARTS[name].count(1 << power) for name in ptau.POWERS}
    steps = Steps(sum(counts.values()), progress)

    def generators(name: str) -> Iterator[np.ndarray]:
        point = g1.GENERATOR if ptau.PARTS[name].shape == g1.SHAPE else g2.GENERATOR
        for first in range(0, counts[name], batches.COUNT):
            count = min(batches.COUNT, counts[name] - first)
            yield np.repeat(point, count, axis=0)
            steps.add(count)

    empty = ptaucontributions.EMPTY
    ptau.write(file, power, power, {name: generators(name) for name in ptau.POWERS}, (len(empty), [empty]))
    return firstchallenge.of(power)


def contribute(
    powers: Powers, file: BinaryIO, name: str | None = None, text: bytes = b"", progress: Progress = silent
) -> bytes:
    """Write the powers with one contribution more; returns the response hash, 64 bytes, which the contributor keeps.

    The secrets come from the operating system's randomness and the text, and are in memory only.  `file` must be open
    for reading too.  Lagrange points are left out: they would no longer fit.

    Raises FormatError when the powers are a shortened copy, a contribution before or a point is malformed, or the name
    or the text is too long.  Not to be called from a task of the pool.
    """
    seed = chacha.secret_seed(text)
    return _contribute(powers, file, Attribution(name), seed, progress)


def beacon(
    powers: Powers, file: BinaryIO, value: bytes, exponent: int, name: str | None = None,
    progress: Progress = silent,
) -> bytes:  # fmt: skip
    """As `contribute`, with the secrets that a public value gives, hashed 2^exponent times: the last contribution.

    Whoever has the same file, value and name writes the same bytes.  Raises FormatError too for a value that is not 1
    to 255 bytes long, and for an exponent outside 10 to 63 or above `attribution.MAX_WORK_EXPONENT`.
    """
    found = Attribution(name, Beacon(value, exponent))
    _check(powers, found)
    return _contribute(powers, file, found, chacha.beacon_seed(value, exponent, progress), progress)


def truncate(powers: Powers, power: int, file: BinaryIO) -> None:
    """Write the part of the powers that circuits of 2^power constraints need.

    Raises ValueError unless the power is below that of the file.
    """
    if not ptau.MIN_POWER <= power < powers.power:
        raise ValueError("a power below that of the file is needed")
    parts = {
        name: batches.pieces(rows[: part.count(1 << power)])
        for name, part in ptau.PARTS.items()
        if (rows := getattr(powers, name)) is not None
    }
    data = powers.contributions.data
    ptau.write(file, power, powers.ceremony_power, parts, (len(data), [data]))


def _check(powers: Powers, found: Attribution) -> None:
    """Raises FormatError when the powers take no contribution, or not this one."""
    if powers.is_truncated:
        raise FormatError(
            f"{powers.contributions.what.rpartition(':')[0]} is a shortened copy (2^{powers.power} of "
            f"2^{powers.ceremony_power}), which takes no contributions"
        )
    ptaucontributions.length(found)


def _contribute(powers: Powers, file: BinaryIO, found: Attribution, seed: bytes, progress: Progress) -> bytes:
    """Write the powers times the secrets that the seed gives; returns the response hash."""
    _check(powers, found)
    before = ptaucontributions.decode(powers.contributions)
    challenge = before[-1].next_challenge if before else firstchallenge.of(powers.power)
    (tau, alpha, beta), keys = transcript.keys(chacha.Draws(seed), challenge)
    points = {name: getattr(powers, name) for name in ptau.POWERS}
    steps = Steps(2 * sum(map(batches.work, points.values())), progress)
    hash_, places, first = Blake2b(), {}, {}
    hash_.update(challenge)

    def multiplied(name: str, factor: int) -> Iterator[np.ndarray]:
        places[name] = file.tell()
        for rows in _multiplied(points[name], factor, tau, name, steps):
            hash_.update(pointbytes.compressed(rows))
            first.setdefault(name, rows[:2])
            yield rows

    response = b""

    def record() -> Iterator[bytes]:
        nonlocal response
        made = Contribution(_left(first), keys, hash_.state(), bytes(64), found)
        response = made.response_hash()
        next_challenge = _challenge(response, file, places, points, steps)
        made = Contribution(made.points, keys, made.state, next_challenge, found)
        yield ptaucontributions.extended(powers.contributions, ptaucontributions.encode(made))

    factors = dict(zip(ptau.POWERS, (1, 1, alpha, beta, beta)))
    length = len(powers.contributions.data) + ptaucontributions.length(found)
    parts = {name: multiplied(name, factor) for name, factor in factors.items()}
    ptau.write(file, powers.power, powers.power, parts, (length, record()))
    return response


def _left(first: dict[str, np.ndarray]) -> Points:
    """The points that stand for a contribution, from the beginnings of the parts."""
    tau_g1, alpha_g1, beta_g1 = (g1.decode(first[name]) for name in ("tau_g1", "alpha_g1", "beta_g1"))
    tau_g2, beta_g2 = (g2.decode(first[name]) for name in ("tau_g2", "beta_g2"))
    return Points(tau_g1[1], tau_g2[1], alpha_g1[0], beta_g1[0], beta_g2[0])


def _hashed_at_once(points: Rows) -> int:
    """How many points are compressed and hashed in one piece."""
    return _HASHED_BYTES // points[:1].nbytes


def _multiplied(points: Rows, factor: int, step: int, what: str, steps: Steps) -> Iterator[np.ndarray]:
    """factor·step^i times the i-th point, piece by piece."""
    count = _hashed_at_once(points)
    steps_to = [1]
    while len(steps_to) < min(count, len(points)):
        steps_to.append(steps_to[-1] * step % R)
    table, jump = array.encode(FR, steps_to), steps_to[-1] * step % R
    for rows in batches.pieces(points, count):
        checked = ptau.taken(rows, what)
        yield pointwise.multiply(checked, polynomial.combine(table[np.newaxis, : len(rows)], [factor]))
        factor = factor * jump % R
        steps.add(batches.work(rows))


def _challenge(response: bytes, file: BinaryIO, places: dict[str, int], points: dict[str, Rows], steps: Steps) -> bytes:
    """The next challenge, from the points that were written to these places."""
    digest, end = hashlib.blake2b(response), file.tell()
    for name, place in places.items():
        file.seek(place)
        shape = points[name].shape
        for first in range(0, len(points[name]), batches.COUNT):
            count = min(batches.COUNT, len(points[name]) - first)
            rows = np.frombuffer(file.read(count * np.prod(shape[1:]) * 8), "<u8").reshape(-1, *shape[1:])
            digest.update(pointbytes.uncompressed(rows))
            steps.add(batches.work(rows))
    file.seek(end)
    return digest.digest()
