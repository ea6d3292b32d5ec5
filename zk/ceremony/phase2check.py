"""Phase 2, one circuit's key: whether it is what the circuit, the powers of τ and its contributors made of it.

Checked are: of every contribution the transcript, the proof of knowledge, that δ after it follows, and the secret of a
beacon; that the key's δ is the last one, in G1 and in G2, and not ±γ; that everything else without δ is that of the
key before phase 2;
and that c and h are those of that key divided by δ, by one sum over all of them with random weights of 128 bits, which
is wrong with probability 2^-128.

A contribution that leaves δ as it was, or only turns it around, is refused, though snarkjs takes it: its secret is 1 or
-1, as everybody sees, so it adds a name only.  Drawn honestly it has a chance of 2^-253.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050); snarkjs, "zkey_verify_frominit.js".
"""

import hashlib

import numpy as np

from zk import pairing
from zk.ceremony import chacha, initial_key, phase2, proof_of_knowledge, rlc
from zk.curves import bn254
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import InvalidProof
from zk.formats import attribution
from zk.formats.ptau import Powers
from zk.formats.r1csfile import CircuitTerms
from zk.formats.zkeycontributions import Ceremony, Contribution
from zk.formats.zkeyfile import KeyFile
from zk.msm import membership, pippenger
from zk.runtime.progress import Progress, silent

_SECTIONS = {
    "ic": "ic",
    "terms": "the terms of A and B",
    "a_query": "the points a",
    "b_g1_query": "the points b in G1",
    "b_g2_query": "the points b in G2",
}
_SINGLE = {
    "num_wires": "the number of wires",
    "num_public": "the number of public inputs",
    "log_size": "the domain",
    "alpha_g1": "alpha",
    "beta_g1": "beta in G1",
    "beta_g2": "beta in G2",
    "gamma_g2": "gamma",
}


def verify(key: KeyFile, circuit: CircuitTerms, powers: Powers, progress: Progress = silent) -> None:
    """Raises InvalidProof, saying what is wrong, unless the key is that of the circuit and its contributions are right.

    Nothing is said of the powers: whether those are right, `powersoftau verify` tells.  Raises FormatError when a point
    is none, the powers do not fit the circuit, or the beacons have more than 2^26 iterations together.  Not to be
    called from a task of the pool.
    """
    deltas = check_contributions(key.ceremony, progress)
    initial = initial_key.make(circuit, powers, progress)
    check_key(key, initial, initial.h_query, deltas)


def verify_from(key: KeyFile, initial: KeyFile, powers: Powers, progress: Progress = silent) -> None:
    """As `verify`, taking it for granted that `initial` was made from the circuit; it may have contributions already.

    Raises InvalidProof too when those are not the first contributions of the key.
    """
    deltas = check_contributions(key.ceremony, progress)
    check_key(key, initial, initial_key.quotient_points(powers, initial.header.log_size), deltas)


def check_contributions(ceremony: Ceremony, progress: Progress = silent) -> list[G1Point]:
    """[δ] before the first contribution and after each.  Raises InvalidProof, naming a contribution that is wrong.

    Raises FormatError, before anything else, when the beacons have more than 2^26 iterations together.
    """
    attribution.check_work(found.attribution for found in ceremony.contributions)
    hasher = hashlib.blake2b(ceremony.circuit_hash)
    deltas = [bn254.G1]
    for number, contribution in enumerate(ceremony.contributions, 1):
        _check_contribution(contribution, hasher, deltas[-1], f"contribution {number}", progress)
        hasher.update(contribution.hashed())
        deltas.append(contribution.delta_g1)
    return deltas


