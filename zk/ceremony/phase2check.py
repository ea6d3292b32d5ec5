"""Phase 2, one circuit's key: verifies that it follows from the circuit, the powers of tau and its contributions.

For every contribution: the transcript, the proof of knowledge, the new δ, and the secret of a beacon.  For the key: its
δ is the last one, in G1 and in G2, and not ±γ; the parts independent of δ equal those of the initial key; l and h are
those of the initial key divided by δ, which one random linear combination with 128-bit weights checks, with an error
probability of 2^-128.

A contribution that leaves δ unchanged or negates it is refused, although snarkjs accepts it: anybody can see that its
secret is 1 or -1, so it adds nothing but a name.  An honest draw yields one with probability 2^-253.

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
from zk.formats.zkeycontributions import Ceremony, KeyContribution
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
    """Raises InvalidProof, saying what is wrong, unless the key is the circuit's and all its contributions are valid.

    The powers are trusted: `phase1check.verify` verifies them.  Raises FormatError when a point is invalid, the powers
    do not fit the circuit, or the beacons have more than 2^26 iterations in total.  Must not be called from a pool
    task.
    """
    deltas = check_contributions(key.ceremony, progress)
    initial = initial_key.make(circuit, powers, progress)
    check_key(key, initial, initial.h_query, deltas)


def verify_from(key: KeyFile, initial: KeyFile, powers: Powers, progress: Progress = silent) -> None:
    """Like `verify`, trusting `initial` to be a key of the circuit, which may already have contributions.

    Raises InvalidProof also when those are not the key's first contributions.
    """
    deltas = check_contributions(key.ceremony, progress)
    check_key(key, initial, initial_key.quotient_points(powers, initial.header.log_size), deltas)


def check_contributions(ceremony: Ceremony, progress: Progress = silent) -> list[G1Point]:
    """[δ] before the first contribution and after each.  Raises InvalidProof, naming the contribution that is wrong.

    Raises FormatError, before anything else, when the beacons have more than 2^26 iterations in total.
    """
    attribution.check_work(contribution.attribution for contribution in ceremony.contributions)
    hasher = hashlib.blake2b(ceremony.circuit_hash)
    deltas = [bn254.G1]
    for number, contribution in enumerate(ceremony.contributions, 1):
        _check_contribution(contribution, hasher, deltas[-1], f"contribution {number}", progress)
        hasher.update(contribution.hashed())
        deltas.append(contribution.delta_g1)
    return deltas


def _check_contribution(
    contribution: KeyContribution, before: "hashlib.blake2b", delta_g1: G1Point, what: str, progress: Progress
) -> None:
    """Raises InvalidProof, naming `what`, unless the contribution follows from the earlier ones."""
    proof = contribution.proof
    if phase2.transcript(before, proof.g1_s, proof.g1_sx) != contribution.transcript:
        raise InvalidProof(f"{what}: the transcript is not the hash of the earlier contributions")
    base = proof_of_knowledge.hash_to_g2(contribution.transcript)
    proof_of_knowledge.check(proof, base, what)
    proof_of_knowledge.check_same_ratio(
        (delta_g1, contribution.delta_g1), (base, proof.g2_spx), f"{what}: delta is not multiplied by the proven secret"
    )
    if proof_of_knowledge.is_trivial(delta_g1, contribution.delta_g1):
        raise InvalidProof(f"{what} multiplies delta by 1 or -1: it adds no secret")
    if contribution.attribution.beacon is not None:
        beacon = contribution.attribution.beacon
        draws = chacha.Draws(chacha.beacon_seed(beacon.value, beacon.iterations_exp, progress))
        secret, s = draws.scalar(), draws.g1()
        if proof.g1_s != s or proof.g1_sx != bn254.multiply(secret, s):
            raise InvalidProof(f"{what}: its secret is not the one that its beacon yields")


def check_key(key: KeyFile, initial: KeyFile, h: np.ndarray, deltas: list[G1Point]) -> None:
    """Raises InvalidProof, saying what is wrong, unless the key is `initial` after contributions with these `deltas`.

    The contributions of `initial` must be the key's first; `h` is the query h before phase 2, in G1.  Raises
    FormatError when a point of the key's l or h, or of the initial l, is invalid.
    """
    contributions, first = key.ceremony.contributions, initial.ceremony.contributions
    for name, what in _SINGLE.items():
        if getattr(key.header, name) != getattr(initial.header, name):
            raise InvalidProof(f"the key does not match the circuit and the powers of tau: {what} differs")
    for name, what in _SECTIONS.items():
        if not _is_same(getattr(key, name), getattr(initial, name)):
            raise InvalidProof(f"the key does not match the circuit and the powers of tau: {what} differ")
    if key.ceremony.circuit_hash != initial.ceremony.circuit_hash:
        raise InvalidProof("the key does not match the circuit and the powers of tau: the circuit hash differs")
    if contributions[: len(first)] != first:
        raise InvalidProof("the contributions of the initial key are not the first contributions of the key")
    _check_delta(initial, deltas[len(first)], "the initial key")
    _check_delta(key, deltas[-1], "the key")
    if contributions and key.header.is_forgeable:
        raise InvalidProof("the key: the contributions cancel out, delta = ±gamma: anybody can forge proofs")
    membership.check_g1(np.array(initial.l_query, np.uint64), "the initial key: the points c")
    _check_divided(key.l_query, key, initial.l_query, initial.header.delta_g2, "c")
    _check_divided(key.h_query, key, h, bn254.G2, "h")


def _is_same(left: np.ndarray | bytes, right: np.ndarray | bytes) -> bool:
    """Whether two sections are equal, byte for byte."""
    first, second = (part.data if isinstance(part, np.ndarray) else memoryview(part) for part in (left, right))
    return first.cast("B") == second.cast("B")


def _check_delta(key: KeyFile, delta_g1: G1Point, what: str) -> None:
    """Raises InvalidProof unless the key's δ is this one, in both groups."""
    if key.header.delta_g1 != delta_g1:
        raise InvalidProof(f"{what}: delta in G1 is not the last contribution's")
    ratio = (bn254.G1, delta_g1), (bn254.G2, key.header.delta_g2)
    proof_of_knowledge.check_same_ratio(*ratio, f"{what}: delta in G2 differs from delta in G1")


def _check_divided(query: np.ndarray, key: KeyFile, before: np.ndarray, delta_g2: G2Point, name: str) -> None:
    """Raises InvalidProof unless the key's points times its δ equal the points before phase 2 times their own δ."""
    rows = np.array(query, np.uint64)
    membership.check_g1(rows, f"the key: the points {name}")
    weights = rlc.weights(len(rows))
    left, right = (pippenger.g1(np.ascontiguousarray(points, np.uint64), weights) for points in (rows, before))
    if left is None or right is None:  # as when the circuit has no private wires
        is_divided = left is right
    else:
        is_divided = pairing.product_is_one([(left, key.header.delta_g2), (bn254.negate(right), delta_g2)])
    if not is_divided:
        raise InvalidProof(f"the points {name} of the key are not the circuit's divided by delta")
