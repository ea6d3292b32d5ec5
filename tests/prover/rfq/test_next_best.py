"""When the best quote is gone the next best is taken, as far as the limit goes, and never beyond it."""

import pytest

from prover.rfq import taking
from prover.trader import moves as payments
from prover.trader import trade
from settlement import engine
from settlement.rejection import Rejected, Rejection
from tests.prover.rfq.desks import ETH, FUNDS, USDC, both, line
from zk.errors import Unsatisfied

TEN_ETH = line(ETH=10**10)
OFFERS = (31_000, 31_100, 31_200)


@pytest.fixture
def quoted(world):
    """Three makers, an asker with an offer of each, and a way to take what was the best a moment ago."""
    makers = [world.desk(USDC, ETH) for _ in OFFERS]
    asker = world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], *makers)
    for maker, offer in zip(makers, OFFERS, strict=True):
        maker.answer(both(29_000, offer))
    told = []

    def take(between, limit=None, going_on=told.append):
        """Takes the best; `between` is called with the time after each choice."""
        began_ms = world.later()

        def choose():
            deal = asker.best(inquiry, "buy")
            if limit is not None:
                taking.check_limit(world.ledger, deal, (USDC, limit))
            between(began_ms)
            return deal

        return taking.take(
            asker.session, asker.memory, inquiry, "buy", choose, began_ms, agree=trade.allow_new_debts,
            going_on=going_on,
        )  # fmt: skip

    return makers, asker, take, told


def moves(*makers):
    """Moves the accounts of these makers, one each time, shortly before the taking began."""
    left = list(makers)

    def move(now_ms):
        if left:
            maker = left.pop(0)
            position, then_ms = maker.session.wallet.live[0].position, now_ms - 600 * (1 + len(left))
            payments.deposit(maker.session, USDC, 1, "bank", then_ms, position)

    return move


def test_the_next_best_is_taken_when_the_best_has_moved(quoted):
    makers, asker, take, told = quoted
    take(moves(makers[0], makers[1]))
    assert asker.balance(USDC) == FUNDS - 31_200 and makers[2].balance(ETH) == FUNDS - 10**10
    assert len(told) == 2 and all("account has moved" in str(each) for each in told)


def test_nothing_is_taken_beyond_the_limit(quoted):
    makers, asker, take, told = quoted
    with pytest.raises(Unsatisfied, match="which is above the limit"):
        take(moves(makers[0], makers[1]), limit=31_150)
    assert len(told) == 2 and asker.balance(ETH) == FUNDS


def test_whoever_does_not_go_on_is_told(quoted):
    makers, asker, take, _ = quoted
    with pytest.raises(taking.Gone, match="account has moved"):
        take(moves(makers[0]), going_on=None)
    assert asker.balance(ETH) == FUNDS


def test_when_all_are_gone_that_is_said(quoted):
    makers, asker, take, told = quoted
    with pytest.raises(taking.Gone, match="no quotes are left"):
        take(moves(*makers))
    assert len(told) == 3 and asker.balance(ETH) == FUNDS


def test_a_quote_that_expires_on_the_way_to_the_ledger_is_gone(quoted, monkeypatch):
    makers, asker, take, told = quoted
    submit, slow = engine.submit, [True]

    def late(ledger, data, now_ms):
        return submit(ledger, data, now_ms + (120_000 if slow.pop() else 0))

    with monkeypatch.context() as patch:
        patch.setattr(engine, "submit", late)
        with pytest.raises(taking.Gone, match="the quote expired before it could settle: ask again"):
            take(lambda _: None, going_on=None)
        slow[:] = [False, True]
        # This copy's clock still takes the first for good, and the ledger's does not: it is not tried for ever.
        with pytest.raises(taking.Gone, match="this copy does not know why"):
            take(lambda _: None)
    assert asker.balance(ETH) == FUNDS and "expired before it could settle" in str(told[0])


def test_another_refusal_ends_it(quoted, monkeypatch):
    makers, asker, take, told = quoted

    def refuse(ledger, data, now_ms):
        raise Rejected(Rejection.MALFORMED, "a reason")

    monkeypatch.setattr(engine, "submit", refuse)
    with pytest.raises(Rejected, match="a reason"):
        take(lambda _: None)
    assert not told
