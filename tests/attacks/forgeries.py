"""Files that prove something false to a verifier that does not check them, each with the sentence that refuses it here.

All but a few are made from public data: an honest proof, a key, and what anybody can compute from them.  The secrets of
the key are known (tests/zk/hashes/known.py), but are used only where the attacker supplies the key.
"""

import json
from dataclasses import dataclass

from tests.reference import bn254 as twist
from tests.reference.bn254 import P, R
from tests.zk.groth16 import known
from zk.curves import bn254
from zk.formats import snarkjs
from zk.groth16.keys import Proof

PUBLIC = [5, 0]
LIE = [6, 0]  # public inputs without a proof
Document = dict | list


@dataclass(frozen=True)
class Forgery:
    """The three parsed files that are given to a verifier."""

    name: str
    key: Document
    public: Document
    proof: Document
    sentence: str  # our refusal
    snarkjs: bool  # whether snarkjs 0.7.6 accepts it

    @property
    def files(self) -> tuple[bytes, bytes, bytes]:
        return tuple(json.dumps(document).encode() for document in (self.key, self.public, self.proof))


KEY, PROOF = known.key(2), known.proof(PUBLIC)
ZEROS = ["0", "0", "1"], [["0", "0"], ["0", "0"], ["1", "0"]]  # the identity in G1 and G2


def honest() -> dict[str, Document]:
    texts = snarkjs.encode_verifying_key(KEY), snarkjs.encode_public(PUBLIC), snarkjs.encode_proof(PROOF)
    return dict(zip(("key", "public", "proof"), map(json.loads, texts), strict=True))


def forgery(name: str, sentence: str, is_accepted: bool, public: list[int] | None = None, **changes) -> Forgery:
    """The honest files with these changes; `key` and `proof` are changed field by field."""
    files = honest()
    for file in ("key", "proof"):
        files[file] |= changes.get(file, {})
    files["public"] = changes.get("texts") or [str(value) for value in public or PUBLIC]
    return Forgery(name, **files, sentence=sentence, snarkjs=is_accepted)


def points(proof: Proof) -> dict:
    """The three points as snarkjs writes them."""
    written = json.loads(snarkjs.encode_proof(proof))
    return {name: written[name] for name in ("pi_a", "pi_b", "pi_c")}


def inputs_sum(public: list[int]) -> bn254.G1Point:
    """S in the equation, which anybody can compute."""
    total = KEY.ic[0]
    for value, point in zip(public, KEY.ic[1:], strict=True):
        total = bn254.add(total, bn254.multiply(value, point))
    return total


def without_alpha_beta() -> dict:
    """When e(alpha, beta) = 1 anything can be proved: e(S, gamma + delta) = e(S, gamma) e(S, delta)."""
    total = inputs_sum(LIE)
    return points(Proof(total, bn254.add(KEY.gamma_g2, KEY.delta_g2), total))


def without_gamma() -> dict:
    """When gamma is the identity the inputs have no effect: A B = alpha beta + C delta."""
    c = (11 * 13 - known.ALPHA * known.BETA) * pow(known.DELTA, -1, R)
    return points(Proof(bn254.multiply(11, bn254.G1), bn254.multiply(13, bn254.G2), bn254.multiply(c, bn254.G1)))


def without_delta() -> dict:
    """When delta is the identity C has no effect, so any point can stand in its place."""
    a = known.ALPHA * known.BETA + sum(x * known.logarithm(j) for j, x in enumerate([1, *PUBLIC])) * known.GAMMA
    return points(Proof(bn254.multiply(a, bn254.G1), bn254.G2, bn254.multiply(987654321, bn254.G1)))


def with_delta(sign: int) -> dict:
    """When delta = ±gamma: A = alpha, B = beta, C = ∓S."""
    total = inputs_sum(LIE)
    return points(Proof(KEY.alpha_g1, KEY.beta_g2, bn254.negate(total) if sign > 0 else total))


def without_first_input() -> dict:
    """When ic_1 is the identity, a proof for (0, 0) is one for every (x, 0)."""
    return points(known.proof([0, 0]))


def outside() -> dict:
    """B + T, where the order of T divides the cofactor: T does not change the Tate pairing."""
    torsion = twist.multiply(R, twist.twist_points(1)[0])
    x, y = twist.add((PROOF.b.x, PROOF.b.y), torsion)
    return {"pi_b": [list(map(str, x)), list(map(str, y)), ["1", "0"]]}


def of_order_two() -> dict:
    """A point of order two on another curve than that of G1: then only the parity of the input matters."""
    honest_ic = honest()["key"]["IC"]
    return {"IC": [honest_ic[0], ["7", "0", "1"], honest_ic[2]]}


def jacobian(point: list[str], z: int) -> list[str]:
    """The same point in Jacobian coordinates with this z."""
    x, y = map(int, point[:2])
    return [str(x * z**2 % P), str(y * z**3 % P), str(z)]


def plus_modulus(point: list[str]) -> list[str]:
    return [str(int(point[0]) + P), *point[1:]]


A = points(PROOF)["pi_a"]
ALPHA, BETA, GAMMA, DELTA = "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2"
WRITTEN = honest()["key"]
MINUS_GAMMA = json.loads(snarkjs.encode_proof(Proof(PROOF.a, bn254.negate(KEY.gamma_g2), PROOF.c)))["pi_b"]

FORGERIES = [
    forgery("an input and r", "public input 0 is not below the modulus", False, [5 + R, 0]),
    forgery("an input too few", "has 1 entries instead of 2", True, [5]),
    forgery("an input too many", "has 3 entries instead of 2", False, [5, 0, 99]),
    forgery("an input written otherwise", "public input 0 is not a decimal number", True, texts=["05", "0"]),
    forgery("alpha the identity", "vk_alpha_1 is the identity", True, LIE,
            key={ALPHA: ZEROS[0]}, proof=without_alpha_beta()),
    forgery("beta the identity", "vk_beta_2 is the identity", False, LIE,
            key={BETA: ZEROS[1]}, proof=without_alpha_beta()),
    forgery("gamma the identity", "vk_gamma_2 is the identity", False, LIE,
            key={GAMMA: ZEROS[1]}, proof=without_gamma()),
    forgery("delta the identity", "vk_delta_2 is the identity", False, key={DELTA: ZEROS[1]}, proof=without_delta()),
    forgery("delta is gamma", "delta = ±gamma", True, LIE, key={DELTA: WRITTEN[GAMMA]}, proof=with_delta(1)),
    forgery("delta is -gamma", "delta = ±gamma", True, LIE, key={DELTA: MINUS_GAMMA}, proof=with_delta(-1)),
    forgery("an input's point the identity", "IC 1 is the identity", True, [123456, 0],
            key={"IC": [WRITTEN["IC"][0], ZEROS[0], WRITTEN["IC"][2]]}, proof=without_first_input()),
    forgery("an input's point off the curve", "IC 1 is not on the curve", True, [2, 0],
            key=of_order_two(), proof=without_first_input()),
    forgery("B outside the subgroup", "pi_b is not in the subgroup", False, proof=outside()),
    forgery("A's coordinate and p", "pi_a: x is not below the modulus", True, proof={"pi_a": plus_modulus(A)}),
]  # fmt: skip

# snarkjs reads the third coordinate of a point, which its contracts and most other verifiers ignore.
ONLY_SNARKJS = [
    forgery("A in other coordinates", "pi_a: the third coordinate is not 1", True, proof={"pi_a": jacobian(A, 3)}),
]
