"""The life of a margined account: borrowed, refreshed at new prices, topped up in a breach, seized and told."""

from dataclasses import replace

import pytest

from prover.trader import (
    addresses,
    archive,
    boardview,
    health,
    keepfresh,
    keeping,
    keys,
    moves,
    opening,
    orders,
    owing,
    refreshing,
    sealing,
    seized,
    sessions,
    trade,
    wallets,
)
from settlement.bundles import encoding
from settlement.checks import margins
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.risks import DUSDC, ETH, USDC, balances
from tests.prover.trader import borrowing
from tests.prover.trader.borrowing import HOUR_MS, World
from tests.prover.trader.payer import PHRASE
from zk.errors import Unsatisfied


@pytest.fixture
def world(tmp_path):
    with borrowing.world(tmp_path) as made:
        yield made


@pytest.fixture
def owing_some(world):
    """The world after the lender took the borrower's order."""
    orders.take(world.lender, world.lend(world.borrower).order_id, world.later())
    return world


def test_a_loan_is_an_order_and_its_account_is_found_spent_and_topped_up_by_its_owner(owing_some):
    world = owing_some
    holding = world.margined()
    assert holding.account.guard == 1
    assert holding.account.balances == balances(usdc=2_000_000_000, eth=2_000_000_000, dusdc=-2_000_000_000)
    moves.withdraw(world.borrower, USDC, 500_000_000, "bank", world.later(), position=holding.position)
    assert world.margined().account.balances[USDC] == 1_500_000_000


def quote(world: World):
    placed = world.lend(world.borrower)
    return orders.read_id(placed.order_id), placed


def test_a_quote_goes_stale_with_the_prices_and_is_refreshed_without_its_owners_keys(world):
    order_id, placed = quote(world)
    for price in ("2990", "2980"):  # the mixture keeps the first grid good for an epoch; two epochs are one too many
        world.publish(ETH=price)
    assert boardview.states(world.ledger, world.borrower.wallet.orders, world.now_ms) == [boardview.STALE]
    with pytest.raises(Rejected) as refused:
        orders.take(world.lender, placed.order_id, world.later())
    assert refused.value.rejection is Rejection.STALE_GRID
    watching = keys.share_view(world.borrower.wallet.seed, range(3))
    setting = owing.setting(world.ledger, world.now_ms)
    found, account = refreshing.find(world.ledger, watching, order_id, world.now_ms)
    done = refreshing.refresh(world.ledger, world.borrower.keystore, setting, found, account, world.later())
    assert (done.order_id, done.epoch) == (order_id, 3)
    assert boardview.states(world.ledger, world.borrower.wallet.orders, world.now_ms) == [boardview.OPEN]
    again, _ = refreshing.find(world.ledger, watching, order_id, world.now_ms)
    assert again.leg.signature == found.leg.signature and again.leg.margin != found.leg.margin
    assert orders.take(world.lender, placed.order_id, world.later()).receipt.height


def test_only_who_can_open_an_orders_account_refreshes_it(world):
    order_id, _ = quote(world)
    with pytest.raises(Unsatisfied, match="only the wallet that placed the order can open its account"):
        refreshing.find(world.ledger, world.lender.wallet.view, order_id, world.now_ms)
    with pytest.raises(Unsatisfied, match="the board does not have this order"):
        refreshing.find(world.ledger, world.borrower.wallet.view, orders.read_id("ab" * 32), world.now_ms)
    own, others = (
        [order.order_id for order, _ in refreshing.own(world.ledger, session.wallet.view, world.now_ms)]
        for session in (world.borrower, world.lender)
    )
    assert own == [order_id] and others == []


def test_kept_fresh_an_order_follows_every_epoch_and_one_that_lacks_margin_is_told_once(world, monkeypatch):
    monkeypatch.setattr(margins, "silent_epochs", lambda state: 0)  # the insurance shows that it is solvent
    to = [addresses.of(world.lender.wallet.seed, 0)]
    orders.place(
        world.borrower, {DUSDC: 3_500_000_000}, {ETH: 1_000_000_000}, to, world.now_ms + HOUR_MS, world.later(),
        agree=trade.allow_new_debts,
    )  # fmt: skip
    prices = iter(["2990", None, "2980", None, "1300", "1300", None, None])
    told = []

    def sleep(_):
        price = next(prices)
        if price is not None:
            world.publish(ETH=price)

    keepfresh.run(
        world.ledger, world.borrower.wallet.view, world.borrower.keystore, world.later, told.append, told.append,
        num_rounds=9, sleep=sleep,
    )  # fmt: skip
    # At the first 1,300 the pool is frozen and there is no grid; at the second the order's debt is too large.
    assert [(each.epoch, each.why_not is None) for each in told] == [(2, True), (3, True), (3, False)]
    assert "the margin does not suffice" in told[2].why_not


