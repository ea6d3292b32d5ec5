"""What a wallet keeps: no account is pushed out by one that is worth less, whoever sent it and however many."""

import random

import pytest

from circuits import records
from prover.trader import keeping, wallets
from settlement.ledger import Ledger
from tests.prover import pools

NOW = 1_800_000_000_000
FLAT = (1,) * 16
NOTHING = wallets.Dust()


def account(position: int, *balances: int) -> wallets.Holding:
    return wallets.Holding(records.Account(1, (*balances, *(0,) * (16 - len(balances))), 0, position), 0, position)


def kept(accounts, limit, tied=(), weights=FLAT):
    """The positions of the kept accounts, and the dust."""
    accounts = list(accounts)
    random.Random(5).shuffle(accounts)
    live, dust = keeping.keep(accounts, tied, weights, limit)
    return [holding.position for holding in live], dust


def test_within_the_limit_everything_is_kept_in_the_order_of_positions():
    assert kept([account(3, 1), account(1, 5)], 2) == ([1, 3], NOTHING)
    assert kept([], 2) == ([], NOTHING)


def test_beyond_the_limit_the_accounts_of_the_least_worth_are_dust():
    accounts = [account(position, 10 - position, position) for position in range(5)]
    weights = (2, 1, *(0,) * 14)
    assert kept(accounts, 3, weights=weights) == ([0, 1, 2], wallets.Dust(2, (13, 7, *(0,) * 14)))


def test_of_equals_the_older_is_kept_so_that_nobody_pushes_out_what_is_worth_as_much():
    assert kept([account(position, 7) for position in range(9)], 4)[0] == [0, 1, 2, 3]


def test_thirty_two_accounts_of_an_attacker_do_not_push_out_one_that_is_worth_more():
    mine, his = account(0, 100), [account(position, 99) for position in range(1, 33)]
    assert kept([mine, *his], 8)[0][0] == 0


def test_an_account_with_an_own_order_is_kept_whatever_it_is_worth():
    accounts = [account(position, 100) for position in range(8)]
    assert kept([*accounts, account(9, 1)], 4, tied={9, 77})[0] == [0, 1, 2, 9]


def test_accounts_that_owe_have_a_quarter_of_the_places_the_largest_first():
    """By what they hold and owe together: 3 and 4 are worth 1 each, less than any other."""
    owing = [account(2, 50, -40), account(3, 1000, -999), account(4, 900, -899)]
    rest = [account(position, 20) for position in range(10, 20)]
    assert kept([*owing, *rest], 8)[0] == [3, 4, 10, 11, 12, 13, 14, 15]
    assert kept([*owing, *rest], 4)[0] == [3, 10, 11, 12]


def test_a_flood_of_accounts_that_owe_leaves_three_quarters_to_what_is_worth_more():
    his = [account(position, 10**6, 1 - 10**6) for position in range(100, 200)]
    mine = [account(position, 2) for position in range(6)]
    assert kept([*his, *mine], 8)[0] == [0, 1, 2, 3, 4, 5, 100, 101]


def test_what_is_kept_and_the_dust_are_together_what_there_was():
    generator = random.Random(7)
    accounts = [account(i, *(generator.randrange(-50, 100) for _ in range(16))) for i in range(200)]
    live, dust = keeping.keep(accounts, {3, 50}, FLAT, 40)
    assert len(live) == 40 and dust.count == 160
    assert keeping.together(dust, keeping.dust(live)) == keeping.dust(accounts)
    assert list(live) == sorted(live, key=lambda holding: holding.position)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW) as made:
        yield made


def test_the_weights_are_the_newest_published_prices_and_before_them_whole_units(ledger):
    pool = ledger.pool
    units = [10**asset.decimals * weight for asset, weight in zip(pool.assets, keeping.prices(ledger), strict=True)]
    assert units == [10**18] * 16
    pools.publish(ledger, NOW)
    newest = ledger.reader.grids(1)[0].publication
    assert keeping.prices(ledger) == newest.prices and newest.prices[0] == 10**9
