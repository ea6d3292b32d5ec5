"""margin: honest portfolios satisfy claim and constraints, and both refuse every lie for the same reason."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import records, samples
from circuits.records import ASSETS, SCENARIOS
from circuits.statements import margin, statement
from tests.circuits.statements.lies import verdicts
from zk.fields.prime import R
from zk.hashes import poseidon


def test_an_honest_portfolio_satisfies_claim_and_constraints():
    assert verdicts("margin", *samples.honest_margin()) == (None, None)


def claim(balances, grid, guard=41):
    """The margin claim about a portfolio and a grid, true or not."""
    account = records.Account(4242, tuple(balances), guard, rho=3333)
    return margin.Public(account.commitment(poseidon.hash), grid), margin.Private(account)


def lists(element, length):
    return st.lists(element, min_size=length, max_size=length).map(tuple)


@settings(max_examples=6)
@given(lists(st.integers(-(2**63), 2**63 - 1), ASSETS), lists(lists(st.integers(0, 2**64 - 1), ASSETS), SCENARIOS))
def test_claim_and_constraints_agree_on_any_portfolio(balances, grid):
    by_claim, by_constraints = verdicts("margin", *claim(balances, grid))
    failing = [s for s, row in enumerate(grid) if sum(b * v for b, v in zip(balances, row, strict=True)) < 0]
    assert by_claim == by_constraints == (f"scenario {failing[0]}" if failing else None)


@pytest.mark.parametrize("guard", [0, 1, 2**32 - 1])
def test_any_kind_of_account_can_prove_its_margin(guard):
    public, private = samples.honest_margin()
    assert verdicts("margin", *claim(private.account.balances, public.grid, guard)) == (None, None)


LARGEST_PRICES = ((2**64 - 1,) * ASSETS,) * SCENARIOS


def test_the_largest_portfolio_at_the_largest_prices_is_accepted():
    assert verdicts("margin", *claim((2**63 - 1,) * ASSETS, LARGEST_PRICES)) == (None, None)


def test_the_largest_debt_at_the_largest_prices_does_not_wrap_around():
    assert verdicts("margin", *claim((-(2**63),) * ASSETS, LARGEST_PRICES)) == ("scenario 0", "scenario 0")


def test_nothing_survives_every_grid():
    assert verdicts("margin", *claim((0,) * ASSETS, LARGEST_PRICES)) == (None, None)


def short(s, index):
    """A portfolio that owes one unit of one claim, in a grid where this is worth one unit in scenario s alone."""
    balances = tuple(-1 if i == index else 0 for i in range(ASSETS))
    grid = tuple(tuple(int((row, i) == (s, index)) for i in range(ASSETS)) for row in range(SCENARIOS))
    return claim(balances, grid)


@pytest.mark.parametrize("s", range(SCENARIOS))
def test_a_debt_counts_in_every_scenario(s):
    assert verdicts("margin", *short(s, s % ASSETS)) == (f"scenario {s}",) * 2


def balance(public, private, index, value):
    balances = private.account.balances
    account = replace(private.account, balances=(*balances[:index], value, *balances[index + 1 :]))
    return replace(public, commitment=account.commitment(poseidon.hash)), replace(private, account=account)


def other_account(**changes):
    return lambda public, private: (public, replace(private, account=replace(private.account, **changes)))


def grid_entry(public, private, s, index, change):
    """The published grid, where it differs from the one under which the portfolio survives."""
    row = public.grid[s]
    row = (*row[:index], row[index] + change, *row[index + 1 :])
    return replace(public, grid=(*public.grid[:s], row, *public.grid[s + 1 :])), private


LIES = [  # the lie                                                                  why it must fail
    ("another commitment", lambda p, s: (replace(p, commitment=1), s), "commitment"),
    ("a richer portfolio", other_account(balances=(2**62,) * ASSETS), "commitment"),
    ("another owner", other_account(owner=1), "commitment"),
    ("another guard", other_account(guard=42), "commitment"),
    ("another rho", other_account(rho=1), "commitment"),
    *(
        (f"balance {i} is {text}", lambda p, s, i=i, v=v: balance(p, s, i, v), "balances")
        for i in range(ASSETS)
        for text, v in (("2^63", 2**63), ("-2^63 - 1", -(2**63) - 1), ("half the field", R // 2))
    ),
    ("a claim that is owed is dearer in the last scenario", lambda p, s: grid_entry(p, s, 31, 9, 1), "scenario 31"),
    ("what is held is worth less in the last scenario", lambda p, s: grid_entry(p, s, 31, 2, -1), "scenario 31"),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    public, private = lie(*samples.honest_margin())
    assert verdicts("margin", public, private) == (why, why)


def test_what_is_owed_cheaper_or_held_dearer_is_fine():
    for s, index, change in ((31, 10, 5), (31, 9, -1)):
        public, private = grid_entry(*samples.honest_margin(), s, index, change)
        assert verdicts("margin", public, private) == (None, None)


def test_the_grid_comes_last_so_that_a_verifier_can_fix_it():
    public, _ = samples.honest_margin()
    flat = [value for row in public.grid for value in row]
    assert statement.inputs(public) == [public.commitment, *flat]


def test_no_repr_shows_a_secret():
    assert repr(samples.honest_margin()[1]) == "Private"
