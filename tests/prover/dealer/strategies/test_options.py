"""Options at published and computed prices of Black's formula, monotone in the inventory, and hedged to the band."""

from dataclasses import replace
from fractions import Fraction
from math import exp
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.dealer.strategies.options import Options
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.view import SCALE, Enquiry
from prover.rfq.messages import Line, Way
from tests.prover.dealer import views
from tests.prover.dealer.views import CALL, ETH, PERP, PUT, USDC
from tests.reference import black76
from tests.settlement.risk import markets
from zk.errors import FormatError

DAYS = 365 / 2
POOL = markets.pool(days=DAYS, call=40, put=40)
WHOLE, DOLLAR, PERPS = 10 ** POOL.assets[CALL].decimals, 10**6, 10 ** POOL.assets[PERP].decimals
ETHS = 10 ** POOL.assets[ETH].decimals
CALL_NAME, PUT_NAME = POOL.assets[CALL].symbol, POOL.assets[PUT].symbol


def dollars(price: float, decimals_unit: int) -> int:
    """A price of a whole unit in the pool's unit."""
    return round(price * DOLLAR * SCALE) // decimals_unit


def market(forward: float = 40, volatility: int = 2_000, **changes):
    prices = {USDC: SCALE, ETH: dollars(forward, ETHS), PERP: dollars(forward, PERPS)}
    made = views.priced(prices, POOL)
    return replace(made, volatilities=(None,) * 10 + (volatility, volatility) + (None,) * 4, **changes)


def settings(**changes):
    option = {"size": f"10 {CALL_NAME}", "most": f"100 {CALL_NAME}"}
    put = {"size": f"10 {PUT_NAME}", "most": f"100 {PUT_NAME}"}
    return {"spread": "2%", "skew": "5%", "option": {CALL_NAME: option, PUT_NAME: put}, **changes}


def strategy(**changes) -> Options:
    return Options(Table(settings(**changes), POOL, "strategy[0]"))


def hedged(**changes) -> Options:
    hedge = {"asset": "ETH-PERP", "band": "2 ETH-PERP", "most": "50 ETH-PERP", "slippage": "1%", **changes}
    return strategy(hedge=hedge)


def quoted(made: Options, now, has=None, **sizes: int) -> dict[Way, int]:
    line = Line(views.changes({getattr(views, name): size for name, size in sizes.items()}), USDC)
    answer = made.price(now, has or views.holding({}), Enquiry((line,)))
    return {way: each[USDC] for prices in answer.prices for way, each in prices.sides.items()}


def test_a_published_example_comes_out_to_its_last_digit():
    """Hull, "Options, Futures, and Other Derivatives", on the formulas of Black, Scholes and Merton: a stock at 42, a
    strike of 40, 10 % interest, 20 % volatility and six months give a call of 4.76 and a put of 0.81.  Undiscounted,
    that is a forward of 42·e^0.05 and values times e^0.05."""
    now, growth = market(42 * exp(0.05)), exp(0.05)
    made = strategy(spread="0%", skew="0%")
    for name, printed in (("CALL", 4.76), ("PUT", 0.81)):
        both = quoted(made, now, **{name: WHOLE})
        assert round(both[Way.OFFER] / growth / DOLLAR, 2) == round(both[Way.BID] / growth / DOLLAR, 2) == printed


@given(st.integers(10, 160), st.integers(500, 20_000), st.sampled_from(["CALL", "PUT"]))
def test_prices_enclose_those_of_an_exact_reference(forward, volatility, name):
    now = market(forward, volatility)
    both = quoted(strategy(spread="0%", skew="0%"), now, **{name: 10 * WHOLE})
    years = Fraction(POOL.assets[CALL].terms.expiry_ms - now.now_ms, black76_year())
    unit = 10 * WHOLE * Fraction(1, SCALE)
    value = unit * black76.value(
        name == "CALL", now.prices[ETH] * 10 ** (POOL.assets[ETH].decimals - POOL.assets[CALL].decimals),
        POOL.assets[CALL].terms.strike, Fraction(volatility, 10**4), years,
    )  # fmt: skip
    assert both[Way.BID] <= value <= both[Way.OFFER] <= both[Way.BID] + 2


def black76_year() -> int:
    return 365 * 24 * 3_600_000


def test_the_spread_is_one_of_volatility():
    now, both = market(), quoted(strategy(skew="0%"), market(), CALL=WHOLE)
    low, high = (quoted(strategy(spread="0%", skew="0%"), market(volatility=v), CALL=WHOLE) for v in (1_900, 2_100))
    assert both == {Way.BID: low[Way.BID], Way.OFFER: high[Way.OFFER]} and both[Way.BID] < both[Way.OFFER]
    assert quoted(strategy(option={CALL_NAME: {**settings()["option"][CALL_NAME], "volatility": "20%"}}),
                  replace(now, volatilities=(None,) * 16), CALL=WHOLE) == both  # fmt: skip


