"""What every carrier does, whichever way it does it."""

import hashlib
from dataclasses import replace

import pytest

from prover.carriers.carrier import Refused, Unavailable
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.ledger import Ledger
from settlement.rejection import Rejection
from tests.prover.carriers.sites import SITES, Collected, now_ms
from tests.settlement.bundles import samples
from zk import entropy


@pytest.fixture(params=SITES)
def site(request, tmp_path):
    site = SITES[request.param](tmp_path)
    yield site
    site.close()


@pytest.fixture(params=[name for name, site in SITES.items() if site.restarts])
def lasting(request, tmp_path):
    site = SITES[request.param](tmp_path)
    yield site
    site.close()


def letter(size=LETTER_SIZES[0]):
    return entropy.token(size)


def test_what_is_sent_comes_to_those_who_listen_and_to_those_who_come_later(site):
    order, sent = site.order(), letter()
    early, late = Collected(), Collected()
    early.subscribe(site.carrier(), now_ms() - 10_000)
    carrier = site.carrier()
    assert carrier.publish(order) == 1 and carrier.send(sent) == 1
    early.wait([order], [sent])
    late.subscribe(site.carrier(), now_ms() - 10_000)
    late.wait([order], [sent])
    assert len(early.threads) == len(late.threads) == 1


def test_letters_of_every_size_come_whole(site):
    carrier, got, sent = site.carrier(), Collected(), [letter(size) for size in LETTER_SIZES]
    for each in sent:
        carrier.send(each)
    got.subscribe(site.carrier(), now_ms() - 10_000)
    got.wait(letters=sent)
    assert sorted(got.letters) == sorted(sent)


def test_the_same_again_is_the_same_as_once(site):
    carrier, order, sent, last = site.carrier(), site.order(), letter(), letter()
    for _ in range(2):
        assert carrier.publish(order) == 1 and carrier.send(sent) == 1
    other = site.carrier()
    assert other.publish(order) == 1
    carrier.send(last)
    got = Collected()
    got.subscribe(site.carrier(), now_ms() - 10_000)
    got.wait([order], [sent, last])
    assert got.orders == [order]


def test_a_withdrawn_order_is_gone_for_who_comes_later_and_told_to_who_listens(site):
    carrier, got, late, order = site.carrier(), Collected(), Collected(), site.order()
    got.subscribe(site.carrier())
    carrier.publish(order)
    got.wait([order])
    withdrawal = site.withdrawal(order)
    carrier.withdraw(withdrawal)
    got.wait(withdrawals=[withdrawal])
    late.subscribe(site.carrier())
    late.wait(withdrawals=[withdrawal])
    assert late.orders == []


def test_who_compares_is_told_what_the_carrier_has_lost(site):
    got, kept, lost = Collected(), site.order(), site.order()
    subscription = got.subscribe(site.carrier())
    carrier = site.carrier()
    carrier.publish(kept)
    carrier.publish(lost)
    got.wait([kept, lost])
    assert subscription.compare(10) == set()
    withdrawal = site.withdrawal(lost)
    carrier.withdraw(withdrawal)
    assert subscription.compare(10) == {hashlib.sha256(lost).digest()}
    got.wait([kept, lost], withdrawals=[withdrawal])


def test_an_order_that_would_not_settle_is_refused_with_the_reason(site):
    with pytest.raises(Refused) as refused:
        site.carrier().publish(site.order(expiry_ms=now_ms() + 40 * 24 * 3_600_000))
    assert refused.value.rejection is Rejection.ORDER_TOO_LONG
    honest = postings.decode(site.order())
    forged = replace(honest, posted_ms=honest.posted_ms - 1)
    with pytest.raises(Refused) as refused:
        site.carrier().publish(postings.encode(forged))
    assert refused.value.rejection is Rejection.TERMS_SIGNATURE


def test_junk_is_refused_and_nothing_else_suffers(site):
    carrier, got, order = site.carrier(), Collected(), site.order()
    got.subscribe(site.carrier())
    for junk in (b"", b"junk", order[:-1], order + b"\0", order[:20] + b"\xff" * 40 + order[60:]):
        with pytest.raises(Refused):
            carrier.publish(junk)
    with pytest.raises(Refused):
        carrier.withdraw(b"junk")
    with pytest.raises(Refused):
        carrier.withdraw(site.withdrawal(order))  # nobody knows the order
    with pytest.raises(Refused):
        carrier.send(b"not a letter")
    carrier.publish(order)
    got.wait([order])
    assert got.orders == [order]


