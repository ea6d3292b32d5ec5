"""Receipts with openings: what the legs did, the two sides of a trade, and what a forger would try."""

import json
from contextlib import ExitStack
from dataclasses import replace

import pytest

from circuits import generators
from prover.receipts import confirmation, openings, ownlegs, receiptfile
from prover.trader import keys, plan, wallets, walletsync
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account, Flow
from settlement.pool import fingerprint
from tests.prover.receipts import scene
from tests.prover.receipts.scene import ETH, FINGERPRINT, USDC
from tests.prover.trader import moving
from tests.reference import babyjubjub as plain
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.errors import FormatError, InvalidProof, Unsatisfied


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(ledger, alice, bob, height of their trade)."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        ledger, alice, bob = scene.open_all(tmp_path_factory.mktemp("receipts"), stack, patch)
        yield ledger, alice, bob, scene.trade(ledger, alice, bob)


def decoded(ledger, height):
    return encoding.decode_bundle(ledger.reader.bundle(height)[1])


def opened(world, trader):
    ledger, _, _, height = world
    bundle = decoded(ledger, height)
    return [each.opening for each in ownlegs.find(trader.wallet, ownlegs.states(trader.file), bundle).legs]


def made(world, *opening, validators=(0, 1)):
    ledger, _, _, height = world
    signed = scene.signed(ledger, *validators)
    return receiptfile.make(ledger, scene.bundle_id(ledger, height), signed, opening)


def both(world):
    return [receiptfile.verify(made(world, *opened(world, each)), FINGERPRINT) for each in world[1:3]]


def test_a_stranger_sees_what_the_opened_leg_did_and_nothing_of_the_other(world):
    (opening,) = opened(world, world[1])
    found = receiptfile.verify(made(world, opening), FINGERPRINT)
    assert found.is_final and found.openings == (opening,)
    assert opening.changes == plan.changes({USDC: 100}, {ETH: 2})
    public = found.bundle.legs[opening.leg].public
    total = plain.multiply(opening.blinding, generators.blinding())  # an independent sum of the commitment
    for change, base in zip(opening.changes, generators.assets(), strict=True):
        total = plain.add(total, plain.multiply(change % babyjubjub.ORDER, base))
    assert total == (public.value_x, public.value_y)


def test_a_wallet_restored_from_its_phrase_makes_the_same_openings(world):
    ledger, alice, _, height = world
    found = walletsync.sync(ledger, wallets.restore(scene.PHRASES[0]))
    known = {each.nullifier: each.account.balances for each in (*found.archived, *found.wallet.live)}
    again = ownlegs.find(found.wallet, known, decoded(ledger, height))
    assert [each.opening for each in again.legs] == opened(world, alice)


def test_a_receipt_without_openings_shows_the_place_and_no_more(world):
    found = receiptfile.verify(made(world), FINGERPRINT)
    assert found.is_final and found.openings == ()


def test_a_receipt_of_version_1_is_read_as_one_that_opens_nothing(world):
    document = json.loads(made(world))
    del document["openings"]
    document["version"] = 1
    assert receiptfile.verify(json.dumps(document).encode(), FINGERPRINT).openings == ()
    document["openings"] = []
    with pytest.raises(FormatError):
        receiptfile.verify(json.dumps(document).encode(), FINGERPRINT)


def test_a_checkpoint_without_a_quorum_is_not_final(world):
    assert not receiptfile.verify(made(world, *opened(world, world[1]), validators=(0,)), FINGERPRINT).is_final


def test_another_pools_receipt_is_refused(world):
    other = fingerprint.of(samples.pool())
    with pytest.raises(InvalidProof, match="another pool"):
        receiptfile.verify(made(world), other)


@pytest.mark.parametrize("lie", [
    lambda one, other: scene.changed(one, USDC),
    lambda one, other: replace(one, blinding=(one.blinding + 1) % babyjubjub.ORDER),
    lambda one, other: replace(one, leg=other.leg),
    lambda one, other: replace(other, leg=one.leg),
    lambda one, other: replace(one, changes=plan.opposite(one.changes)),
])  # fmt: skip
def test_a_false_opening_is_refused(world, lie):
    (one,), (other,) = opened(world, world[1]), opened(world, world[2])
    with pytest.raises(InvalidProof, match="is not what the leg did"):
        receiptfile.verify(made(world, lie(one, other)), FINGERPRINT)


