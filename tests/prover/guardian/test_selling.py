"""What the insurance took over is sold on the board: near the published prices, and never more than it has."""

from dataclasses import replace

import pytest

from prover.guardian import drafts, insurance, rules, selling, wire
from prover.guardian.drafts import Trade
from prover.trader import addresses, keys
from settlement.pool.assets import NUMERAIRE
from tests.prover.guardian.scene import PERP, USDC, Scene, change, nobody
from tests.settlement.bundles import samples
from zk.errors import Unsatisfied

BTC = 1


@pytest.fixture
def scene(tmp_path):
    """An insurance that took over a short of 1,000 perpetuals at 1,400; `long` holds as many."""
    made = Scene(tmp_path / "ledger.sqlite")
    made.publish()
    made.endow(1_000_000)
    made.watch.step()
    made.short, made.long = made.trade(margin=500)
    made.publish(perp=1_400)
    assert made.watch.step().seized
    yield made
    made.staff.close()
    made.ledger.close()


def balances(scene):
    return scene.watch.view.insurance(scene.ledger).account.balances


def sold(scene):
    scene.watch.view.advance(scene.ledger)
    taken = scene.watch.sell(scene.watch.now(), (PERP,))
    scene.watch.view.advance(scene.ledger)
    return taken


def test_the_insurance_takes_the_best_order_that_makes_its_position_smaller(scene):
    before = balances(scene)
    dear = scene.post(scene.long, change(usdc=1_406, perp=-1_000))
    cheap = scene.post(scene.long, change(usdc=562, perp=-400))
    assert sold(scene).order.order_id == cheap.order_id
    assert balances(scene) == tuple(map(sum, zip(before, change(usdc=-562, perp=400), strict=True)))
    assert balances(scene)[PERP] == -600 and scene.ledger.reader.is_spent(dear.nullifier)
    assert sold(scene) is None, "the other order was of the same account"
    assert scene.watch.view.insurance(scene.ledger).account.guard == 1 and not scene.watch.step().is_insolvent


@pytest.mark.parametrize("seller, changes", [
    ("long", change(usdc=1_408, perp=-1_000)),  # loses 8: half a tenth of the risk of 140 is 7
    ("rich", change(usdc=-100, perp=100)),  # a larger short
    ("rich", change(usdc=1_000, loan=-1)),  # something that the insurance does not owe
])  # fmt: skip
def test_no_order_is_taken_that_loses_more_or_does_not_make_the_position_smaller(scene, seller, changes):
    (rich,) = scene.submit(scene.leg(nobody(), change(usdc=5_000), (samples.flow(USDC, 5_000),)))
    scene.post({"long": scene.long, "rich": rich}[seller], changes)
    assert sold(scene) is None and balances(scene)[PERP] == -1_000


def test_who_lets_himself_be_seized_and_sells_the_other_side_to_the_insurance_gains_nothing(scene):
    """At 2 % from the published price, as it once was, he gained 14 at the insurance's expense."""
    scene.post(scene.long, change(usdc=1_428, perp=-1_000))
    assert sold(scene) is None
    scene.post(scene.long, change(usdc=1_407, perp=-1_000))
    assert sold(scene) is not None
    residual, worth = 86, 100
    assert residual + 1_407 < worth + 1_400 and balances(scene)[NUMERAIRE] > 1_000_000


def test_orders_sealed_to_others_and_prices_that_are_old_are_left(scene):
    now, other = scene.watch.now(), addresses.encode(addresses.of(keys.Seed(bytes(64)), 0))
    scene.post(scene.long, change(usdc=1_390, perp=-1_000), reader=other)
    assert selling.offers(now, balances(scene)) == []
    scene.post(scene.long, change(usdc=1_400, perp=-1_000))
    assert len(selling.offers(now, balances(scene))) == 1
    late = replace(now, now_ms=now.now_ms + selling.MAX_PRICE_AGE_MS + 1)
    assert selling.offers(late, balances(scene)) == []


LONG_LIFE = selling.MAX_LIFE_MS + 1


