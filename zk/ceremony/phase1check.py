"""Verifies powers of tau against their transcript: every contribution, power, hash and Lagrange point.

    P_i+1 = τ P_i for all neighbours in a part: e(Σ ρ_i P_i+1, G2) = e(Σ ρ_i P_i, τ G2), and in G2 likewise with τ G1
    the first points are G1, G2, α G1, β G1 and β G2, and the second τ G1 and τ G2, as in the last contribution
    the last contribution's response hash and next challenge are hashes of the points in the file

An accepted file could not be different in any bit, except that the last hashes of a truncated file cover points it no
longer has.  (snarkjs, "powersoftau_verify.js", compares only the next challenge with the points, not the response hash,
and its random weights have 32 bits.)  Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1, "verification".
"""

import hashlib

import numpy as np

from zk.ceremony import batches, firstchallenge, phase1, phase1chain, preparation, proof_of_knowledge, rlc
from zk.ceremony.rlc import Sum
from zk.curves import bn254, g1
from zk.errors import InvalidProof
from zk.formats import pointbytes, ptau, ptaucontributions
from zk.formats.ptau import Powers
from zk.formats.ptaucontributions import Points, PowersContribution
from zk.runtime.progress import Progress, Steps, silent

_PARTS = ("tau_g1", "tau_g2", "alpha_g1", "beta_g1")  # those with more than one point


def memory_bytes(powers: Powers) -> int:
    """About how much memory `verify` takes."""
    return phase1.memory_bytes(powers.power) + (preparation.check_memory_bytes(powers.power) * powers.is_prepared)


def verify(powers: Powers, progress: Progress = silent) -> tuple[PowersContribution, ...]:
    """The contributions to powers that are valid.  `progress` is called for the contributions, then for the points.

    Raises InvalidProof, saying what is wrong, and FormatError for malformed points or contributions, or beacons that
    take too much work.  Must not be called from a pool task.
    """
    contributions = ptaucontributions.decode(powers.contributions)
    phase1chain.check(contributions, powers.ceremony_power, progress)
    cost = sum(batches.cost(getattr(powers, name)) for name in _PARTS)
    steps = Steps(cost + (preparation.cost(powers) if powers.is_prepared else 0), progress)
    last = contributions[-1]
    hashes = _Hashes(contributions, powers.ceremony_power)
    for name in _PARTS:
        _check_part(powers, name, last.points, hashes, steps)
    beta_g2 = ptau.load(powers.beta_g2, "beta_g2")
    _check_point(beta_g2, 0, last.points.beta_g2, "beta_g2")
    hashes.update(beta_g2)
    if not powers.is_truncated:
        hashes.check(last)
    if powers.is_prepared:
        preparation.check(powers, steps)
    return contributions


class _Hashes:
    """The last contribution's two hashes, computed from the points as they are read."""

    def __init__(self, contributions: tuple[PowersContribution, ...], ceremony_power: int):
        challenge = contributions[-2].next_challenge if contributions[1:] else firstchallenge.of(ceremony_power)
        self._response = hashlib.blake2b(challenge)
        self._next_challenge = hashlib.blake2b(contributions[-1].response_hash())

    def update(self, points: np.ndarray) -> None:
        """Hashes the next points of the file."""
        self._response.update(pointbytes.compressed(points).data)
        self._next_challenge.update(pointbytes.uncompressed(points).data)

    def check(self, last: PowersContribution) -> None:
        """Raises InvalidProof unless the hashes in the transcript are those of the points."""
        self._response.update(ptaucontributions.encode_proofs(last.proofs))
        if self._response.digest() != last.response_hash():
            raise InvalidProof("the last contribution's response hash is not the hash of the points")
        if self._next_challenge.digest() != last.next_challenge:
            raise InvalidProof("the last contribution's next challenge is not the hash of the points")


def _check_part(powers: Powers, name: str, last: Points, hashes: _Hashes, steps: Steps) -> None:
    """Raises InvalidProof unless the points of a part are the first one times the powers of τ."""
    left, right = Sum(), Sum()
    for number, batch in enumerate(batches.split(getattr(powers, name), overlap=1)):
        rows = ptau.load(batch, name)
        if number == 0:
            _check_first(rows, name, last)
        weights = rlc.weights(len(rows) - 1)
        left.add(rows[:-1], weights)
        right.add(rows[1:], weights)
        hashes.update(rows[:-1])
        steps.add(batches.cost(rows[1:] if number else rows))  # later batches begin with the point of overlap
    hashes.update(rows[-1:])
    pair, message = (left.value, right.value), f"{name}: the points are not successive powers of tau"
    if name == "tau_g2":
        proof_of_knowledge.check_same_ratio((bn254.G1, last.tau_g1), pair, message)
    else:
        proof_of_knowledge.check_same_ratio(pair, (bn254.G2, last.tau_g2), message)


def _check_first(rows: np.ndarray, name: str, last: Points) -> None:
    """Raises InvalidProof unless a part begins with the right points."""
    if name in ("tau_g1", "tau_g2"):
        _check_point(rows, 0, bn254.G1 if name == "tau_g1" else bn254.G2, name)
        _check_point(rows, 1, getattr(last, name), name)
    else:
        _check_point(rows, 0, getattr(last, name), name)


def _check_point(rows: np.ndarray, place: int, expected: bn254.Point, name: str) -> None:
    """Raises InvalidProof unless the point at this place is the expected one."""
    point = ptau.point_g1 if rows.shape[1:] == g1.SHAPE else ptau.point_g2
    if point(rows, place) != expected:
        raise InvalidProof(f"{name}: point {place} is not the one that the transcript gives")