def test_a_book_that_is_long_asks_for_less_volatility():
    has = views.holding({CALL: 100 * WHOLE})
    low = quoted(strategy(skew="0%"), market(volatility=1_500), CALL=WHOLE)
    assert quoted(strategy(), market(), has, CALL=WHOLE) == {Way.OFFER: low[Way.OFFER]}


@given(st.integers(-90, 90), st.integers(-90, 90), st.integers(20, 80), st.integers(1, 10))
def test_whoever_has_more_never_quotes_a_higher_price(one, other, forward, size):
    less, more = sorted((one, other))
    now, made = market(forward), strategy()
    poor, rich = (quoted(made, now, views.holding({CALL: has * WHOLE}), CALL=size * WHOLE) for has in (less, more))
    assert all(poor[way] >= rich[way] for way in Way)
    assert poor[Way.BID] <= poor[Way.OFFER]


def test_structures_are_one_price_and_bounds_hold_for_each_option():
    call, put = (quoted(strategy(), market(), **{name: WHOLE}) for name in ("CALL", "PUT"))
    straddle = quoted(strategy(), market(), CALL=WHOLE, PUT=WHOLE)
    assert abs(straddle[Way.OFFER] - call[Way.OFFER] - put[Way.OFFER]) <= 1
    reversal = quoted(strategy(), market(), CALL=WHOLE, PUT=-WHOLE)
    assert abs(reversal[Way.OFFER] - (call[Way.OFFER] - put[Way.BID])) <= 1
    assert quoted(strategy(), market(), CALL=101 * WHOLE, PUT=1) == {}
    assert quoted(strategy(), market(), views.holding({CALL: -100 * WHOLE}), CALL=1).keys() == {Way.BID}
    assert quoted(strategy(), market(), SOL=1) == {}


def test_a_position_beyond_its_bound_may_be_reduced():
    assert quoted(strategy(), market(), views.holding({CALL: 150 * WHOLE}), CALL=WHOLE).keys() == {Way.OFFER}