@pytest.mark.parametrize("changes, lie, why", [
    (change(usdc=-1_400, perp=1_000), lambda s, d: d, None),
    (change(usdc=-1_407, perp=1_000), lambda s, d: d, None),
    (change(usdc=-1_408, perp=1_000), lambda s, d: d, "loses more, at the newest prices, than half"),
    (change(usdc=-1_401, perp=1_001), lambda s, d: d, "no reduction"),
    (change(usdc=1_400, perp=-1_000), lambda s, d: d, "no reduction"),
    (change(usdc=-1_400, perp=1_000), lambda s, d: replace(d, expiry_ms=s.now_ms + LONG_LIFE), "lives too long"),
    (change(usdc=-1_400, perp=1_000), lambda s, d: replace(d, trade=None), "what is traded"),
    (change(usdc=-1_400, perp=1_000),
     lambda s, d: replace(d, trade=Trade(change(usdc=-1_300, perp=1_000), 5)), "what is traded"),
])  # fmt: skip
def test_a_guardian_signs_a_trade_near_the_published_price_and_no_other(scene, changes, lie, why):
    draft = lie(scene, insurance.take_over(scene.watch.now(), [], Trade(changes, 5)))
    assert wire.read_draft(wire.draft_json(draft)) == draft
    derived = drafts.derive(scene.ledger, draft, scene.now_ms)
    if why is None:
        rules.check(scene.ledger, draft, derived, scene.now_ms)
        assert derived.leg.companions == samples.digests.companions([5])
        return
    with pytest.raises(Unsatisfied, match=why):
        rules.check(scene.ledger, draft, derived, scene.now_ms)


def test_a_guardian_signs_no_trade_at_old_prices(scene):
    draft = insurance.take_over(scene.watch.now(), [], Trade(change(usdc=-1_400, perp=1_000), 5))
    late_ms = scene.now_ms + selling.MAX_PRICE_AGE_MS + 1
    with pytest.raises(Unsatisfied, match="more than 5 minutes old"):
        rules.check(scene.ledger, draft, drafts.derive(scene.ledger, draft, late_ms), late_ms)


def backed_by_bitcoin(tmp_path):
    """A scene whose insurance has bitcoin and no USDC, and a short in breach that has bitcoin and no USDC."""
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.endow(1_000, BTC)
    scene.watch.step()
    holds = tuple(2_500 if slot == BTC else one for slot, one in enumerate(change(perp=-1_000)))
    short = scene.leg(nobody(), holds, (samples.flow(BTC, 1_500),))
    long = scene.leg(nobody(), change(perp=1_000), (samples.flow(BTC, 1_000),))
    scene.short, scene.long = scene.submit(short, long)
    scene.publish(perp=2_300)
    return scene


def test_an_owner_is_paid_what_is_left_by_selling_beside_the_seizure(tmp_path):
    scene = backed_by_bitcoin(tmp_path)
    step = scene.watch.step()
    assert [one.account for one in step.left] == [scene.short.account] and not step.seized and step.has_beaten
    (buyer,) = scene.submit(scene.leg(nobody(), change(usdc=500), (samples.flow(USDC, 500),)))
    scene.post(buyer, tuple(500 if slot == BTC else one for slot, one in enumerate(change(usdc=-500))))
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [scene.short.account] and not step.left
    assert scene.ledger.reader.is_spent(scene.short.nullifier) and scene.ledger.reader.is_spent(buyer.nullifier)
    left = 200 - 23  # what it was worth, less a tenth of the risk of 230
    after = balances(scene)
    assert (after[BTC], after[NUMERAIRE], after[PERP]) == (1_000 + 2_500 - 500, 500 - left, -1_000)


def test_an_account_in_which_nothing_is_left_to_its_owner_ends_without_any_usdc(tmp_path):
    scene = backed_by_bitcoin(tmp_path)
    assert scene.watch.step().left
    scene.publish(perp=2_500)
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [scene.short.account]
    assert balances(scene)[NUMERAIRE] == 0


def test_an_insurance_that_cannot_cover_what_an_account_lacks_falls_silent(tmp_path):
    """It would else go on showing that it is solvent, for it has no risk of its own."""
    scene = Scene(tmp_path / "ledger.sqlite")
    scene.publish()
    scene.endow(10)
    scene.watch.step()
    short, _ = scene.trade(margin=500)
    scene.publish(perp=1_450)  # in breach, worth 50, and too much for the insurance: nothing is lacking yet
    step = scene.watch.step()
    assert step.left and step.has_beaten and not step.is_insolvent
    scene.publish(perp=1_700)
    step = scene.watch.step()
    assert step.left and step.is_insolvent and not step.has_beaten
    scene.endow(1_000)
    step = scene.watch.step()
    assert [one.account for one in step.seized] == [short.account] and step.has_beaten
