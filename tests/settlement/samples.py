"""Pools, legs and bundles whose signatures and value commitments are real, and whose proofs prove nothing.

Tests that are not about proofs hand the engine `any_proof` in place of the verifier.  The risk parameters are the
example pool's, in round numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from circuits import generators, records
from circuits.statements import leg as leg_statement
from settlement import digests, encoding, engine, oracle
from settlement.board import Posting
from settlement.boardrules import BoardRules
from settlement.bundle import CIPHERTEXT_BYTES, NO_DIGEST, Account, Bundle, Flow, Leg, Margin
from settlement.funds import Funds
from settlement.grids import Publication
from settlement.ledger import Ledger
from settlement.pool import Asset, Limits, Pool, Risk, StatementKey
from zk import entropy, signature
from zk.curves import babyjubjub, bn254
from zk.fields.prime import R
from zk.groth16.keys import Proof, VerifyingKey
from zk.signature import Signature

NOW_MS = 1_800_000_000_000
LATER_MS = NOW_MS + 3_600_000
NOTHING = (0,) * records.ASSETS
RK_SECRET = 424242
ORACLE_SECRETS = (11, 12, 13)
CUSTODIAN_SECRET = 515151
CUSTODIAN = signature.public(CUSTODIAN_SECRET)
PROOF = Proof(bn254.G1, bn254.G2, bn254.G1)
UNSIGNED = Signature(babyjubjub.BASE8, 1)

_SPOT = {"volatility_bps": 350, "delta_bps": 10_000, "gamma_bps": 0, "haircut_bps": 0}
ASSETS = (
    Asset("USDC", "cash", 6, Risk(None, 0, 0, 0, 0), CUSTODIAN),
    Asset("BTC", "spot", 8, Risk(factor=1, **_SPOT), CUSTODIAN),
    Asset("ETH", "spot", 9, Risk(factor=2, **_SPOT), CUSTODIAN),
    Asset("SOL", "spot", 9, Risk(factor=3, **_SPOT), CUSTODIAN),
    Asset("TBILL", "bill", 6, Risk(None, 0, 0, 0, 50), CUSTODIAN),
    Asset("ETH-PERP", "perpetual", 9, Risk(2, 0, 10_000, 0, 50), CUSTODIAN),
    Asset("ETH-CALL", "option", 9, Risk(2, 0, 3_500, 12_000, 0), CUSTODIAN),
    Asset("XAU", "commodity", 6, Risk(factor=7, **_SPOT), CUSTODIAN),
    *(Asset(f"CLAIM{i}", "perpetual", 9, Risk(2, 0, 10_000, 0, 0), CUSTODIAN) for i in range(8, 16)),
)
BOARD = BoardRules((100, 0, 3, *(0,) * 13), funds_required=False)
LIMITS = Limits(grid_age_ms=600_000, price_age_ms=60_000)


def any_proof(items: list) -> None:
    """A verifier that takes every proof."""


def verifying_key(inputs: int, number: int) -> VerifyingKey:
    """A key of the right shape that no circuit belongs to; `number` tells two apart."""
    g2 = [bn254.multiply(k, bn254.G2) for k in (3, 4, 5)]
    ic = tuple(bn254.multiply(number + i, bn254.G1) for i in range(inputs + 1))
    return VerifyingKey(bn254.G1, *g2, ic)


LEG_KEY = StatementKey("leg", "a" * 64, verifying_key(9, 100), transcript=None)
MARGIN_KEY = StatementKey("margin", "b" * 64, verifying_key(513, 200), transcript=None)


def pool(salt: bytes = b"sixteen bytes ok") -> Pool:
    """A pool like the example's."""
    oracle_keys = tuple(signature.public(secret) for secret in ORACLE_SECRETS)
    return Pool("test", salt, ASSETS, oracle_keys, 3, LIMITS, LEG_KEY, MARGIN_KEY, insecure_dev=True, board=BOARD)


def publication(epoch: int) -> Publication:
    """Grids in which everything is always worth what its number in the pool is; the evidence is empty."""
    rows = tuple(tuple(range(1, records.ASSETS + 1)) for _ in range(records.SCENARIOS))
    return Publication(epoch, records.RiskGrid(rows), records.RiskGrid(rows), b"")


@dataclass(frozen=True)
class Made:
    """A leg, and the blinding of its value."""

    leg: Leg
    blinding: int


def sign(ledger_id: bytes, leg: Leg, secret: int = RK_SECRET) -> Leg:
    """The leg as its owner signs it."""
    return replace(leg, signature=signature.sign(secret, digests.leg_message(ledger_id, leg)))


def margin(ledger: Ledger) -> Margin:
    """A margin proof against the ledger's newest initial grid."""
    newest = ledger.reader.grids(2)[0]
    return Margin(ledger.pool.margin.digest, newest.publication.epoch, PROOF)


