"""That each contribution to powers of τ is one: it knows its secrets and multiplied the points before with them.

For τ, α and β there is a proof of knowledge (zk/ceremony/proof_of_knowledge.py) of the secret by which the points of this
contribution differ from those of the one before; the first comes after the generators.  A beacon's secrets are drawn
again from its public value.  Each challenge is a hash of everything before, so no proof fits another place.

A secret 1 or -1 is refused, though snarkjs takes it: the points before it and after it tell everybody what it is, so
whoever contributed it only added a name.  Drawn honestly it has a chance of 2^-253.  So are secrets that make 1 or -1
together, as x and then 1/x do: then nothing is left of what anybody contributed.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1; snarkjs, "powersoftau_verify.js", checks the same.
"""

from zk.ceremony import chacha, firstchallenge, proof_of_knowledge
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.formats import attribution
from zk.formats.attribution import Beacon, PublicKey
from zk.formats.ptaucontributions import Contribution, Points
from zk.runtime.progress import Progress, silent

SECRETS = ("tau", "alpha", "beta")
_MOVED = {secret: f"{secret}_g1" for secret in SECRETS}  # the point that each secret multiplies
START = Points(bn254.G1, bn254.G2, bn254.G1, bn254.G1, bn254.G2)


def keys(draws: chacha.Draws, challenge: bytes) -> tuple[list[int], tuple[PublicKey, PublicKey, PublicKey]]:
    """Secrets τ, α and β, and their proofs of knowledge, drawn from a seed in the order of snarkjs."""
    secrets = [draws.scalar() for _ in SECRETS]
    made = []
    for number, secret in enumerate(secrets):
        g1_s = draws.g1()
        g1_sx = bn254.multiply(secret, g1_s)
        made.append(proof_of_knowledge.publish(secret, g1_s, proof_of_knowledge.base(number, challenge, g1_s, g1_sx)))
    return secrets, tuple(made)


def check(contributions: tuple[Contribution, ...], ceremony_power: int, progress: Progress = silent) -> None:
    """Every contribution, from the first.  `progress` counts them, and the hashes of a beacon.

    Raises InvalidProof, naming the contribution, when there is none or one is not what it must be, and FormatError when
    the beacons ask for more hashes than `attribution.MAX_WORK_EXPONENT` allows.
    """
    if not contributions:
        raise InvalidProof("nobody has contributed: everybody knows the secrets of these powers")
    attribution.check_work(found.attribution for found in contributions)
    challenge, before = firstchallenge.of(ceremony_power), START
    for i, found in enumerate(contributions):
        _check_one(found, challenge, before, f"contribution {i + 1}", progress)
        challenge, before = found.next_challenge, found.points
        progress(i + 1, len(contributions))
    for secret, name in _MOVED.items():
        if proof_of_knowledge.is_everybodys(bn254.G1, getattr(before, name)):
            raise InvalidProof(f"the contributions together leave {secret} 1 or -1: everybody knows it")


def _check_one(found: Contribution, challenge: bytes, before: Points, what: str, progress: Progress) -> None:
    """Raises InvalidProof unless this contribution follows from the points before."""
    if found.attribution.beacon is not None:
        _check_beacon(found, found.attribution.beacon, challenge, what, progress)
    bases = []
    for number, (name, key) in enumerate(zip(SECRETS, found.keys)):
        bases.append(proof_of_knowledge.base(number, challenge, key.g1_s, key.g1_sx))
        proof_of_knowledge.check(key, bases[-1], f"{what}: {name}")
    tau, alpha, beta = found.keys
    after = found.points
    for name, key, base in (("tau_g1", tau, bases[0]), ("alpha_g1", alpha, bases[1]), ("beta_g1", beta, bases[2])):
        pair = getattr(before, name), getattr(after, name)
        proof_of_knowledge.check_same_ratio(pair, (base, key.g2_spx), _not_following(what, name))
    for name, key in (("tau_g2", tau), ("beta_g2", beta)):
        pair = getattr(before, name), getattr(after, name)
        proof_of_knowledge.check_same_ratio((key.g1_s, key.g1_sx), pair, _not_following(what, name))
    for secret, name in _MOVED.items():
        if proof_of_knowledge.is_everybodys(getattr(before, name), getattr(after, name)):
            raise InvalidProof(f"{what} leaves {secret} as it was: it adds no secret")


def _not_following(what: str, name: str) -> str:
    return f"{what}: its {name} is not the one before times the secret that it proves to know"


def _check_beacon(found: Contribution, beacon: Beacon, challenge: bytes, what: str, progress: Progress) -> None:
    """Raises InvalidProof unless the proofs of knowledge are those that the beacon gives."""
    seed = chacha.beacon_seed(beacon.value, beacon.exponent, progress)
    _, expected = keys(chacha.Draws(seed), challenge)
    for name, given, right in zip(SECRETS, found.keys, expected):
        if given != right:
            raise InvalidProof(f"{what}: the key of {name} is not the one that its beacon gives")