def test_a_forged_withdrawal_is_refused(site):
    carrier, order, other = site.carrier(), site.order(), site.order()
    carrier.publish(order)
    forged = site.withdrawal(order)[:36] + site.withdrawal(other)[36:]
    with pytest.raises(Refused) as refused:
        carrier.withdraw(forged)
    assert refused.value.rejection is Rejection.WITHDRAWAL


def test_after_close_nothing_is_delivered(site):
    got = Collected()
    subscription = got.subscribe(site.carrier())
    first, second = site.order(), site.order()
    carrier = site.carrier()
    carrier.publish(first)
    got.wait([first])
    subscription.close()
    carrier.publish(second)
    late = Collected()
    late.subscribe(site.carrier())
    late.wait([first, second])
    assert second not in got.orders


def test_a_carrier_that_was_away_brings_what_came_meanwhile(lasting):
    got, first, second = Collected(), lasting.order(), lasting.order()
    got.subscribe(lasting.carrier(), now_ms() - 10_000)
    lasting.carrier().publish(first)
    got.wait([first])
    lasting.stop()
    lasting.start()
    carrier = lasting.carrier()
    carrier.publish(second)
    sent = letter()
    carrier.send(sent)
    got.wait([first, second], [sent])


def test_whoever_is_not_there_is_unavailable(lasting):
    order, carrier = lasting.order(), lasting.carrier()
    lasting.stop()
    with pytest.raises(Unavailable):
        carrier.publish(order)
    lasting.start()


def test_who_subscribes_before_there_is_anybody_gets_it_later(lasting):
    got, order, carrier = Collected(), lasting.order(), lasting.carrier()
    lasting.stop()
    got.subscribe(carrier)
    lasting.start()
    lasting.carrier().publish(order)
    got.wait([order])


def test_an_account_that_moved_ends_its_orders(site):
    """The carrier's copy of the ledger, not its memory, decides what would settle."""
    with Ledger.open(site.path) as ledger:
        made = samples.deposit(ledger, 5)
        from settlement import engine
        from settlement.bundles import encoding

        engine.submit(ledger, encoding.encode_bundle(made), now_ms(), samples.any_proof)
        nullifier = made.legs[0].nullifier
    spent = site.order(nullifier=nullifier)
    with pytest.raises(Refused) as refused:
        site.carrier().publish(spent)
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT


def test_each_of_many_has_an_answer_of_its_own(site):
    carrier, got, orders = site.carrier(), Collected(), [site.order() for _ in range(3)]
    got.subscribe(site.carrier())
    long = site.order(expiry_ms=now_ms() + 40 * 24 * 3_600_000)
    answers = carrier.carry("order", [orders[0], long, b"junk", *orders[1:]])
    assert [each for each in answers if isinstance(each, int)] == [1, 1, 1]
    assert answers[1].rejection is Rejection.ORDER_TOO_LONG and isinstance(answers[2], Refused)
    got.wait(orders)
    unknown, gone = site.withdrawal(site.order()), [site.withdrawal(each) for each in orders[:2]]
    answers = carrier.carry("withdrawal", [gone[0], unknown, gone[1]])
    assert answers[0] == answers[2] == 1 and isinstance(answers[1], Refused)
    got.wait(orders, withdrawals=gone)
    sent = [letter(), letter()]
    answers = carrier.carry("letter", [sent[0], b"no letter", sent[1]])
    assert answers[0] == answers[2] == 1 and isinstance(answers[1], Refused)
    got.wait(orders, sent, gone)
    assert sorted(got.orders) == sorted(orders) and carrier.carry("order", []) == []


def test_a_carrier_that_goes_away_amid_many_says_so_of_each_that_it_may_not_have(lasting):
    carrier, got, orders = lasting.carrier(), Collected(), [lasting.order() for _ in range(3)]
    carrier.publish(orders[0])
    lasting.stop()
    answers = carrier.carry("order", [*orders, b"junk"])
    assert all(isinstance(each, Refused | Unavailable) for each in answers)
    assert [isinstance(each, Unavailable) for each in answers[:3]] == [True] * 3
    lasting.start()
    assert carrier.carry("order", orders) == [1, 1, 1]
    got.subscribe(lasting.carrier())
    got.wait(orders)
    assert sorted(got.orders) == sorted(orders)
