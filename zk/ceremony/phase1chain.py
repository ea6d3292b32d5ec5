"""The chain of contributions to powers of tau: each proves its secrets and multiplies the previous points by them.

For each of τ, α and β there is a proof of knowledge (zk/ceremony/proof_of_knowledge.py) of the secret by which the
points of a contribution differ from those of the previous one; the first follows the generators.  A beacon's secrets
are derived again from its public value.  Each challenge is a hash of everything before, so no proof fits another place.

A secret of 1 or -1 is refused, although snarkjs accepts it: the points before and after reveal it, so it adds nothing
but a name.  An honest draw yields one with probability 2^-253.  Secrets whose product is 1 or -1, such as x and then
1/x, are refused as well: they cancel every contribution.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), section 4.1; snarkjs, "powersoftau_verify.js", checks the same.
"""

from zk.ceremony import chacha, firstchallenge, proof_of_knowledge
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.formats import attribution
from zk.formats.attribution import Beacon, ProofOfKnowledge
from zk.formats.ptaucontributions import Points, PowersContribution
from zk.runtime.progress import Progress, silent

Proofs = tuple[ProofOfKnowledge, ProofOfKnowledge, ProofOfKnowledge]

SECRETS = ("tau", "alpha", "beta")
_MULTIPLIED = {secret: f"{secret}_g1" for secret in SECRETS}  # the point that each secret multiplies
_START = Points(bn254.G1, bn254.G2, bn254.G1, bn254.G1, bn254.G2)


def draw_secrets(draws: chacha.Draws, challenge: bytes) -> tuple[list[int], Proofs]:
    """τ, α and β with their proofs of knowledge, drawn from a seed in snarkjs's order."""
    secrets = [draws.scalar() for _ in SECRETS]
    tau, alpha, beta = (_prove(number, secret, draws, challenge) for number, secret in enumerate(secrets))
    return secrets, (tau, alpha, beta)


def _prove(number: int, secret: int, draws: chacha.Draws, challenge: bytes) -> ProofOfKnowledge:
    s = draws.g1()
    base = proof_of_knowledge.phase1_base(number, challenge, s, bn254.multiply_nonzero(secret, s))
    return proof_of_knowledge.prove(secret, s, base)


def check(contributions: tuple[PowersContribution, ...], ceremony_power: int, progress: Progress = silent) -> None:
    """Verifies all contributions, oldest first.  `progress` counts them, and the iterations of each beacon.

    Raises InvalidProof, naming the contribution, when there is none or one is wrong, and FormatError when the beacons
    have more than 2^MAX_WORK_EXP iterations in total.
    """
    if not contributions:
        raise InvalidProof("there is no contribution: everybody knows the secrets of these powers")
    attribution.check_work(contribution.attribution for contribution in contributions)
    challenge, before = firstchallenge.of(ceremony_power), _START
    for i, contribution in enumerate(contributions):
        _check_contribution(contribution, challenge, before, f"contribution {i + 1}", progress)
        challenge, before = contribution.next_challenge, contribution.points
        progress(i + 1, len(contributions))
    for secret, name in _MULTIPLIED.items():
        if proof_of_knowledge.is_trivial(bn254.G1, getattr(before, name)):
            raise InvalidProof(f"the contributions cancel out: {secret} is 1 or -1, which everybody knows")


def _check_contribution(
    contribution: PowersContribution, challenge: bytes, before: Points, what: str, progress: Progress
) -> None:
    """Raises InvalidProof unless this contribution follows from the points before."""
    if contribution.attribution.beacon is not None:
        _check_beacon(contribution, contribution.attribution.beacon, challenge, what, progress)
    bases = []
    for number, (name, proof) in enumerate(zip(SECRETS, contribution.proofs, strict=True)):
        bases.append(proof_of_knowledge.phase1_base(number, challenge, proof.g1_s, proof.g1_sx))
        proof_of_knowledge.check(proof, bases[-1], f"{what}: {name}")
    tau, alpha, beta = contribution.proofs
    after = contribution.points
    for name, proof, base in (("tau_g1", tau, bases[0]), ("alpha_g1", alpha, bases[1]), ("beta_g1", beta, bases[2])):
        pair = getattr(before, name), getattr(after, name)
        proof_of_knowledge.check_same_ratio(pair, (base, proof.g2_spx), _not_multiplied(what, name))
    for name, proof in (("tau_g2", tau), ("beta_g2", beta)):
        pair = getattr(before, name), getattr(after, name)
        proof_of_knowledge.check_same_ratio((proof.g1_s, proof.g1_sx), pair, _not_multiplied(what, name))
    for secret, name in _MULTIPLIED.items():
        if proof_of_knowledge.is_trivial(getattr(before, name), getattr(after, name)):
            raise InvalidProof(f"{what} multiplies {secret} by 1 or -1: it adds no secret")


def _not_multiplied(what: str, name: str) -> str:
    return f"{what}: its {name} is not the previous one times the proven secret"


def _check_beacon(
    contribution: PowersContribution, beacon: Beacon, challenge: bytes, what: str, progress: Progress
) -> None:
    """Raises InvalidProof unless the beacon yields the contribution's proofs of knowledge."""
    seed = chacha.beacon_seed(beacon.value, beacon.iterations_exp, progress)
    _, expected = draw_secrets(chacha.Draws(seed), challenge)
    for name, actual, right in zip(SECRETS, contribution.proofs, expected, strict=True):
        if actual != right:
            raise InvalidProof(f"{what}: the proof of knowledge of {name} is not the one that its beacon yields")