def make(ledger: Ledger, deltas: Sequence[int] = NOTHING, flows: Sequence[Flow] = (), **changes) -> Made:
    """A signed leg of a fresh account under the newest root; `changes` are to fields of Public or of Leg."""
    blinding = entropy.scalar(babyjubjub.ORDER)
    public = leg_statement.Public(
        ledger.reader.tree().root, entropy.scalar(R), entropy.scalar(R), *generators.commit(deltas, blinding),
        *signature.public(RK_SECRET), 0, 0,
    )
    for name in [name for name in changes if hasattr(public, name)]:
        public = replace(public, **{name: changes.pop(name)})
    leg = Leg(
        ledger.pool.leg.digest, public, PROOF, None, None, tuple(flows), LATER_MS, NO_DIGEST, NO_DIGEST,
        (bytes(CIPHERTEXT_BYTES),), False, UNSIGNED,
    )
    return Made(sign(ledger.ledger_id, replace(leg, **changes)), blinding)


def flow(asset: int, amount: int, party: bytes = b"bank", reference: bytes | None = None) -> Flow:
    """A flow with a fresh reference."""
    return Flow(asset, amount, Account.OUTSIDE, party, reference or entropy.token(16).hex().encode())


def attest(bundle: Bundle, secret: int = CUSTODIAN_SECRET) -> Bundle:
    """The bundle with the custodian's signature on every flow."""
    return replace(bundle, attestations=tuple(
        signature.sign(secret, digests.attestation_message(bundle.ledger_id, leg, index))
        for leg in bundle.legs for index in range(len(leg.flows))
    ))


def posting(
    ledger: Ledger, leg: Leg, sealed_terms: tuple[bytes, ...] = (), funds: bytes = b"", posted_ms: int = NOW_MS,
    secret: int = RK_SECRET,
) -> Posting:  # fmt: skip
    """The leg as its owner posts it on the board."""
    message = digests.posting_message(digests.leg_id(ledger.ledger_id, leg), sealed_terms, funds, posted_ms)
    signed = signature.encode(signature.sign(secret, message))
    return Posting(encoding.encode_leg(leg), sealed_terms, funds, posted_ms, signed)


def funds(ledger: Ledger, order: Leg, asset: int = 0, amount: int | None = None, **changes) -> Funds:
    """Funds that back the order with an asset; they pay `amount` of it, by default what the pool's board asks.

    `changes` are to the leg, before it is signed.
    """
    paid = ledger.pool.board.funds[asset] if amount is None else amount
    terms = {"nullifier": order.nullifier, "expiry_ms": 0, "ciphertexts": (), **changes}
    made = make(ledger, tuple(-paid if i == asset else 0 for i in range(records.ASSETS)), **terms)
    return sign_funds(ledger, order, asset, made)


def sign_funds(ledger: Ledger, order: Leg, asset: int, made: Made) -> Funds:
    """The leg as funds for the order: its value is opened with the leg's blinding."""
    message = digests.funds_message(digests.leg_id(ledger.ledger_id, order), asset, made.leg)
    opening = signature.sign(made.blinding, message, generators.blinding())
    return Funds(asset, replace(made.leg, signature=opening))


def bind(ledger_id: bytes, *made: Made) -> Bundle:
    """The legs as a bundle that whoever knows their blindings signs, and the custodian."""
    unsigned = attest(Bundle(ledger_id, tuple(one.leg for one in made), (), (), UNSIGNED, ()))
    secret = sum(one.blinding for one in made) % babyjubjub.ORDER
    message = digests.bundle_message(unsigned)
    return replace(unsigned, binding=signature.sign(secret, message, generators.blinding()))


def change(**amounts: int) -> tuple[int, ...]:
    """Changes of balances by symbol: change(USDC=5)."""
    symbols = [asset.symbol for asset in ASSETS]
    assert set(amounts) <= set(symbols)
    return tuple(amounts.get(symbol, 0) for symbol in symbols)


def deposit(ledger: Ledger, amount: int, asset: int = 0) -> Bundle:
    """A bundle of one leg that pays in."""
    deltas = tuple(amount if i == asset else 0 for i in range(records.ASSETS))
    return bind(ledger.ledger_id, make(ledger, deltas, [flow(asset, amount)]))


def publish(ledger: Ledger, now_ms: int = NOW_MS) -> None:
    """Takes the next epoch's grids at prices of a thousand, signed by all oracles."""
    engine.publish(ledger, quotes(ledger, now_ms), now_ms)


def quotes(ledger: Ledger, time_ms: int = NOW_MS) -> list[oracle.Quote]:
    """Prices of a thousand for the next epoch, signed by all oracles."""
    newest = ledger.reader.grids(1)
    epoch = newest[0].publication.epoch + 1 if newest else 1
    return [
        oracle.sign(ledger.pool, secret, asset, 1_000, time_ms, epoch)
        for secret in ORACLE_SECRETS for asset in range(records.ASSETS)
    ]
