"""That powers of τ are what their transcript says: every power, every hash, every Lagrange point.

    P_i+1 = τ P_i for every two neighbours of a part: e(Σ ρ_i P_i+1, G2) = e(Σ ρ_i P_i, τ G2), and so in G2 with τ G1
    the first points are G1, G2, α G1, β G1, β G2, and the second τ G1 and τ G2, of the last contribution
    the last contribution's response hash and next challenge are hashes of the points that are there

Nothing in a file that is accepted could be otherwise, but for a shortened copy: its last hashes are of points that it
does not have.  (snarkjs, "powersoftau_verify.js", compares the next challenge, and not the response hash, with the
points, and weighs with 32 bits.)  Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1, "verification".
"""

import hashlib

import numpy as np

from zk.ceremony import batches, firstchallenge, preparation, proof_of_knowledge, rlc, transcript
from zk.ceremony.rlc import Sum
from zk.curves import bn254, g1, g2
from zk.errors import InvalidProof
from zk.formats import pointbytes, ptau, ptaucontributions
from zk.formats.ptau import Powers
from zk.formats.ptaucontributions import Contribution, Points
from zk.runtime.progress import Progress, Steps, silent

_RATIOS = ("tau_g1", "tau_g2", "alpha_g1", "beta_g1")
_PIECES_BYTES, _BYTES_PER_POWER = 96 << 20, 500  # of memory, measured at 2^14 to 2^18


def memory_bytes(powers: Powers) -> int:
    """About how much memory `verify` takes: pieces of the points, and more for each power that is prepared."""
    points_bytes = _BYTES_PER_POWER << powers.power
    return min(_PIECES_BYTES, points_bytes) + (points_bytes if powers.is_prepared else 0)


def verify(powers: Powers, progress: Progress = silent) -> tuple[Contribution, ...]:
    """The contributions to powers that are right.  `progress` is called for the contributions, then for the points.

    Raises InvalidProof, saying what is wrong, and FormatError for what is no point, no contribution, or too much work.
    Not to be called from a task of the pool.
    """
    contributions = ptaucontributions.decode(powers.contributions)
    transcript.check(contributions, powers.ceremony_power, progress)
    work = sum(batches.work(getattr(powers, name)) for name in _RATIOS)
    steps = Steps(work + (preparation.work(powers) if powers.is_prepared else 0), progress)
    last = contributions[-1]
    hashes = _Hashes(contributions, powers.ceremony_power)
    for name in _RATIOS:
        _check_part(powers, name, last.points, hashes, steps)
    beta_g2 = ptau.taken(powers.beta_g2, "beta_g2")
    _check_point(beta_g2, 0, last.points.beta_g2, "beta_g2")
    hashes.update(beta_g2)
    if not powers.is_truncated:
        hashes.check(last)
    if powers.is_prepared:
        preparation.check(powers, steps)
    return contributions


class _Hashes:
    """The two hashes of the last contribution, as the points go by."""

    def __init__(self, contributions: tuple[Contribution, ...], ceremony_power: int):
        before = contributions[-2].next_challenge if contributions[1:] else firstchallenge.of(ceremony_power)
        self._response = hashlib.blake2b(before)
        self._challenge = hashlib.blake2b(contributions[-1].response_hash())

    def update(self, points: np.ndarray) -> None:
        """The next points of the file."""
        self._response.update(pointbytes.compressed(points))
        self._challenge.update(pointbytes.uncompressed(points))

    def check(self, last: Contribution) -> None:
        """Raises InvalidProof unless the hashes in the transcript are those of the points."""
        self._response.update(ptaucontributions.published(last.keys))
        if self._response.digest() != last.response_hash():
            raise InvalidProof("the last contribution's response hash is not the hash of the points")
        if self._challenge.digest() != last.next_challenge:
            raise InvalidProof("the last contribution's next challenge is not the hash of the points")


def _check_part(powers: Powers, name: str, last: Points, hashes: _Hashes, steps: Steps) -> None:
    """Raises InvalidProof unless a part has the points that τ and its first point give."""
    left, right = Sum(), Sum()
    for first, rows in enumerate(batches.pieces(getattr(powers, name), overlap=1)):
        rows = ptau.taken(rows, name)
        if first == 0:
            _check_first(rows, name, last)
        weights = rlc.weights(len(rows) - 1)
        left.add(rows[:-1], weights)
        right.add(rows[1:], weights)
        hashes.update(rows[:-1])
        steps.add(batches.work(rows))
    hashes.update(rows[-1:])
    pair, sentence = (left.value, right.value), f"{name} does not have the powers of one number"
    if name == "tau_g2":
        proof_of_knowledge.check_same_ratio((bn254.G1, last.tau_g1), pair, sentence)
    else:
        proof_of_knowledge.check_same_ratio(pair, (bn254.G2, last.tau_g2), sentence)


def _check_first(rows: np.ndarray, name: str, last: Points) -> None:
    """Raises InvalidProof unless a part begins with the points that it must."""
    if name in ("tau_g1", "tau_g2"):
        _check_point(rows, 0, bn254.G1 if name == "tau_g1" else bn254.G2, name)
        _check_point(rows, 1, getattr(last, name), name)
    else:
        _check_point(rows, 0, getattr(last, name), name)


def _check_point(rows: np.ndarray, place: int, expected: bn254.Point, name: str) -> None:
    """Raises InvalidProof unless the point at this place is the expected one."""
    decode = g1.decode if rows.shape[1:] == g1.SHAPE else g2.decode
    if decode(rows[place : place + 1])[0] != expected:
        raise InvalidProof(f"{name}: point {place} is not the one of the last contribution, or the generator")
