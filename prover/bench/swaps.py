"""Swaps for benchmarks, thousands in seconds: two legs each, whose signatures are real and whose proofs are simulated.

The accounts that they spend never existed, which nobody but the prover of a leg could know.

Every multiple of a base costs an addition: the secrets, blindings and nonces of a batch count up from a random one.
So these signatures give their secrets away, to nothing.
"""

from collections.abc import Sequence
from dataclasses import astuple, replace
from itertools import accumulate, repeat

from circuits import escrow as escrow_formula
from circuits import generators
from circuits.records import Root
from circuits.statements import leg as leg_statement
from prover.bench import simulated
from prover.bench.simulated import SimulatedPool
from settlement.bundles import balance, digests, encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, ESCROW_ELEMENTS, NO_DIGEST, Bundle, Escrow, Leg, Margin
from settlement.ids import LedgerId
from settlement.pool import poolfile
from settlement.risk.grids import Publication, flat
from zk import entropy
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, COFACTOR, ORDER, Point
from zk.fields import array
from zk.fields.prime import FR, WORDS, R
from zk.signature import Signature

LEGS = 2
_GUARD = 1
_UNSIGNED = Signature(BASE8, 1)
_LIFE_MS = 24 * 3_600_000


def plain(made: SimulatedPool, root: Root, count: int, now_ms: int) -> list[bytes]:
    """The bytes of `count` swaps between cash accounts under this root of the ledger's tree.  Some 0.4 ms each."""
    return [encoding.encode_bundle(bundle) for bundle in _bundles(made, root, count, now_ms, None)]


def margined(made: SimulatedPool, root: Root, count: int, now_ms: int, newest: Publication) -> list[bytes]:
    """The bytes of `count` swaps between a cash account and one on margin, which has an escrow and a margin proof."""
    return [encoding.encode_bundle(bundle) for bundle in _bundles(made, root, count, now_ms, newest)]


def _bundles(
    made: SimulatedPool, root: Root, count: int, now_ms: int, newest: Publication | None
) -> list[Bundle]:  # fmt: skip
    ledger_id, legs = poolfile.ledger_id(made.pool), count * LEGS
    secrets, blindings = _multiples(BASE8, legs), _multiples(generators.blinding(), legs)
    guards = [0 if newest is None or i % LEGS == 0 else _GUARD for i in range(legs)]
    unsigned = _legs(made, root, now_ms, [rk for _, rk in secrets], [value for _, value in blindings], guards)
    if newest is not None:
        unsigned[1::LEGS] = _on_margin(made, unsigned[1::LEGS], newest)
    messages = [digests.leg_message(ledger_id, leg) for leg in unsigned]
    by_owners = _signatures(secrets, messages, BASE8)
    signed = [replace(leg, signature=one) for leg, one in zip(unsigned, by_owners, strict=True)]
    pairs = [tuple(signed[i : i + LEGS]) for i in range(0, legs, LEGS)]
    return _bound(ledger_id, pairs, [blinding for blinding, _ in blindings])


def _legs(
    made: SimulatedPool, root: Root, now_ms: int, rks: Sequence[Point], values: Sequence[Point], guards: Sequence[int]
) -> list[Leg]:
    publics = [
        leg_statement.Public(root, entropy.scalar(R), 1 + entropy.scalar(R - 1), *value, *rk, guard, 0, 0, 0)
        for rk, value, guard in zip(rks, values, guards, strict=True)
    ]
    proofs = simulated.proofs(made.trapdoors["leg"], [astuple(public) for public in publics])
    return [
        Leg(
            made.pool.leg.digest, public, proof, None, None, (), now_ms + _LIFE_MS, NO_DIGEST, NO_DIGEST,
            (entropy.token(CIPHERTEXT_BYTES),), False, _UNSIGNED,
        )
        for public, proof in zip(publics, proofs, strict=True)
    ]  # fmt: skip


def _on_margin(made: SimulatedPool, legs: Sequence[Leg], newest: Publication) -> list[Leg]:
    """The same legs, each with an escrow and with margin for the initial grid of this epoch."""
    from zk.hashes import quick  # loads the kernels

    guardians = made.pool.parameters.guardians
    assert guardians is not None, "a simulated pool has guardians"
    ephemerals = [point for _, point in _multiples(BASE8, len(legs))]
    ciphertexts = [tuple(entropy.scalar(R) for _ in range(ESCROW_ELEMENTS)) for _ in legs]
    sealed = list(zip(ephemerals, ciphertexts, strict=True))
    escrowed = [
        (leg.commitment, escrow_formula.digest(guardians.encryption_key, *one, quick.hash))
        for leg, one in zip(legs, sealed, strict=True)
    ]
    escrow_proofs = simulated.proofs(made.trapdoors["escrow"], escrowed)
    grid = flat(newest.initial)
    margin_proofs = simulated.proofs(made.trapdoors["margin"], [(leg.commitment, *grid) for leg in legs])
    return [
        replace(
            leg,
            escrow=Escrow(made.pool.escrow.digest, *one, escrow_proof),
            margin=Margin(made.pool.margin.digest, newest.epoch, margin_proof),
        )
        for leg, one, escrow_proof, margin_proof in zip(legs, sealed, escrow_proofs, margin_proofs, strict=True)
    ]


def _bound(ledger_id: LedgerId, groups: Sequence[tuple[Leg, ...]], blindings: Sequence[int]) -> list[Bundle]:
    """Bundles of these legs, whose values are their blindings times H."""
    unsigned = [Bundle(ledger_id, legs, (), (), _UNSIGNED, ()) for legs in groups]
    sums = [sum(blindings[i : i + LEGS]) % ORDER for i in range(0, len(blindings), LEGS)]
    secrets = [(secret, balance.point(bundle)) for secret, bundle in zip(sums, unsigned, strict=True)]
    messages = [digests.bundle_message(bundle) for bundle in unsigned]
    bindings = _signatures(secrets, messages, generators.blinding())
    return [replace(bundle, binding=binding) for bundle, binding in zip(unsigned, bindings, strict=True)]


def _signatures(secrets: Sequence[tuple[int, Point]], messages: Sequence[int], base: Point) -> list[Signature]:
    """A signature of each message under each secret and its public key."""
    from zk.hashes import batch  # loads the kernels

    nonces = _multiples(base, len(secrets))
    hashed = [
        number
        for (_, r), (_, key), message in zip(nonces, secrets, messages, strict=True)
        for number in (*r, *key, message)
    ]
    hashes = array.decode(FR, batch.hash_many(array.encode(FR, hashed).reshape(len(secrets), -1, WORDS)))
    return [
        Signature(r, (nonce + COFACTOR * number * secret) % ORDER)
        for (nonce, r), (secret, _), number in zip(nonces, secrets, hashes, strict=True)
    ]


def _multiples(base: Point, count: int) -> list[tuple[int, Point]]:
    """Scalars that count up from a random one, and these multiples of the base."""
    first = 1 + entropy.scalar(ORDER // 2)
    points = accumulate(repeat(base, count - 1), babyjubjub.add, initial=babyjubjub.multiply_base(first, base))
    return list(enumerate(points, start=first))
