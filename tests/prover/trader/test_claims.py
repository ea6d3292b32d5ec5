"""Expired options turn into dollars owed between those who hold and those who owe, and nobody else pays."""

from contextlib import ExitStack

import pytest

from prover.operator import defaults
from prover.trader import addresses, claims, moves, orders, sessions, trade, walletfile, wallets
from prover.trader.sessions import Session
from settlement.bundles import digests
from settlement.ledger import Ledger
from tests.prover import pools
from tests.prover.trader import payer
from tests.settlement.bundles import samples
from zk.errors import FormatError, Unsatisfied

USDC, LOAN, PERP, PUT = 0, 8, 9, 11
MILLION = 10**6
PREMIUM = 690 * MILLION
ONE = 10**defaults.CLAIM_DECIMALS
MINUTE_MS = 60_000  # between two actions: the clock runs on while an action takes its time
EXPIRED_MS = samples.NOW_MS + defaults.OPTION_LIFE_MS


@pytest.fixture(scope="module")
def traders(tmp_path_factory):
    """A writer who owes a put, and its holder, after the put has expired at 500 dUSDC or a little less."""
    path = tmp_path_factory.mktemp("expired") / "ledger.sqlite"
    with payer.stepping(), ExitStack() as stack:
        ledger = stack.enter_context(Ledger.create(path, pools.make(), samples.NOW_MS))
        writer, holder = (session(stack, ledger, path.with_name(f"{name}.json")) for name in ("writer", "holder"))
        for minute, each in enumerate((writer, holder)):
            moves.deposit(each, USDC, 5_000 * MILLION, "bank", samples.NOW_MS + minute * MINUTE_MS)
        pools.publish(ledger, samples.NOW_MS + 2 * MINUTE_MS)
        to, later_ms = [addresses.of(holder.wallet.seed, 0)], samples.NOW_MS + 3 * MINUTE_MS
        placed = orders.place(
            writer, {PUT: ONE}, {USDC: PREMIUM}, to, later_ms + 3_600_000, later_ms, agree=trade.allow_new_debts
        )
        orders.take(holder, placed.order_id, later_ms + MINUTE_MS)
        with pytest.raises(Unsatisfied, match="has not expired, so it has no rate"):
            claims.convert(holder, PUT, later_ms + 2 * MINUTE_MS)
        for epoch in range(2):  # the first is far from the last grid, and settles the put; the second is covered
            pools.publish(ledger, EXPIRED_MS + epoch * MINUTE_MS)
        yield writer, holder


def session(stack: ExitStack, ledger: Ledger, path) -> Session:
    file = stack.enter_context(walletfile.create(path, "", wallets.new()))
    return Session(ledger, file, payer.NoKeys(), samples.CUSTODIAN_SECRET)


def test_both_sides_convert_at_the_one_rate_and_the_ledger_sees_no_amount(traders):
    writer, holder = traders
    rate = holder.ledger.reader.rates()[PUT]
    assert 49 * MILLION // 10 < rate * 100 < 50 * MILLION  # 500 USDC at an index a little above 1, for 10^4 units
    paid = claims.convert(holder, PUT, EXPIRED_MS + 2 * MINUTE_MS, once="put")
    owed = claims.convert(writer, PUT, EXPIRED_MS + 3 * MINUTE_MS)
    assert balances(holder) == {USDC: 5_000 * MILLION - PREMIUM, LOAN: rate * ONE}
    assert balances(writer) == {USDC: 5_000 * MILLION + PREMIUM, LOAN: -rate * ONE}
    assert [len(each.bundle.conversions) for each in (paid, owed)] == [1, 1]
    assert [each.bundle.legs[0].flows for each in (paid, owed)] == [(), ()]
    repeated = claims.convert(holder, PUT, EXPIRED_MS + 4 * MINUTE_MS, once="put")
    assert repeated.is_repeated and digests.bundle_id(repeated.bundle) == digests.bundle_id(paid.bundle)


def test_what_cannot_be_converted_is_named(traders):
    writer, _ = traders
    with pytest.raises(FormatError, match="USDC is held outside, and only claims convert"):
        claims.convert(writer, USDC, EXPIRED_MS + 5 * MINUTE_MS)
    with pytest.raises(Unsatisfied, match="ETH-PERP has not expired"):
        claims.convert(writer, PERP, EXPIRED_MS + 5 * MINUTE_MS, once="perp")
    with pytest.raises(Unsatisfied, match="the wallet has no ETH-PUT"):
        claims.convert(writer, PUT, EXPIRED_MS + 5 * MINUTE_MS, once="again")
    with pytest.raises(Unsatisfied, match="the account at position 99 has no ETH-PUT"):
        claims.convert(writer, PUT, EXPIRED_MS + 5 * MINUTE_MS, 99, once="elsewhere")


def balances(owner: Session) -> dict[int, int]:
    """What the wallet has, by slot, without zeros."""
    sessions.sync(owner)
    return {slot: balance for slot, balance in enumerate(owner.wallet.balances) if balance}
