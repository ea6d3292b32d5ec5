"""Which stops are due: a definition in plain words beside the code, and what a new stop may not be."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from prover.stops import firing, stops
from prover.stops.stops import Prices, Stop
from settlement.ledger import Ledger
from tests.prover import pools
from tests.settlement.bundles import samples
from zk.errors import FormatError

USDC, ETH, BTC = 0, 2, 3
NOW = 1_000
STOP = Stop(
    "0a1b2c3d", ETH, False, 50, True, ETH, 7, 0, USDC, 3, 2, (), 60_000, False, NOW, 0, 4,
)  # fmt: skip


def prices(epoch: int, price: int) -> Prices:
    return Prices(epoch, tuple(price * (slot == ETH) for slot in range(16)))


@given(
    is_above=some.booleans(), trigger=some.integers(1, 9), price=some.integers(0, 10), since=some.integers(0, 3),
    epoch=some.integers(0, 4), until=some.sampled_from([0, NOW - 1, NOW, NOW + 1]),
    state=some.sampled_from(["waiting", "triggered", "done", "expired"]),
)  # fmt: skip
def test_a_stop_is_due_when_a_later_publication_has_the_price_at_or_beyond_its_trigger(
    is_above, trigger, price, since, epoch, until, state
):
    stop = replace(STOP, is_above=is_above, trigger=trigger, since_epoch=since, until_ms=until, state=state)
    is_hit = price != 0 and (trigger <= price if is_above else price <= trigger)
    expected = state == "waiting" and epoch > since and (until == 0 or NOW < until) and is_hit
    assert (stops.due([stop], prices(epoch, price), NOW) == (stop,)) == expected
    assert stops.due([stop], None, NOW) == ()


def test_an_order_of_a_stop_is_rounded_in_its_owners_favour():
    assert stops.sides(STOP) == ({ETH: 7}, {USDC: 11})
    assert stops.sides(replace(STOP, sells=False)) == ({USDC: 10}, {ETH: 7})
    assert STOP.price == Fraction(3, 2)


@pytest.mark.parametrize("change, why", [
    ({"other": ETH}, "two different assets"),
    ({"amount": 0}, "must be above 0"),
    ({"sells": False, "price_denominator": 100}, "would trade for nothing"),
    ({"minimum": 8}, "the minimum is more than the amount"),
    ({"readers": ("zks1",), "minimum": 1}, "a minimum is for what is taken"),
    ({"until_ms": NOW}, "over before it begins"),
    ({"trigger": 51}, "would act at once: trade instead"),
    ({"is_above": True, "trigger": 51}, "would act at once: trade instead"),
])  # fmt: skip
def test_a_stop_that_makes_no_sense_is_refused(change, why):
    stops.check(STOP, prices(4, 51), pools.make(), NOW)
    with pytest.raises(FormatError, match=why):
        stops.check(replace(STOP, **change), prices(4, 51), pools.make(), NOW)


def test_without_prices_nobody_knows_on_which_side_they_are():
    with pytest.raises(FormatError, match="no prices are published yet"):
        stops.check(STOP, None, pools.make(), NOW)


def test_the_newest_prices_are_those_of_the_last_publication(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), samples.NOW_MS) as ledger:
        assert firing.newest(ledger) is None
        pools.publish(ledger, samples.NOW_MS)
        published = ledger.reader.grids(1)[0].publication
        assert firing.newest(ledger) == Prices(1, tuple(published.prices))
