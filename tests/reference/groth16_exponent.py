"""Groth16 in the exponent: discrete logarithms instead of points, a product instead of a pairing.

This tests the algebra of Groth16, section 3.2, with the key in the form that snarkjs gives it.  Ints only.
"""

from dataclasses import dataclass

from tests.reference import qap
from tests.reference.qap import R, System


@dataclass(frozen=True)
class Secrets:
    """The toxic waste of a key."""

    tau: int
    alpha: int
    beta: int
    gamma: int
    delta: int


@dataclass(frozen=True)
class Key:
    """The logarithms of all points of a key."""

    secrets: Secrets
    a: list[int]
    b: list[int]
    ic: list[int]
    c: list[int]
    h: list[int]


@dataclass(frozen=True)
class Proof:
    """The logarithms of the three points."""

    a: int
    b: int
    c: int


def setup(system: System, secrets: Secrets) -> Key:
    """The key for a system."""
    extended = qap.with_public_rows(system)
    n = qap.size(extended)
    tau, alpha, beta = secrets.tau, secrets.alpha, secrets.beta
    u, v, w = (
        [qap.value(column, tau) for column in qap.columns(rows, system.num_wires, n)]
        for rows in (extended.a, extended.b, extended.c)
    )
    mixed = [(beta * u_j + alpha * v_j + w_j) % R for u_j, v_j, w_j in zip(u, v, w, strict=True)]
    num_ic = system.num_public + 1
    ic = [x * pow(secrets.gamma, -1, R) % R for x in mixed[:num_ic]]
    c = [x * pow(secrets.delta, -1, R) % R for x in mixed[num_ic:]]
    double = qap.root(2 * n)
    nodes = [pow(double, i, R) for i in range(2 * n)]
    h = []
    for k in range(n):
        lagrange = 1
        for i, node in enumerate(nodes):
            if i != 2 * k + 1:
                lagrange = lagrange * (tau - node) * pow(nodes[2 * k + 1] - node, -1, R) % R
        h.append(lagrange * pow(secrets.delta, -1, R) % R)
    return Key(secrets, u, v, ic, c, h)


def prove(key: Key, system: System, witness: list[int], r: int, s: int) -> Proof:
    """The proof, with the quotient by long division.  Raises ValueError when the division leaves a remainder."""
    extended = qap.with_public_rows(system)
    n = qap.size(extended)
    a, b, c = (
        qap.combination(qap.columns(rows, system.num_wires, n), witness)
        for rows in (extended.a, extended.b, extended.c)
    )
    difference = qap.product(a, b)
    difference = [(x - (c[i] if i < n else 0)) % R for i, x in enumerate(difference)]
    quotient, rest = qap.divide_by_vanishing(difference, n)
    if any(rest):
        raise ValueError("the witness does not satisfy the constraints")
    x = key.secrets
    vanishing = pow(x.tau, n, R) - 1
    return finish(key, witness, qap.value(quotient, x.tau) * vanishing * pow(x.delta, -1, R), r, s)


def finish(key: Key, witness: list[int], quotient: int, r: int, s: int) -> Proof:
    """The proof with any value for the term of the quotient."""
    x = key.secrets
    proof_a = (x.alpha + sum(w * u for w, u in zip(witness, key.a, strict=True)) + r * x.delta) % R
    proof_b = (x.beta + sum(w * v for w, v in zip(witness, key.b, strict=True)) + s * x.delta) % R
    private = sum(w * c for w, c in zip(witness[len(key.ic) :], key.c, strict=True))
    return Proof(proof_a, proof_b, (private + quotient + s * proof_a + r * proof_b - r * s * x.delta) % R)


def is_valid(key: Key, public: list[int], proof: Proof) -> bool:
    """A·B = α·β + Σ x_j ic_j·γ + C·δ."""
    x = key.secrets
    inputs = sum(value * ic for value, ic in zip([1, *public], key.ic, strict=True))
    return (proof.a * proof.b - x.alpha * x.beta - inputs * x.gamma - proof.c * x.delta) % R == 0
