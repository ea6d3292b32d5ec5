"""Two sides around a price: monotone in the inventory, never across each other, rounded in the desk's favour."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.dealer.strategies.strategy import Standing
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.twosided import TwoSided
from prover.dealer.strategies.view import SCALE, Enquiry, Inventory
from prover.rfq.messages import Line, Way
from tests.prover.dealer import views
from tests.prover.dealer.views import ETH, PERP, SOL, USDC
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
WHOLE = 10 ** POOL.assets[ETH].decimals
PERPS = 10 ** POOL.assets[PERP].decimals
DOLLAR = 10 ** POOL.assets[USDC].decimals
MARKET = views.priced({USDC: SCALE, ETH: 3_000 * DOLLAR * SCALE // WHOLE, PERP: 3_000 * DOLLAR * SCALE // PERPS})
SETTINGS = {
    "market": {
        "ETH": {
            "size": "1 ETH", "levels": 3, "spread": "1%", "step": "0.5%", "skew": "2%", "target": "10 ETH",
            "most": "5 ETH",
        },
        "ETH-PERP": {"size": "1 ETH-PERP", "spread": "1%", "skew": "1%", "most": "4 ETH-PERP"},
    }
}  # fmt: skip
STRATEGY = TwoSided(Table(SETTINGS, POOL, "strategy[0]"))


def inventory(eth: int = 10 * WHOLE, perp: int = 0, usdc: int = 10**6 * DOLLAR) -> Inventory:
    """What was settled."""
    return views.holding({ETH: eth, PERP: perp, USDC: usdc})


def standing(has: Inventory, market=MARKET) -> dict[str, Standing]:
    return {each.name: each for each in STRATEGY.standing(market, has)}


def paid(name: str, has: Inventory) -> Fraction:
    """The price in dollars of a standing quote."""
    changes = standing(has)[name].changes
    slot = ETH if name.startswith("ETH ") else PERP
    return Fraction(-changes[USDC], changes[slot]) * (WHOLE if slot == ETH else PERPS) / DOLLAR


def quoted(has: Inventory, market=MARKET, **sizes: int) -> dict[Way, int]:
    """What is paid on both sides of a request for one line."""
    line = Line(views.changes({getattr(views, name): size for name, size in sizes.items()}), USDC)
    answer = STRATEGY.price(market, has, Enquiry((line,)))
    return {way: each[USDC] for prices in answer.prices for way, each in prices.sides.items()}


def test_at_its_target_it_quotes_half_the_spread_and_a_step_for_each_level_on_both_sides():
    has = inventory()
    assert [paid(f"ETH bid {level}", has) for level in (1, 2, 3)] == [2_985, 2_970, 2_955]
    assert [paid(f"ETH offer {level}", has) for level in (1, 2, 3)] == [3_015, 3_030, 3_045]
    assert standing(has)["ETH offer 1"].changes == views.changes({ETH: -WHOLE, USDC: 3_015 * DOLLAR})


def test_the_middle_moves_by_the_skew_at_the_bounds_and_in_proportion_between():
    assert quoted(inventory(15 * WHOLE), ETH=WHOLE)[Way.OFFER] == 3_000 * 98 * 1005 // 1000 * DOLLAR // 100
    assert quoted(inventory(5 * WHOLE), ETH=WHOLE)[Way.BID] == 3_000 * 102 * 995 // 1000 * DOLLAR // 100
    half = quoted(inventory(12 * WHOLE + WHOLE // 2), ETH=WHOLE)
    assert half[Way.OFFER] == 3_000 * 99 * 1005 * DOLLAR // 100_000


def test_a_side_that_would_pass_a_bound_is_left_out():
    assert set(quoted(inventory(15 * WHOLE), ETH=1)) == {Way.OFFER}
    assert set(quoted(inventory(5 * WHOLE), ETH=1)) == {Way.BID}
    assert set(quoted(inventory(5 * WHOLE), ETH=-1)) == {Way.OFFER}
    open_sale = replace(inventory(), lowest=views.changes({ETH: 5 * WHOLE}))
    assert set(quoted(open_sale, ETH=1)) == {Way.BID}
    assert "ETH bid 1" not in standing(inventory(15 * WHOLE)) and "ETH offer 1" not in standing(inventory(5 * WHOLE))


def test_the_last_level_is_cut_where_the_position_ends_and_what_is_held_is_never_owed():
    assert [standing(inventory(6 * WHOLE + 7))[f"ETH offer {level}"].changes[ETH] for level in (1, 2)] == [-WHOLE, -7]
    assert [name for name in standing(inventory(eth=0)) if name.startswith("ETH offer")] == []
    sold = standing(inventory(perp=-4 * PERPS + 3))
    assert sold["ETH-PERP offer 1"].changes[PERP] == -3 and "ETH-PERP bid 1" in sold


def test_beyond_its_bounds_the_middle_moves_no_farther():
    assert quoted(inventory(40 * WHOLE), ETH=WHOLE) == {Way.OFFER: 3_000 * 98 * 1005 // 1000 * DOLLAR // 100}


def test_no_more_is_offered_of_what_is_held_than_there_is():
    rules = {"size": "1 ETH", "levels": 3, "spread": "1%", "target": "2 ETH", "most": "5 ETH"}
    made = TwoSided(Table({"market": {"ETH": rules}}, POOL, "strategy[0]"))
    offers = [each.changes[ETH] for each in made.standing(MARKET, inventory(WHOLE + 7)) if "offer" in each.name]
    assert offers == [-WHOLE, -7]


def test_no_more_is_bid_than_there_is_money_for():
    assert {name for name in standing(inventory(usdc=6_000 * DOLLAR)) if "ETH bid" in name} == {
        "ETH bid 1", "ETH bid 2"
    }  # fmt: skip


def test_without_a_price_nothing_is_quoted_and_the_answer_says_so():
    market = replace(MARKET, prices=tuple(None if slot == ETH else each for slot, each in enumerate(MARKET.prices)))
    assert not [name for name in standing(inventory(), market) if name.startswith("ETH ")]
    line = Line(views.changes({ETH: 1}), USDC)
    answer = STRATEGY.price(market, inventory(), Enquiry((line,)))
    assert answer.prices == () and "ETH has no price now" in answer.why


def test_a_larger_request_is_priced_at_the_level_it_reaches_and_the_largest_is_all_levels():
    assert quoted(inventory(), ETH=WHOLE + 1)[Way.OFFER] == -(-3_030 * DOLLAR * (WHOLE + 1) // WHOLE)
    assert quoted(inventory(), ETH=3 * WHOLE)[Way.BID] == 3 * 2_955 * DOLLAR
    assert quoted(inventory(), ETH=3 * WHOLE + 1) == {}


def test_a_spread_of_two_assets_is_one_price_and_what_is_not_quoted_is_left_to_others():
    both = quoted(inventory(), ETH=WHOLE, PERP=-PERPS)
    assert both == {Way.OFFER: (3_015 - 2_985) * DOLLAR, Way.BID: (2_985 - 3_015) * DOLLAR}
    lines = (
        Line(views.changes({SOL: 1}), USDC),
        Line(views.changes({ETH: 1}), USDC),
        Line(views.changes({ETH: 1}), SOL),
    )
    (prices,) = STRATEGY.price(MARKET, inventory(), Enquiry(lines)).prices
    assert prices.lines == {1}
    assert STRATEGY.price(MARKET, inventory(), Enquiry(lines[:1])).prices == ()


def test_what_stands_is_rounded_in_the_desks_favour():
    market = views.priced({USDC: SCALE, ETH: SCALE // 3})  # three smallest units for one
    rules = {"size": "0.00000001 ETH", "spread": "0%", "target": "10 ETH", "most": "5 ETH"}
    made = TwoSided(Table({"market": {"ETH": rules}}, POOL, "strategy[0]"))
    size = made.standing(market, inventory())[0].changes[ETH]
    paid = {each.name: each.changes[USDC] for each in made.standing(market, inventory())}
    assert size % 3 and paid == {"ETH bid 1": -(size // 3), "ETH offer 1": size // 3 + 1}


POSITIONS = st.integers(4 * WHOLE, 16 * WHOLE)
SIZES = st.integers(1, 3 * WHOLE)


@given(POSITIONS, POSITIONS, SIZES)
def test_whoever_has_more_never_quotes_a_higher_price(one, other, size):
    less, more = sorted((one, other))
    poor, rich = quoted(inventory(less), ETH=size), quoted(inventory(more), ETH=size)
    for way in set(poor) & set(rich):
        assert poor[way] >= rich[way]
    cheap, dear = standing(inventory(more)), standing(inventory(less))
    for name in set(cheap) & set(dear):
        if name.startswith("ETH") and cheap[name].changes[ETH] == dear[name].changes[ETH]:
            assert abs(cheap[name].changes[USDC]) <= abs(dear[name].changes[USDC])


@given(POSITIONS, SIZES, st.integers(1, 10**12))
def test_a_round_trip_never_costs_the_desk_anything_however_small_it_is(position, size, price):
    market = replace(MARKET, prices=tuple(price if slot == ETH else each for slot, each in enumerate(MARKET.prices)))
    both = quoted(inventory(position), market, ETH=size)
    if len(both) == 2:
        exact = Fraction(price, SCALE) * size
        assert both[Way.BID] < both[Way.OFFER]
        assert both[Way.OFFER] >= exact * Fraction(98 * 1005, 100_000) and both[Way.BID] <= exact * Fraction(102, 100)


@given(POSITIONS, st.integers(0, 40_000 * DOLLAR))
def test_if_everything_that_stands_is_taken_the_position_stays_within_its_bounds(position, money):
    has = inventory(position, usdc=money)
    orders = [each for name, each in standing(has).items() if name.startswith("ETH ")]
    bought = sum(max(each.changes[ETH], 0) for each in orders)
    sold = sum(max(-each.changes[ETH], 0) for each in orders)
    assert position - sold >= min(position, 5 * WHOLE) and position + bought <= max(position, 15 * WHOLE)
    assert sum(max(-each.changes[USDC], 0) for each in orders) <= money


@pytest.mark.parametrize("market, why", [
    ({}, "must name the assets"),
    ({"USDC": {"size": "1 USDC", "spread": "1%", "most": "1 USDC"}}, "must name the assets"),
    ({"ETH": {"spread": "1%", "most": "1 ETH"}}, r"strategy\[0\].market.ETH: size is missing"),
    ({"ETH": {"size": "1 ETH", "spread": "1%", "most": "1 ETH", "levles": 2}}, "unknown key 'levles'"),
    ({"ETH": {"sise": "1 ETH", "spread": "1%", "most": "1 ETH"}}, r"market.ETH has the unknown key 'sise'"),
    ({"ETH": {"size": "1 ETH", "spread": "200%", "most": "1 ETH"}}, "must leave a bid above zero"),
    ({"ETH": {"size": "1 ETH", "spread": "1%", "skew": "100%", "most": "1 ETH"}}, "must leave a bid above zero"),
    ({"ETH": {"size": "1 ETH", "spread": 0.01, "most": "1 ETH"}}, "spread is not a text"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(market, why):
    with pytest.raises(FormatError, match=why):
        TwoSided(Table({"market": market}, POOL, "strategy[0]"))
