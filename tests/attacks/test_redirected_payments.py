"""A one-sided leg was a bearer cheque for whoever knew its blinding: a machine that proves for others, or an assembler.

alice's payment of 5,000 USDC, re-bundled with the thief's leg in place of the payee's, settled, and the thief had them.
Now a payment names, under its signature, the accounts that must stand beside it.
"""

from dataclasses import replace

import pytest

from settlement.bundles import digests
from settlement.bundles.bundle import NO_DIGEST
from tests.attacks.scene import deposit, opposite, units
from tests.simulation import market, traders
from tests.simulation.world import World

PAID = units(USDC=-5_000)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "ledger.sqlite")
    yield made
    made.withdraw_everything()
    made.close()


def payment(world, alice, bob, *, is_accompanied: bool) -> list[traders.Made]:
    """Alice's leg and the one that she makes for bob."""
    drafts = [world.draft(alice, PAID), world.draft(traders.nothing(), opposite(PAID), target=bob)]
    drafts = [replace(draft, is_accompanied=is_accompanied) for draft in drafts]
    return traders.make_all(world.ledger, world.notary, drafts)


def stolen(world) -> traders.Made:
    """The thief's own leg beside alice's, whose blinding and signed leg he has seen."""
    return traders.make(world.ledger, world.notary, world.draft(traders.nothing(), opposite(PAID)))


def test_a_payment_is_not_redirected_by_whoever_knows_its_blinding(world):
    alice, bob = deposit(world, USDC=10_000), traders.new_keys()
    paid, received = payment(world, alice, bob, is_accompanied=True)
    assert world.refusal([paid, stolen(world)]) == "COMPANIONS"
    assert world.refusal([paid, received]) is None


def test_a_payment_that_names_nobody_is_redirected(world):
    """Why it names them: this is the attack as it was."""
    alice, bob = deposit(world, USDC=10_000), traders.new_keys()
    paid, _ = payment(world, alice, bob, is_accompanied=False)
    assert world.refusal([paid, stolen(world)]) is None


def test_the_names_are_under_the_signature_and_are_all_that_stands_beside(world):
    alice, bob = deposit(world, USDC=10_000), traders.new_keys()
    paid, received = payment(world, alice, bob, is_accompanied=True)
    thief = stolen(world)
    for companions in (NO_DIGEST, digests.companions([thief.leg.commitment])):
        changed = replace(paid, leg=replace(paid.leg, companions=companions))
        assert world.refusal([changed, thief]) == "LEG_SIGNATURE"
    passer_by = traders.make(world.ledger, world.notary, world.draft(traders.nothing(), traders.NOTHING))
    assert world.refusal([paid, received, passer_by]) == "COMPANIONS"
    assert world.refusal([received, paid]) is None, "in any order"


def test_what_a_seizure_takes_goes_to_nobody_but_the_insurance_that_it_names(world):
    world.publish(market.PRICES)
    [account] = market.in_breach(world)
    thief = deposit(world, USDC=1_000_000)
    one = market.seized(world, account)
    honest = market.taken_over(world, one)
    grabbed = world.draft(thief, opposite(one.plain.changes))
    grabbed = traders.make_all(world.ledger, world.notary, [grabbed], [one.seizure.commitment])
    prepared = world.prepare([honest], seized=[one])
    signed = replace(one, seizure=prepared.bundle.seizures[0])
    assert world.refusal(grabbed, [signed]) == "COMPANIONS"
    assert world.submit(prepared) is None
