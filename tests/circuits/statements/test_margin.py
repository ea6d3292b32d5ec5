"""margin: honest portfolios satisfy claim and constraints, and both refuse every lie for the same reason."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import records, samples
from circuits.statements import margin
from tests.circuits.statements.lies import verdicts
from zk.fields.prime import R
from zk.hashes import poseidon


def test_an_honest_portfolio_satisfies_claim_and_constraints():
    assert verdicts("margin", *samples.honest_margin()) == (None, None)


def claim(balances, values, epoch=41):
    """The margin claim about a portfolio and a grid, true or not."""
    account = records.Account(4242, tuple(balances), epoch, rho=3333)
    grid = records.RiskGrid(epoch, values)
    public = margin.Public(account.commitment(poseidon.hash), grid.root(poseidon.hash), epoch, 0)
    return public, margin.Private(account, grid.values)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=8, max_size=8),
    st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=8, max_size=8).map(tuple), min_size=16, max_size=16),
)
def test_claim_and_constraints_agree_on_any_portfolio(balances, values):
    by_claim, by_constraints = verdicts("margin", *claim(balances, tuple(values)))
    failing = [s for s, row in enumerate(values) if sum(b * v for b, v in zip(balances, row, strict=True)) < 0]
    assert by_claim == by_constraints == (f"scenario {failing[0]}" if failing else None)


EXTREMES = [(2**63 - 1,) * 8, (-(2**63),) * 8]


def test_the_largest_portfolio_at_the_largest_prices_is_accepted():
    assert verdicts("margin", *claim(EXTREMES[0], ((2**64 - 1,) * 8,) * 16)) == (None, None)


def test_the_largest_debt_at_the_largest_prices_does_not_wrap_around():
    assert verdicts("margin", *claim(EXTREMES[1], ((2**64 - 1,) * 8,) * 16)) == ("scenario 0", "scenario 0")


def with_values(public: margin.Public, private: margin.Private, values: tuple) -> tuple:
    """The same margin claim about another grid, with the root of that grid."""
    root = records.RiskGrid(public.epoch, values).root(poseidon.hash)
    return replace(public, grid_root=root), replace(private, values=values)


def scenario(public, private, s):
    """One unit short in scenario s alone."""
    values = [[0] * 8 for _ in range(16)]
    values[s] = [0, 0, 1, 0, 0, 0, 4, 0]  # balances -5 and 1
    return with_values(public, private, tuple(map(tuple, values)))


def balance(public, private, index, value):
    balances = private.account.balances
    account = replace(private.account, balances=(*balances[:index], value, *balances[index + 1 :]))
    return replace(public, commitment=account.commitment(poseidon.hash)), replace(private, account=account)


def epoch(public, private, named, held):
    account = replace(private.account, epoch=held)
    public = replace(public, commitment=account.commitment(poseidon.hash), epoch=named)
    return public, replace(private, account=account)


def milder(public, private):
    """A grid in which everything is worth more than in the published one."""
    values = tuple(tuple(v + 1 for v in row) for row in private.values)
    return public, replace(private, values=values)


def other_account(**changes):
    return lambda public, private: (public, replace(private, account=replace(private.account, **changes)))


LIES = [  # the lie                                                                  why it must fail
    ("another commitment", lambda p, s: (replace(p, commitment=1), s), "commitment"),
    ("a richer portfolio", other_account(balances=(2**62,) * 8), "commitment"),
    ("another owner", other_account(owner=1), "commitment"),
    ("another rho", other_account(rho=1), "commitment"),
    *(
        (f"balance {i} is {text}", lambda p, s, i=i, v=v: balance(p, s, i, v), "balances")
        for i in range(8)
        for text, v in (("2^63", 2**63), ("-2^63 - 1", -(2**63) - 1), ("half the field", R // 2))
    ),
    ("an older epoch", lambda p, s: epoch(p, s, 41, 40), "epoch"),
    ("a later epoch", lambda p, s: (replace(p, epoch=42), s), "epoch"),
    ("a cash account", lambda p, s: epoch(p, s, 0, 0), "epoch"),
    ("a guardian ciphertext", lambda p, s: (replace(p, guardian=1), s), "guardian"),
    ("another grid", lambda p, s: (replace(p, grid_root=1), s), "grid root"),
    ("a milder grid", milder, "grid root"),
    ("scenarios in another order", lambda p, s: (p, replace(s, values=s.values[::-1])), "grid root"),
    *((f"short in scenario {s}", lambda p, q, s=s: scenario(p, q, s), f"scenario {s}") for s in range(16)),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    public, private = lie(*samples.honest_margin())
    assert verdicts("margin", public, private) == (why, why)


def test_no_repr_shows_a_secret():
    assert repr(samples.honest_margin()[1]) == "Private"
