"""An account is divided into several, and nothing is lost."""

import pytest

from prover.trader import plan
from prover.trader.lots import splitting
from tests.prover import pools
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import DUSDC, ETH, ONE_ETH, ONE_USDC, USDC
from zk.errors import FormatError, Unsatisfied


@pytest.fixture
def world(tmp_path):
    with desks.opened(tmp_path, "maker", "taker") as made:
        yield made


def held(session) -> list[tuple[int, ...]]:
    """What each account of the wallet has, the least first."""
    return sorted(holding.account.balances for holding in session.wallet.live)


@pytest.mark.parametrize("count", [2, 3, 8, 32])
def test_an_account_becomes_so_many_equal_ones_in_one_bundle(world, count):
    maker = world.sessions["maker"]
    world.deposit("maker", eth=8 * ONE_ETH + 5, usdc=100 * ONE_USDC)
    settled = splitting.split_evenly(maker, count, world.later())
    assert len(settled.bundle.legs) == 1 << (count - 1).bit_length()
    found = held(maker)
    assert len(found) == count and tuple(map(sum, zip(*found, strict=True))) == world.balances("maker")
    assert {balances[ETH] for balances in found} <= {(8 * ONE_ETH + 5) // count, (8 * ONE_ETH + 5) // count + 1}
    assert len({holding.index for holding in maker.wallet.live}) == count, "each has keys of its own"


def test_parts_of_given_sizes_leave_the_rest_where_it_was(world):
    maker = world.sessions["maker"]
    world.deposit("maker", eth=8 * ONE_ETH, usdc=100 * ONE_USDC)
    parts = [plan.changes({}, {ETH: ONE_ETH}), plan.changes({}, {ETH: 2 * ONE_ETH, USDC: 7})]
    settled = splitting.split_off(maker, parts, world.later())
    assert len(settled.bundle.legs) == 4
    rest = plan.changes({}, {ETH: 5 * ONE_ETH, USDC: 100 * ONE_USDC - 7})
    assert held(maker) == sorted([*parts, rest])


def test_a_restored_wallet_finds_all_parts(world, tmp_path):
    from prover.trader import walletfile, wallets, walletsync

    maker = world.sessions["maker"]
    world.deposit("maker", eth=8 * ONE_ETH)
    splitting.split_evenly(maker, 8, world.later())
    with walletfile.create(tmp_path / "again.json", "", wallets.restore(maker.wallet.own_phrase)) as file:
        restored = walletsync.sync(world.ledger, file.wallet).wallet
    assert sorted(h.account.balances for h in restored.live) == held(maker)


def test_an_account_on_margin_shares_what_it_owes_and_each_part_has_margin_of_its_own(world):
    maker, taker = world.sessions["maker"], world.sessions["taker"]
    world.deposit("maker", eth=4 * ONE_ETH)
    world.deposit("taker", usdc=2_000 * ONE_USDC)
    pools.publish(world.ledger, world.later())
    from prover.trader import addresses, orders, trade

    order = orders.place(
        maker, {DUSDC: 1_000 * ONE_USDC}, {USDC: 1_000 * ONE_USDC}, [addresses.of(taker.wallet.seed, 0)],
        world.now_ms + desks.HOUR_MS, world.later(), agree=trade.allow_new_debts,
    )  # fmt: skip
    orders.take(taker, order.order_id, world.later())
    before = world.balances("maker")
    (margined,) = [holding.position for holding in maker.wallet.live if holding.account.guard]
    splitting.split_evenly(maker, 4, world.later(), position=margined)
    assert world.balances("maker") == before
    assert [h.account.balances[DUSDC] for h in maker.wallet.live] == [-250 * ONE_USDC] * 4
    assert all(h.account.guard and h.account.balances[ETH] == ONE_ETH for h in maker.wallet.live)


def test_what_cannot_be_divided_is_refused_and_nothing_happens(world):
    maker = world.sessions["maker"]
    world.deposit("maker", eth=3)
    for count in (1, 33):
        with pytest.raises(FormatError, match="2 to 32 accounts"):
            splitting.split_evenly(maker, count, world.later())
    with pytest.raises(FormatError, match="too little for 4 parts"):
        splitting.split_evenly(maker, 4, world.later())
    with pytest.raises(Unsatisfied, match="which is less than"):
        splitting.split_off(maker, [plan.changes({}, {ETH: 4})], world.later())
    assert world.bundles == [2] or world.bundles == [1], "the deposit alone"


def test_it_happens_once_for_each_key(world):
    maker = world.sessions["maker"]
    world.deposit("maker", eth=8 * ONE_ETH)
    first = splitting.split_evenly(maker, 2, world.later(), once="mine")
    again = splitting.split_evenly(maker, 2, world.later(), once="mine")
    assert again.is_repeated and again.receipt.bundle_id == first.receipt.bundle_id and len(maker.wallet.live) == 2


def test_the_divided_account_pays_the_fees_of_the_whole_bundle(tmp_path):
    with desks.opened(tmp_path, "maker", leg_fee=3) as world:
        world.deposit("maker", usdc=1_000)
        before = world.balances("maker")[USDC]
        settled = splitting.split_evenly(world.sessions["maker"], 3, world.later())
        found = [balances[USDC] for balances in held(world.sessions["maker"])]
        assert len(settled.bundle.legs) == 4 and sum(found) == before - 4 * 3 and max(found) - min(found) <= 1
