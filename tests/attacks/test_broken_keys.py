"""A proving key whose secrets somebody knows: what a forger can reach with margin, escrow or seize, and what he cannot.

The forger's proofs here verify for real: of keys whose secrets are known (tests.zk.groth16.known) a proof of anything
is three multiplications.  Every other proof is the notary's, who checks the claim.  Whatever is forged, what members
hold stays theirs, because that is proved by leg alone.  A forger with the key of leg could make up held balances; then
custody, which is counted per key, bounds the loss (settlement.custody).
"""

from dataclasses import astuple, replace

import pytest

from circuits import escrow, records
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account, Flow
from settlement.checks import proofclaims
from settlement.pool.pool import NUM_PUBLIC, StatementKey
from settlement.rejection import Rejected, Rejection
from settlement.risk import grids
from tests.attacks.scene import deposit, opposite, outside, units, why, withdrawal
from tests.simulation import binding, guardians, market, traders
from tests.simulation.world import World
from tests.zk.groth16 import known
from zk.errors import FormatError, InvalidProof
from zk.hashes import poseidon


def broken(statement: str) -> StatementKey:
    """A key of a ceremony in which somebody kept the secrets."""
    return StatementKey(statement, "f" * 64, known.key(NUM_PUBLIC[statement]), transcript=None)


class Forger:
    """Verifies proofs under the broken key for real, and has the others checked by the notary."""

    def __init__(self, notary, key: StatementKey):
        self.notary, self.key = notary, key

    def verify(self, claims: list) -> None:
        forged = [claim for claim in claims if claim[0] == self.key.verifying]
        proofclaims.verify(forged)
        self.notary.verify([claim for claim in claims if claim[0] != self.key.verifying])


def world_with(path, statement: str) -> World:
    """A ledger whose key for a statement is broken, with an honest holder of 1,000,000 USDC and prices."""
    key = broken(statement)
    made = World(path / "ledger.sqlite", keys={statement: key})
    made.verify = Forger(made.notary, key).verify
    made.publish(market.PRICES)
    deposit(made, USDC=1_000_000)
    return made


def forged_margin(world: World, made: traders.Made) -> traders.Made:
    """The leg with a margin proof that verifies for its account and the newest grid, and is of nothing."""
    commitment, values = made.leg.commitment, grids.flat(world.grid().publication.initial)
    proof = known.proof([commitment, *values])
    return replace(made, leg=replace(made.leg, margin=replace(made.leg.margin, proof=proof)))


def settle(world: World, *made: traders.Made, seized=()) -> tuple:
    """Settles legs as they are, beside the reference, which knows no forgeries; the positions of the accounts."""
    data = encoding.encode_bundle(binding.bind(world.ledger, made, seized))
    return engine.submit(world.ledger, data, world.now_ms, world.verify).positions


def refused(world: World, *made: traders.Made, seized=()) -> Rejection:
    with pytest.raises(Rejected) as error:
        settle(world, *made, seized=seized)
    return error.value.rejection


def test_with_the_margin_key_one_owes_any_claim_and_reaches_nothing_that_is_held(tmp_path):
    """The forger owes himself 10^12 dollars of dUSDC; the account that is owed them takes out no cent."""
    world = world_with(tmp_path, "margin")
    debt = units(dUSDC=-(10**12))
    drafts = [world.draft(traders.nothing(), debt), world.draft(traders.nothing(), opposite(debt))]
    made = traders.make_all(world.ledger, world.notary, drafts)
    with pytest.raises(InvalidProof):
        world.notary.verify([proofclaims.margin(world.ledger, made[0].leg, made[0].leg.margin)])
    positions = settle(world, forged_margin(world, made[0]), made[1])
    owed = replace(made[1].holding, position=positions[1])
    assert owed.account.balances == units(dUSDC=10**12)
    for symbol in ("USDC", "BTC"):
        assert why(world, withdrawal(world, owed, **{symbol: 1})) == "held balances"
        assert refused(world, traders.make(world.ledger, world.notary, withdrawal(world, owed, **{symbol: 1}))) is (
            Rejection.INVALID_PROOF
        )
    redeemed = units(dUSDC=-1, USDC=1)
    pot = (Flow(8, -(10**6), Account.POT, b"", b""), Flow(0, 10**6, Account.POT, b"", b""))
    assert refused(world, traders.make(world.ledger, world.notary, world.draft(owed, redeemed, pot))) is Rejection.POT
    take_out_everything(world, 1_000_000)


def test_with_the_escrow_key_one_hides_from_the_guardians_and_reaches_nothing_that_is_held(tmp_path):
    """The account cannot be seized: nobody can open it.  Who lent to it loses, and nobody else."""
    world = world_with(tmp_path, "escrow")
    bet = units(dUSDC=-1_000, USDC=1_000)
    hidden, lender = deposit(world, TBILL=5_000), deposit(world, USDC=1_000)
    made = traders.make_all(world.ledger, world.notary, [world.draft(hidden, bet), world.draft(lender, opposite(bet))])
    leg = made[0].leg
    nonsense = replace(leg.escrow, ciphertext=tuple(range(8)))
    key = world.ledger.pool.parameters.guardians.encryption_key
    digest = escrow.digest(key, nonsense.ephemeral, nonsense.ciphertext)
    nonsense = replace(nonsense, proof=known.proof([leg.commitment, digest]))
    made[0] = traders.sign(world.ledger.ledger_id, replace(made[0], leg=replace(leg, escrow=nonsense)))
    positions = settle(world, *made)
    with pytest.raises(FormatError):
        guardians.opened(made[0].leg)
    thief = replace(made[0].holding, position=positions[0])
    assert why(world, withdrawal(world, thief, USDC=1_001)) == "held balances"
    take_out_everything(world, 1_000_000)


def test_with_the_seize_key_alone_nothing_is_seized(tmp_path):
    """A forged seizure could make up any account; so it takes the guardians' signature too, and they open what they
    sign."""
    world = world_with(tmp_path, "seize")
    [account] = market.in_breach(world)
    rich = replace(account, account=replace(account.account, balances=units(USDC=10**9)))
    one = market.seized(world, rich)
    publication = world.grid().publication
    published = (world.reference.penalty_bps, *publication.prices, *grids.flat(publication.maintenance))
    proof = known.proof([*astuple(one.seizure.public), *published])
    forged = replace(one, seizure=replace(one.seizure, proof=proof))
    heir = traders.make_all(
        world.ledger, world.notary, [market.accompanied(world.draft(traders.nothing(), traders.NOTHING))],
        [forged.seizure.commitment],
    )  # fmt: skip
    unsigned = replace(forged.seizure, companions=digests.companions([heir[0].leg.commitment]))
    assert refused(world, *heir, seized=[replace(forged, seizure=unsigned)]) is Rejection.SEIZURE


def take_out_everything(world: World, dollars: int) -> None:
    """Every honest holder withdraws, and gets what it holds; the first of them held so much."""
    assert world.holdings[0].account.balances == units(USDC=dollars)
    for holding in [one for one in world.holdings if min(one.account.balances) >= 0 and one.position is not None]:
        if world.ledger.reader.is_spent(nullifier(holding)):
            continue
        held = tuple(-amount if asset < records.HELD else 0 for asset, amount in enumerate(holding.account.balances))
        if any(held):
            settle(world, traders.make(world.ledger, world.notary, world.draft(holding, held, outside(held))))


def nullifier(holding: traders.Holding) -> int:
    kappa = records.kappa(holding.account, holding.keys.nk)
    return records.nullifier(poseidon.hash, kappa, holding.account.commitment(poseidon.hash), holding.position)
