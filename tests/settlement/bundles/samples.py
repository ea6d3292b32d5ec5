"""Pools, legs and bundles whose signatures and value commitments are real, and whose proofs prove nothing.

Tests that are not about proofs hand the engine `any_proof` in place of the verifier.  The risk parameters are the
example pool's, in round numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, repeat

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from circuits import generators, records
from circuits.statements import funds as funds_statement
from circuits.statements import leg as leg_statement
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, NO_DIGEST, Account, Bundle, Flow, Leg, Margin, Seizure
from settlement.ledger import Ledger
from settlement.orders.board import Posting
from settlement.orders.funds import Funds
from settlement.pool import assets
from settlement.pool.assets import Asset, Loan, Option, Perpetual
from settlement.pool.boardrules import BoardRules
from settlement.pool.parameters import NO_RISK, Fees, Governance, Guardians, Limits, Parameters, Risk
from settlement.pool.pool import NUM_PUBLIC, Pool, StatementKey
from settlement.pool.validators import NOBODY
from settlement.risk import quotes as quoting
from settlement.risk.grids import Coverage, Publication
from settlement.risk.market import ONE, Market, Observation
from settlement.risk.quotes import Quote
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

GOVERNOR_SECRETS = (21, 22, 23)
GUARDIAN_SECRET, SEIZING_SECRET = 616161, 626262
OPERATOR_SECRET = bytes(range(32))
OPERATOR = Ed25519PrivateKey.from_private_bytes(OPERATOR_SECRET).public_key().public_bytes_raw()

_ETH_3500 = 350_000_000_000_000
_EXPIRY_MS = NOW_MS + 90 * 24 * 3_600_000
ASSETS = (
    Asset("USDC", "cash", 6, CUSTODIAN),
    Asset("BTC", "spot", 8, CUSTODIAN),
    Asset("ETH", "spot", 9, CUSTODIAN),
    Asset("SOL", "spot", 9, CUSTODIAN),
    Asset("TBILL", "bill", 6, CUSTODIAN),
    Asset("XAU", "commodity", 6, CUSTODIAN),
    assets.NOTHING,
    assets.NOTHING,
    Asset("dUSDC", "loan", 6, None, Loan(0)),
    Asset("ETH-PERP", "perpetual", 4, None, Perpetual(2)),
    Asset("ETH-CALL", "option", 4, None, Option(2, _ETH_3500, is_call=True, expiry_ms=_EXPIRY_MS)),
    Asset("ETH-PUT", "option", 4, None, Option(2, _ETH_3500, is_call=False, expiry_ms=_EXPIRY_MS)),
    *[assets.NOTHING] * 4,
)
RISK = (
    Risk(None, 10, 0), Risk(1, 0, 150), Risk(2, 0, 200), Risk(3, 0, 250), Risk(None, 10, 0), Risk(5, 0, 60),
    NO_RISK, NO_RISK,
    Risk(None, 1, 0), Risk(2, 10, 0), Risk(2, 500, 0), Risk(2, 500, 0), *[NO_RISK] * 4,
)  # fmt: skip
# USDC 1.00 | BTC 95,000 | ETH 3,000 | SOL 150 | TBILL 1.01 | XAU 4,000 | ETH-PERP 3,010
OBSERVED = Observation(
    (
        1_000_000_000, 950_000_000_000, 3_000_000_000, 150_000_000, 1_010_000_000, 4_000_000_000_000, 0, 0,
        0, 301_000_000_000_000, 0, 0, 0, 0, 0, 0,
    ),
    (0, 250, 350, 450, 0, 100, 0, 0, 0, 0, 6_000, 6_000, 0, 0, 0, 0),
)  # fmt: skip
BOARD = BoardRules((100, 0, 3, *[0] * 13), funds_required=False)
LIMITS = Limits(grid_age_ms=600_000, price_age_ms=60_000)
GUARDIANS = Guardians(1, 1, 1, signature.public(GUARDIAN_SECRET), signature.public(SEIZING_SECRET), stale_before=0)
GOVERNANCE = Governance(tuple(map(signature.public, GOVERNOR_SECRETS)), quorum=2, delay_ms=3_600_000)
PARAMETERS = Parameters(
    version=1, rules=1, oracle_keys=tuple(map(signature.public, ORACLE_SECRETS)), quorum=3, limits=LIMITS, risk=RISK,
    board=BOARD, fees=Fees(leg=0, order=0), penalty_bps=1_000, grace_epochs=3, loan_rate_bps=500, guardians=GUARDIANS,
    validators=NOBODY,
)  # fmt: skip


def any_proof(items: list) -> None:
    """A verifier that takes every proof."""


def verifying_key(inputs: int, number: int) -> VerifyingKey:
    """A key of the right shape that no circuit belongs to; `number` tells two apart."""
    g2 = [bn254.multiply(k, bn254.G2) for k in (3, 4, 5)]
    first = bn254.multiply(number, bn254.G1)
    ic = tuple(accumulate(repeat(bn254.G1, inputs), bn254.add, initial=first))
    return VerifyingKey(bn254.G1, *g2, ic)


def _key(statement: str, digit: str, number: int) -> StatementKey:
    return StatementKey(statement, digit * 64, verifying_key(NUM_PUBLIC[statement], number), transcript=None)


LEG_KEY, MARGIN_KEY, ESCROW_KEY, SEIZE_KEY, FUNDS_KEY = KEYS = (
    _key("leg", "a", 100), _key("margin", "b", 200), _key("escrow", "c", 300), _key("seize", "d", 400),
    _key("funds", "e", 500),
)  # fmt: skip


@cache
def pool(salt: bytes = b"sixteen bytes ok", **changes) -> Pool:
    """A pool like the example's; `changes` are to its parameters."""
    parameters = replace(PARAMETERS, **changes)
    return Pool("test", salt, ASSETS, OPERATOR, GOVERNANCE, parameters, *KEYS, insecure_dev=True)