@pytest.mark.parametrize("spoil, words", [
    (lambda d: d["openings"][0].update(blinding=str(int(d["openings"][0]["blinding"]) + babyjubjub.ORDER)), "range"),
    (lambda d: d["openings"][0].update(blinding="0" + d["openings"][0]["blinding"]), "decimal"),
    (lambda d: d["openings"][0].update(blinding="-1"), "range"),
    (lambda d: d["openings"][0]["changes"].__setitem__(0, "-0"), "decimal"),
    (lambda d: d["openings"][0]["changes"].__setitem__(0, -100), "decimal"),
    (lambda d: d["openings"][0]["changes"].append("0"), "array of 16"),
    (lambda d: d["openings"][0]["changes"].__setitem__(3, str(babyjubjub.ORDER)), "range"),
    (lambda d: d["openings"][0].update(leg=2), "has 2 legs"),
    (lambda d: d["openings"][0].update(leg=True), "integer"),
    (lambda d: d["openings"].append(d["openings"][0]), "order of their legs"),
    (lambda d: d["openings"][0].update(owner="x"), "unknown field"),
])  # fmt: skip
def test_a_malformed_opening_is_refused_as_such(world, spoil, words):
    document = json.loads(made(world, *opened(world, world[1])))
    spoil(document)
    with pytest.raises(FormatError, match=words):
        receiptfile.verify(json.dumps(document).encode(), FINGERPRINT)


def test_both_sides_receipts_confirm_the_trade(world):
    confirmed = confirmation.confirm(*both(world))
    assert confirmed.sides == (plan.changes({USDC: 100}, {ETH: 2}), plan.changes({ETH: 2}, {USDC: 100}))
    assert not any(confirmed.fees) and not any(confirmed.others)


def test_who_pays_the_fees_of_the_whole_bundle_and_of_its_dummy_legs_has_them_in_its_side(world):
    """Every leg carries a fee of 3 in its flows, four legs with the dummies; the first side pays for all of them."""
    first, second = both(world)
    fee = Flow(USDC, -3, Account.FEE, b"", b"")
    legs = tuple(replace(leg, flows=(fee,)) for leg in first.bundle.legs * 2)

    def paying(amount):
        opened = scene.changed(first.openings[0], USDC, -amount)
        return replace(first, bundle=replace(first.bundle, legs=legs), openings=(opened,))

    confirmed = confirmation.confirm(paying(12), second)
    assert confirmed.fees == plan.changes({USDC: 12}, {}) and not any(confirmed.others)
    assert confirmed.sides[0] == plan.changes({USDC: 112}, {ETH: 2})
    with pytest.raises(InvalidProof, match="do not add up"):
        confirmation.confirm(paying(9), second)


def test_receipts_that_are_no_two_sides_confirm_nothing(world):
    ledger, alice, bob, _ = world
    first, second = both(world)
    made_of_deposit = receiptfile.make(ledger, scene.bundle_id(ledger, 1), scene.signed(ledger))
    deposit = receiptfile.verify(made_of_deposit, FINGERPRINT)
    for pair, words in (
        ((first, first), "the same leg"), ((first, replace(second, openings=())), "opens no leg"),
        ((first, deposit), "different bundles"),
        ((first, replace(second, openings=(scene.changed(second.openings[0], ETH),))), "do not add up"),
    ):  # fmt: skip
        with pytest.raises(InvalidProof, match=words):
            confirmation.confirm(*pair)


def test_the_wallet_opens_its_own_legs_only_and_says_why(world):
    ledger, alice, bob, height = world
    bundle = decoded(ledger, height)
    found = ownlegs.find(alice.wallet, ownlegs.states(alice.file), bundle)
    (own,) = [each.opening.leg for each in found.legs]
    assert [each.opening.leg for each in ownlegs.chosen(found, bundle, [own])] == [own]
    with pytest.raises(Unsatisfied, match="it is somebody else's"):
        ownlegs.chosen(found, bundle, [1 - own])
    with pytest.raises(Unsatisfied, match="the bundle has 2 legs"):
        ownlegs.chosen(found, bundle, [2])
    forgotten = ownlegs.find(alice.wallet, {}, bundle)
    with pytest.raises(Unsatisfied, match="forgotten"):
        ownlegs.chosen(forgotten, bundle, [])
    with pytest.raises(keys.WatchOnly):
        ownlegs.find(wallets.watch_only(alice.wallet), {}, bundle)


def test_a_payment_received_cannot_be_opened_by_its_receiver(world):
    ledger, alice, bob, _ = world
    moving.settle(ledger, moving.given(ledger, bob.target().address))
    bundle = decoded(ledger, ledger.reader.last_event().height)
    bob.sync()
    found = ownlegs.find(bob.wallet, ownlegs.states(bob.file), bundle)
    assert found.legs == ()
    with pytest.raises(Unsatisfied, match="somebody else made it"):
        ownlegs.chosen(found, bundle, [])


def test_an_order_names_the_bundle_that_settled_it(world):
    ledger, alice, _, height = world
    known = ownlegs.states(alice.file)
    for leg in decoded(ledger, height).legs:
        order_id = digests.leg_id(ledger.ledger_id, leg).hex()
        assert ownlegs.taken(ledger, known, order_id) == ownlegs.taken(ledger, known, order_id[:8]) == height
    assert ownlegs.taken(ledger, known, "0" * 64) is None and ownlegs.taken(ledger, known, order_id[:7]) is None


def test_openings_do_not_show_themselves(world):
    assert repr(opened(world, world[1])[0]) == "Opening"
    assert openings.total([]) == plan.NOTHING