def test_an_account_in_breach_is_warned_of_and_cured_from_outside_and_from_own_cash_in_a_frozen_pool(owing_some):
    world = owing_some
    position = world.margined().position
    moves.withdraw(world.borrower, USDC, 2_000_000_000, "bank", world.later(), position=position)
    assert health.warnings(world.ledger, world.borrower.wallet) == ()
    world.publish(ETH="1050")
    holding = world.margined()
    (warned,) = health.warnings(world.ledger, world.borrower.wallet)
    assert warned.is_breached and warned.holding == holding and 0 < warned.to_be_safe < warned.to_trade
    assert margins.is_frozen(world.ledger)
    with pytest.raises(Unsatisfied, match="only cash and top-ups"):
        moves.deposit(world.borrower, USDC, 1_000_000_000, "bank", world.later(), position=holding.position)

    moves.deposit(world.borrower, USDC, warned.to_be_safe - 1, "bank", world.later(), is_top_up=True)
    assert health.warnings(world.ledger, world.borrower.wallet)[0].is_breached
    moves.deposit(world.borrower, USDC, 100_000_000, "bank", world.later())  # a cash account of its own
    moves.top_up(world.borrower, USDC, 1, world.later())
    (cured,) = health.warnings(world.ledger, world.borrower.wallet)
    assert not cured.is_breached and not cured.can_trade
    assert world.margined().account.guard == 1
    moves.top_up(world.borrower, USDC, 99_999_999, world.later())
    assert world.margined().account.balances[USDC] == warned.to_be_safe + 99_999_999


def test_a_seized_owner_finds_what_is_left_and_is_told_what_was_taken_at_which_prices(owing_some):
    world = owing_some
    moves.withdraw(world.borrower, USDC, 2_000_000_000, "bank", world.later(), position=world.margined().position)
    epoch = world.publish(ETH="1050")
    lost = world.margined()
    receipt = world.seize()
    synced = sessions.sync(world.borrower)
    (told,) = synced.seized
    assert (told.account, told.height, told.epoch, told.is_stale) == (lost, receipt.height, epoch, False)
    newest = world.ledger.reader.grids(1)[0].publication
    assert told.prices == newest.prices and told.worth == 2_100_000_000 * 10**9 - 2_000_000_000 * newest.prices[DUSDC]
    (left,) = synced.wallet.live
    assert left == told.residual and left.account.guard == 0 and left.position == receipt.positions[1]
    assert 0 < left.account.balances[USDC] < told.worth // 10**9
    assert synced.wallet.balances[ETH] == synced.wallet.balances[DUSDC] == 0
    key = keys.archive_key(keys.viewing_key(world.borrower.wallet.view))
    (archived,) = [each for each in archive.read(archive.beside(world.borrower.file.path), key) if each == lost]
    assert seized.find(world.ledger, archived) == told
    # What is left moves like any cash account, and a restored wallet finds the same.
    moves.withdraw(world.borrower, USDC, left.account.balances[USDC] - 1, "bank", world.later())
    again = sessions.walletsync.sync(world.ledger, wallets.restore(PHRASE))
    assert again.wallet.balances[USDC] == 1 and [each.height for each in again.seized] == [receipt.height]


def test_an_account_that_its_owner_moved_was_not_seized(owing_some):
    world = owing_some
    before = world.margined()
    moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True)
    assert sessions.sync(world.borrower).seized == ()
    assert seized.find(world.ledger, before) is None


