"""No sequence of fills breaks a limit; each limit refuses what only it refuses, and says so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.dealer.limits import exposure, limits
from prover.dealer.limits.exposure import Exposure, Fill, Open
from prover.dealer.limits.limits import LimitReached, Limits, Sizes, Worth
from prover.dealer.strategies.view import SCALE
from tests.prover.dealer import views
from tests.prover.dealer.views import ETH, PERP, SOL, USDC
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
MARKET = views.priced({USDC: SCALE, ETH: 30 * SCALE, PERP: 30 * SCALE, SOL: None})


def leg(account: int = 0, who: str = "", number: int = 0, **sizes: int) -> Open:
    """A leg of an account that buys or sells these amounts, at what it is worth."""
    made = views.changes({getattr(views, name): size for name, size in sizes.items()})
    worth = exposure.worth(MARKET, made) or 0
    return Open(number, account, bytes([account]), made, made, None, who, worth, 10**15)


def having(*open: Open, fills: tuple[Fill, ...] = (), **balances: int) -> Exposure:
    """An exposure of these balances."""
    return Exposure(views.changes({getattr(views, name): size for name, size in balances.items()}), open, fills)


def refusal(allowed: Limits, before: Exposure, proposed: Open) -> str | None:
    """Why a leg is refused, or None."""
    try:
        limits.check(allowed, before, proposed, POOL)
    except LimitReached as reached:
        return str(reached)
    return None


SALE = leg(ETH=-100, USDC=3_000)
CASES = [
    (Limits(Worth(order=3_000 * SCALE)), having(), SALE, leg(ETH=-101, USDC=3_000), "this trade is worth"),
    (Limits(Worth(open=6_000 * SCALE)), having(leg(1, ETH=-100)), SALE, leg(ETH=-101), "that would stand open"),
    (Limits(Worth(day=6_000 * SCALE)), having(leg(1, ETH=100)), SALE, leg(ETH=-101), "of today"),
    (Limits(counterparties={"a": Worth(open=6_000 * SCALE)}), having(leg(1, "a", ETH=-100), leg(2, "b", ETH=100)),
     leg(who="a", ETH=-100), leg(who="a", ETH=-101), "with a"),
    (Limits(counterparties={"": Worth(order=3_000 * SCALE)}), having(), SALE, leg(ETH=-101), "somebody unknown"),
    (Limits(assets={ETH: Sizes(order=100)}), having(), SALE, leg(ETH=-101, USDC=3_000), "this trade is"),
    (Limits(assets={ETH: Sizes(day=200)}), having(leg(1, ETH=100)), SALE, leg(ETH=101), "traded today"),
    (Limits(assets={ETH: Sizes(least=-200)}), having(leg(1, ETH=-100)), SALE, leg(ETH=-101), "the least is"),
    (Limits(assets={ETH: Sizes(most=200)}), having(leg(1, ETH=100)), leg(ETH=100), leg(ETH=101), "the most is"),
]  # fmt: skip


@pytest.mark.parametrize("allowed, before, most, beyond, why", CASES, ids=[case[-1] for case in CASES])
def test_what_reaches_a_limit_is_allowed_and_what_exceeds_it_is_refused(allowed, before, most, beyond, why):
    assert refusal(allowed, before, most) is None
    assert why in refusal(allowed, before, beyond)


def test_legs_of_one_account_exclude_each_other_and_those_of_two_add_up():
    one = having(leg(1, ETH=-100), leg(1, ETH=-70), leg(1, ETH=50))
    two = having(leg(1, ETH=-100), leg(2, ETH=-70))
    assert (one.lowest(ETH), one.highest(ETH), one.traded(ETH)) == (-100, 50, 100)
    assert (two.lowest(ETH), two.highest(ETH), two.traded(ETH)) == (-170, 0, 170)
    assert (one.worth_open(), two.worth_open()) == (3_000 * SCALE, 5_100 * SCALE)


def test_what_settled_counts_for_the_day_and_not_as_open():
    settled = Fill(1, views.changes({ETH: 100}), None, "a", 3_000 * SCALE, 5)
    before = having(fills=(settled,))
    assert before.worth_today("a") == before.worth_today() == 3_000 * SCALE and before.worth_open() == 0
    assert before.worth_today("b") == 0
    assert "of today" in refusal(Limits(Worth(day=5_999 * SCALE)), before, SALE)
    assert "traded today" in refusal(Limits(assets={ETH: Sizes(day=199)}), before, SALE)


def test_a_position_beyond_its_limit_may_be_reduced_and_not_increased():
    allowed, before = Limits(assets={ETH: Sizes(least=-50, most=50)}), having(ETH=80)
    assert refusal(allowed, before, leg(ETH=-100)) is None
    assert "the most is" in refusal(allowed, before, leg(ETH=1))
    assert "the least is" in refusal(allowed, before, leg(ETH=-131))
    assert refusal(allowed, having(ETH=-80), leg(ETH=1)) is None


def test_what_has_no_price_is_refused_where_its_worth_is_limited():
    assert exposure.worth(MARKET, leg(SOL=1).changes) is None
    limits.check(Limits(), having(), leg(SOL=1), POOL, is_priced=False)
    with pytest.raises(LimitReached, match="no price"):
        limits.check(Limits(Worth(day=1)), having(), leg(SOL=1), POOL, is_priced=False)


def test_a_trade_is_worth_the_larger_of_what_it_sells_and_buys():
    assert leg(ETH=-100, USDC=2_000).worth == leg(ETH=-10, USDC=3_000).worth == 3_000 * SCALE


LIMITS = Limits(
    Worth(order=3_000 * SCALE, open=9_000 * SCALE, day=20_000 * SCALE),
    {"a": Worth(open=4_000 * SCALE, day=7_000 * SCALE)},
    {ETH: Sizes(order=90, day=400, least=-150, most=150)},
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["offer", "fill", "void"]), st.integers(0, 4), st.integers(-110, 110), st.sampled_from("ab"),
        st.integers(0, 5),
    ), max_size=60,
)  # fmt: skip


@given(STEPS)
def test_no_sequence_of_fills_breaks_a_limit(steps):
    """The accounts are a plain dictionary; what is traded and had is added up from what was filled, and from nothing
    else."""
    now, generation = Exposure(views.changes({})), [0] * 5
    position, gross, worth_of = 0, 0, {"a": 0, "b": 0}
    for number, (what, account, size, who, pick) in enumerate(steps):
        name = bytes([account, generation[account]])
        stands = [each for each in now.open if each.nullifier == name]
        if what == "offer":
            proposed = replace(leg(account, who, number, ETH=size, USDC=-30 * size), nullifier=name)
            if refusal(LIMITS, now, proposed) is None:
                now = now.plus(proposed)
        elif stands:
            chosen = stands[pick % len(stands)]
            left = tuple(each for each in now.open if each.nullifier != name)
            now, generation[account] = replace(now, open=left), generation[account] + 1
            if what == "fill":
                balances = tuple(map(sum, zip(now.balances, chosen.changes, strict=True)))
                settled = Fill(chosen.number, chosen.changes, None, chosen.counterparty, chosen.worth, number)
                now = replace(now, balances=balances, fills=(*now.fills, settled))
                position, gross = position + chosen.changes[ETH], gross + abs(chosen.changes[ETH])
                worth_of[chosen.counterparty] += 30 * abs(chosen.changes[ETH])
        assert -150 <= position <= 150 and gross <= 400
        assert worth_of["a"] <= 7_000 and sum(worth_of.values()) <= 20_000


def test_limits_are_read_from_a_table():
    table = {
        "order": "50,000 USDC", "asset": {"ETH": {"least": "-20 ETH", "most": "0 ETH", "day": "0.5 ETH"}},
        "counterparty": {"alice": {"day": "1 USDC"}, "anybody": {"open": "2 USDC"}},
    }  # fmt: skip
    whole = 10 ** POOL.assets[ETH].decimals
    assert limits.decode(table, POOL, "limits") == Limits(
        Worth(order=50_000 * 10**6 * SCALE),
        {"alice": Worth(day=10**6 * SCALE), "": Worth(open=2 * 10**6 * SCALE)},
        {ETH: Sizes(least=-20 * whole, most=0, day=whole // 2)},
    )


@pytest.mark.parametrize("table, why", [
    ({"ordre": "1 USDC"}, "limits has the unknown key 'ordre'"),
    ({"order": 50_000}, "limits: order is not a text in quotes"),
    ({"order": "1 ETH"}, "limits: order: '1 ETH' is not an amount of USDC"),
    ({"order": "0 USDC"}, "limits: order must be above zero"),
    ({"asset": {"DOGE": {}}}, "limits.asset.DOGE: "),
    ({"asset": {"ETH": {"open": "1 ETH"}}}, "limits.asset.ETH has the unknown key 'open'"),
    ({"asset": []}, "limits: asset is not a table"),
    ({"counterparty": {"alice": 3}}, "limits.counterparty.alice is not a table"),
])  # fmt: skip
def test_a_table_that_is_not_understood_is_refused(table, why):
    with pytest.raises(FormatError, match=why.replace("(", r"\(")):
        limits.decode(table, POOL, "limits")