def test_a_bid_is_at_the_whole_basis_point_below_and_an_offer_at_the_one_above():
    has = views.holding({CALL: WHOLE // 3})  # which moves the middle by a part of a basis point
    flat = strategy(spread="0%", skew="0%")
    low, high = (quoted(flat, market(volatility=each), has, CALL=WHOLE) for each in (1_898, 2_099))
    middle = Fraction(2_000) - Fraction(500, 300)
    assert (int(middle - 100), -int(-(middle + 100) // 1)) == (1_898, 2_099)
    assert quoted(strategy(), market(), has, CALL=WHOLE) == {Way.BID: low[Way.BID], Way.OFFER: high[Way.OFFER]}


def test_nothing_is_quoted_without_a_price_or_a_volatility_or_shortly_before_expiry():
    end_ms = POOL.assets[CALL].terms.expiry_ms
    silent = replace(market(), volatilities=(None,) * 16)
    unpriced = views.priced({ETH: None}, POOL)
    assert quoted(strategy(), silent, CALL=1) == quoted(strategy(), unpriced, CALL=1) == {}
    assert quoted(strategy(), market(now_ms=end_ms - 3_600_001), CALL=WHOLE)
    assert quoted(strategy(), market(now_ms=end_ms - 3_600_000), CALL=WHOLE) == {}


def test_standing_quotes_are_the_prices_of_requests_and_end_where_the_position_or_the_money_does():
    made, has = strategy(), views.holding({USDC: 10**9 * DOLLAR, CALL: 97 * WHOLE})
    found = {each.name: each.changes for each in made.standing(market(), has)}
    offer = quoted(made, market(), has, CALL=10 * WHOLE)[Way.OFFER]
    assert found[f"{CALL_NAME} offer"] == views.changes({CALL: -10 * WHOLE, USDC: offer})
    assert found[f"{CALL_NAME} bid"][CALL] == 3 * WHOLE
    assert [name for name in (each.name for each in made.standing(market(), views.holding({}))) if "bid" in name] == []
    assert strategy(stands=False).standing(market(), has) == ()
    assert made.standing(replace(market(), prices=(SCALE, *(None,) * 15)), has) == ()


def test_delta_is_the_normal_distribution_at_d1():
    """A deep check against the standard library's normal distribution; Hull's example has N(d1) = N(0.7693)."""
    delta = hedged().delta(market(42 * exp(0.05)), views.holding({CALL: WHOLE}))
    assert float(delta) / PERPS == pytest.approx(NormalDist().cdf(0.7693), abs=1e-4)
    put = hedged().delta(market(42 * exp(0.05)), views.holding({PUT: WHOLE, PERP: 3 * PERPS}))
    assert float(put) / PERPS == pytest.approx(3 + NormalDist().cdf(0.7693) - 1, abs=1e-4)


def test_a_delta_beyond_the_band_is_hedged_to_its_edge_and_within_it_nothing_is_done():
    has, now = views.holding({CALL: 20 * WHOLE}), market()
    (wish,) = hedged().wishes(now, has)
    delta = hedged().delta(now, has)
    assert (wish.asset, wish.unit) == (PERP, USDC) and 0 <= wish.amount + delta - 2 * PERPS < 1 and wish.amount < 0
    assert wish.limit == now.price(PERP, USDC) * Fraction(99, 100)
    after = views.holding({CALL: 20 * WHOLE, PERP: wish.amount})
    assert hedged().wishes(now, after) == ()
    (wish,) = hedged().wishes(now, views.holding({CALL: -20 * WHOLE}))
    assert wish.amount > 0 and wish.limit == now.price(PERP, USDC) * Fraction(101, 100)


def test_a_hedge_is_never_larger_than_its_bound_and_never_owes_what_is_held():
    now, long = market(), views.holding({CALL: 20 * WHOLE})
    (wish,) = hedged(most="3 ETH-PERP").wishes(now, long)
    assert wish.amount == -3 * PERPS
    assert hedged(most="3 ETH-PERP").wishes(now, views.holding({CALL: 20 * WHOLE, PERP: -3 * PERPS})) == ()
    spot = {"asset": "ETH", "band": "2 ETH", "most": "50 ETH"}
    assert strategy(hedge=spot).wishes(now, long) == ()
    (wish,) = strategy(hedge=spot).wishes(now, views.holding({CALL: 20 * WHOLE, ETH: 5 * ETHS}))
    assert wish.amount == -5 * ETHS
    assert hedged(least="20 ETH-PERP").wishes(now, long) == ()
    assert hedged(most="3 ETH-PERP", least="3 ETH-PERP").wishes(now, long)
    assert hedged(most="3 ETH-PERP", least="3.0001 ETH-PERP").wishes(now, long) == ()


def test_less_than_a_quarter_of_the_band_is_not_traded_and_never_nothing():
    now, has = market(), views.holding({CALL: 20 * WHOLE})
    (wish,) = hedged().wishes(now, has)
    short = views.holding({CALL: 20 * WHOLE, PERP: wish.amount + PERPS // 2})
    assert hedged().wishes(now, short)[0].amount == -PERPS // 2
    assert hedged().wishes(now, views.holding({CALL: 20 * WHOLE, PERP: wish.amount + PERPS // 2 - 1})) == ()
    assert hedged(band="0.0001 ETH-PERP")._hedge.least == 1


def test_a_hedge_may_stand_on_the_board_instead():
    has, now = views.holding({CALL: 20 * WHOLE}), market()
    (wish,), made = hedged().wishes(now, has), hedged(stands=True, slippage="0%")
    assert made.wishes(now, has) == ()
    order = next(each for each in made.standing(now, has) if each.name == "hedge")
    paid = order.changes[USDC]
    assert order.changes[PERP] == wish.amount and 0 <= paid + wish.amount * now.price(PERP, USDC) < 1


def test_without_a_price_of_what_it_needs_nothing_is_hedged():
    has = views.holding({CALL: 20 * WHOLE})
    missing = market()
    prices = tuple(None if slot == PERP else price for slot, price in enumerate(missing.prices))
    assert hedged().wishes(replace(missing, prices=prices), has) == ()
    assert hedged().wishes(replace(missing, volatilities=(None,) * 16), has) == ()


@pytest.mark.parametrize("changes, why", [
    ({"option": {}}, "must name the options"),
    ({"option": {"ETH": {"size": "1 ETH", "most": "1 ETH"}}}, "ETH is no option"),
    ({"hedge": {"asset": "SOL", "band": "1 SOL", "most": "1 SOL"}}, "must be the one underlying"),
    ({"hedge": {"asset": "ETH", "band": "1 ETH", "most": "1 ETH", "bnad": 1}}, "unknown key 'bnad'"),
    ({"hedge": {"asset": "ETH", "band": "1 ETH", "mots": "1 ETH"}}, "hedge has the unknown key 'mots'"),
    ({"stands": "yes"}, "stands is not true or false"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(changes, why):
    with pytest.raises(FormatError, match=why):
        strategy(**changes)