def test_an_order_that_gave_way_on_the_board_is_told_and_stays_the_wallets_to_cancel(world):
    order_id, placed = quote(world)
    assert boardview.states(world.ledger, world.borrower.wallet.orders, world.now_ms) == [boardview.OPEN]
    world.ledger.orders._connection.execute("DELETE FROM orders")
    world.ledger.orders._connection.commit()
    assert boardview.states(world.ledger, world.borrower.wallet.orders, world.now_ms) == [boardview.GONE]
    sessions.sync(world.borrower)
    (closed,) = orders.cancel(world.borrower, placed.order_id, world.later()).closed
    assert closed.order_id == order_id.hex() and world.borrower.wallet.orders == ()


def test_a_report_values_an_account_now_and_after_a_shock_and_counts_its_interest(owing_some):
    world = owing_some
    position = world.margined().position
    world.later(HOUR_MS)
    world.publish()
    newest = world.ledger.reader.grids(1)[0].publication
    report = health.report(world.ledger, world.borrower.wallet, world.now_ms, {ETH: -2_000})
    assert report is not None and report.is_in_force and report.epoch == newest.epoch
    (now,), (then,), (carry,) = report.accounts, report.shocked, report.carries
    assert now.holding.position == position
    eth, loan = newest.prices[ETH], newest.prices[DUSDC]
    assert now.worth == 2_000_000_000 * (10**9 + eth - loan)
    assert then.worth == 2_000_000_000 * (10**9 + eth * 8 // 10 - loan)
    first = world.ledger.reader.epoch(1).publication.market.indices[DUSDC]
    grown = newest.market.indices[DUSDC]
    assert grown > first and carry.slot == DUSDC and carry.is_whole
    assert carry.value == -2_000_000_000 * loan * (grown - first) // grown < 0
    # A top-up makes another account; what the first one cost is in the archive, and from then on it costs nothing.
    moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True)
    sessions.sync(world.borrower)
    assert health.carry(world.ledger, world.borrower.wallet.live) == ()
    key = keys.archive_key(keys.viewing_key(world.borrower.wallet.view))
    spent = list(archive.read(archive.beside(world.borrower.file.path), key))
    assert health.report(world.ledger, world.borrower.wallet, world.now_ms, spent=spent).carries == (carry,)
    sooner = world.ledger.reader.epoch(2).publication.market.indices[DUSDC]
    world.later(HOUR_MS)
    world.publish()
    latest = world.ledger.reader.grids(1)[0].publication
    (more,) = health.carry(world.ledger, world.borrower.wallet.live)
    index = latest.market.indices[DUSDC]
    assert more.value == -2_000_000_000 * latest.prices[DUSDC] * (index - sooner) // index < 0


def test_what_somebody_sealed_to_us_that_is_not_ours_is_nobodys_to_refresh(world):
    order_id, placed = quote(world)
    order = board.listed(world.ledger, world.now_ms)[0]
    mine, theirs = addresses.of(world.borrower.wallet.seed, 0), addresses.of(world.lender.wallet.seed, 0)
    (_, account), = refreshing.own(world.ledger, world.borrower.wallet.view, world.now_ms)
    sealed = sealing.seal(opening.encode(account, 0), theirs, order.commitment)
    order = replace(order, leg_bytes=encoding.encode_leg(replace(placed.leg, ciphertexts=(sealed,))))
    for view, found in ((world.lender.wallet.view, None), (world.borrower.wallet.view, None)):
        assert refreshing.own_account(view, order.leg) is found
    resealed = sealing.seal(opening.encode(account, 0), mine, order.commitment)
    order = replace(order, leg_bytes=encoding.encode_leg(replace(placed.leg, ciphertexts=(sealed, resealed))))
    view = world.borrower.wallet.view
    assert refreshing.own_account(view, order.leg) == account
    assert order.order_id == order_id


def test_what_is_left_of_an_account_that_the_wallet_only_counted_is_found(world, monkeypatch):
    order = world.lend(world.borrower)
    orders.take(world.lender, order.order_id, world.later())
    margined = world.margined()
    moves.pay(world.lender, addresses.of(world.borrower.wallet.seed, 0), USDC, 7_000_000_000, world.later())
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "KEEP", 1)
        sessions.rescan(world.borrower)
        assert world.borrower.wallet.dust.count == 1 and not world.borrower.wallet.live[0].account.guard
        world.publish(ETH="900")
        patch.setattr(type(world), "margined", lambda _: margined)
        world.seize()
    synced = sessions.sync(world.borrower)
    assert [each.account.position for each in synced.seized] == [margined.position]
    assert synced.wallet.dust.count == 0