def _check_contribution(
    found: Contribution, before: "hashlib._Hash", delta: G1Point, what: str, progress: Progress
) -> None:
    """Raises InvalidProof, naming `what`, unless the contribution follows what was before."""
    key = found.key
    if phase2.transcript(before, key.g1_s, key.g1_sx) != found.transcript:
        raise InvalidProof(f"{what}: the transcript is not that of the contributions before")
    base = proof_of_knowledge.hash_to_g2(found.transcript)
    proof_of_knowledge.check(key, base, what)
    proof_of_knowledge.check_same_ratio(
        (delta, found.delta_g1), (base, key.g2_spx), f"{what}: delta is not multiplied by its secret"
    )
    if proof_of_knowledge.is_everybodys(delta, found.delta_g1):
        raise InvalidProof(f"{what} leaves delta as it was: it adds no secret")
    if found.attribution.beacon is not None:
        beacon = found.attribution.beacon
        draws = chacha.Draws(chacha.beacon_seed(beacon.value, beacon.exponent, progress))
        secret, s = draws.scalar(), draws.g1()
        if key.g1_s != s or key.g1_sx != bn254.multiply(secret, s):
            raise InvalidProof(f"{what}: its secret is not that of the beacon")


def check_key(key: KeyFile, initial: KeyFile, h: np.ndarray, deltas: list[G1Point]) -> None:
    """Raises InvalidProof, saying what is wrong, unless the key is `initial` after contributions that gave `deltas`.

    Those of `initial` must be the first of the key's; `h` are the points h before phase 2, of G1.  Raises FormatError
    when a point of the key's c or h, or of the initial c, is none.
    """
    contributions, first = key.ceremony.contributions, initial.ceremony.contributions
    for name, what in _SINGLE.items():
        if getattr(key.header, name) != getattr(initial.header, name):
            raise InvalidProof(f"the key is not that of the circuit and the powers of tau: {what} differs")
    for name, what in _SECTIONS.items():
        if not _is_same(getattr(key, name), getattr(initial, name)):
            raise InvalidProof(f"the key is not that of the circuit and the powers of tau: {what} differ")
    if key.ceremony.circuit_hash != initial.ceremony.circuit_hash:
        raise InvalidProof("the key is not that of the circuit and the powers of tau: the hash of the circuit differs")
    if contributions[: len(first)] != first:
        raise InvalidProof("the contributions of the initial key are not the first of the key's")
    _check_delta(initial, deltas[len(first)], "the initial key")
    _check_delta(key, deltas[-1], "the key")
    if contributions and key.header.is_forgeable:
        raise InvalidProof("the key: the contributions together leave delta = ±gamma: anybody can forge proofs")
    membership.check_g1(np.array(initial.l_query, np.uint64), "the initial key: the points c")
    _check_divided(key.l_query, key, initial.l_query, initial.header.delta_g2, "c")
    _check_divided(key.h_query, key, h, bn254.G2, "h")


def _is_same(left: np.ndarray | bytes, right: np.ndarray | bytes) -> bool:
    """Whether two sections are the same, byte for byte."""
    return memoryview(left).cast("B") == memoryview(right).cast("B")


def _check_delta(key: KeyFile, delta: G1Point, what: str) -> None:
    """Raises InvalidProof unless δ of the key is this one, in both groups."""
    if key.header.delta_g1 != delta:
        raise InvalidProof(f"{what}: delta in G1 is not that of the last contribution")
    ratio = (bn254.G1, delta), (bn254.G2, key.header.delta_g2)
    proof_of_knowledge.check_same_ratio(*ratio, f"{what}: delta in G2 is not that in G1")


def _check_divided(query: np.ndarray, key: KeyFile, before: np.ndarray, delta_g2: G2Point, name: str) -> None:
    """Raises InvalidProof unless the key's points, times its δ, are those from before, times the δ that they had."""
    rows = np.array(query, np.uint64)
    membership.check_g1(rows, f"the key: the points {name}")
    weights = rlc.weights(len(rows))
    left, right = (pippenger.g1(np.ascontiguousarray(points, np.uint64), weights) for points in (rows, before))
    if not pairing.product_is_one([(left, key.header.delta_g2), (bn254.negate(right), delta_g2)]):
        raise InvalidProof(f"the points {name} of the key are not those of the circuit, divided by delta")