def publication(epoch: int) -> Publication:
    """Grids in which everything is always worth what its number in the pool is; the evidence is empty."""
    prices = tuple(range(1, records.ASSETS + 1))
    grid = records.RiskGrid((prices,) * records.SCENARIOS)
    market = Market(prices, (0,) * records.ASSETS, (ONE,) * records.ASSETS, (None,) * records.ASSETS, NOW_MS)
    return Publication(epoch, market, grid, grid, Coverage.MIXTURE, b"")


@dataclass(frozen=True)
class Made:
    """A leg or a seizure, and the blinding of its value."""

    leg: Leg | Seizure
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
        *signature.public(RK_SECRET), 0, 0, 0, 0,
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
    """The bundle with every attestation that it needs: the custodian's, and the guardians'."""
    signed = []
    for leg in bundle.legs:
        for index, flow in enumerate(leg.flows):
            is_drawn = flow.amount > 0 and flow.account in (Account.FEE, Account.INSURANCE)
            signer = secret if flow.account is Account.OUTSIDE else SEIZING_SECRET if is_drawn else None
            message = digests.attestation_message(bundle.ledger_id, leg, index)
            signed.append(None if signer is None else signature.sign(signer, message))
    insured = (leg for leg in bundle.legs if leg.is_insurance)
    signed += [signature.sign(SEIZING_SECRET, digests.insurance_message(bundle.ledger_id, leg)) for leg in insured]
    return replace(bundle, attestations=tuple(signed))


def posting(
    ledger: Ledger, leg: Leg, sealed_terms: tuple[bytes, ...] = (), funds: bytes = b"", posted_ms: int = NOW_MS,
    secret: int = RK_SECRET,
) -> Posting:  # fmt: skip
    """The leg as its owner posts it on the board."""
    message = digests.posting_message(digests.leg_id(ledger.ledger_id, leg), sealed_terms, funds, posted_ms)
    signed = signature.encode(signature.sign(secret, message))
    return Posting(encoding.encode_leg(leg), sealed_terms, funds, posted_ms, signed)


def funds(ledger: Ledger, order: Leg, asset: int = 0, amount: int | None = None, **changes) -> Funds:
    """Funds that back the order with an asset, of which they show what the pool's board asks; `changes` are made."""
    shown = ledger.pool.parameters.board.funds[asset] if amount is None else amount
    context = digests.order_context(digests.leg_id(ledger.ledger_id, order))
    thresholds = tuple(shown if i == asset else 0 for i in range(records.ASSETS))
    key = changes.pop("key", ledger.pool.funds.digest)
    public = funds_statement.Public(order.public.root, order.nullifier, context, thresholds, tag=77)
    return Funds(key, replace(public, **changes), PROOF)


def bind(ledger_id: bytes, *made: Made) -> Bundle:
    """Legs and seizures as a bundle that whoever knows their blindings signs, and custodian and guardians attest."""
    legs = tuple(one.leg for one in made if isinstance(one.leg, Leg))
    seizures = tuple(one.leg for one in made if not isinstance(one.leg, Leg))
    unsigned = attest(Bundle(ledger_id, legs, seizures, (), UNSIGNED, ()))
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
    """Takes the next epoch's grids at the prices of OBSERVED, signed by all oracles."""
    engine.publish(ledger, quotes(ledger, now_ms), now_ms)


def quotes(ledger: Ledger, time_ms: int = NOW_MS) -> list[Quote]:
    """Quotes of OBSERVED for the next epoch, signed by all oracles: newer than the newest epoch's, by 1 ms at least."""
    newest = ledger.reader.grids(1)
    epoch = 1
    if newest:
        publication = newest[0].publication
        epoch, time_ms = publication.epoch + 1, max(time_ms, publication.market.time_ms + 1)
    return quoting.sign_all(
        ledger.pool, ledger.parameters(time_ms), ledger.reader.rates(), ORACLE_SECRETS, OBSERVED, time_ms, epoch
    )
