"""The board lists orders that would settle, and no others."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account
from settlement.ledger import Ledger
from settlement.orders import board, posting
from settlement.pool.parameters import Fees
from settlement.rejection import Rejection
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS, any_proof, bind
from tests.settlement.guarded import public_flow
from tests.settlement.orders.boards import TERMS, backed, make, place, refusal
from tests.settlement.risk.publications import publish
from zk.errors import InvalidProof


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def settle(ledger, *made, now_ms=NOW_MS):
    return engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), now_ms, any_proof)


def test_a_placed_order_is_listed_and_returned_unchanged(ledger):
    placed = place(ledger, make(ledger, TERMS * 3).leg, TERMS * 3)
    assert board.listed(ledger, NOW_MS) == [placed]
    assert board.get(ledger, placed.order_id, NOW_MS) == placed
    assert placed.sealed_terms == TERMS * 3 and placed.posted_ms == NOW_MS


def test_orders_are_listed_oldest_first_and_survive_closing_the_ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as ledger:
        placed = [place(ledger, make(ledger).leg, now_ms=NOW_MS + i) for i in (3, 1, 2)]
    with Ledger.open(where) as ledger:
        assert board.listed(ledger, NOW_MS + 3) == [placed[1], placed[2], placed[0]]


def test_two_orders_on_one_account_are_one_cancels_other(ledger):
    first = make(ledger)
    place(ledger, first.leg)
    place(ledger, make(ledger, nullifier=first.leg.public.nullifier).leg)
    settle(ledger, first)
    assert board.listed(ledger, NOW_MS) == []


def test_an_order_whose_proof_does_not_verify_is_not_listed(ledger):
    def refuse(items):
        raise InvalidProof("no", index=0)

    assert refusal(place, ledger, make(ledger).leg, verify=refuse) == Rejection.INVALID_PROOF
    assert board.listed(ledger, NOW_MS) == []


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"key": bytes(32)}, Rejection.UNKNOWN_KEY),
        ({"expiry_ms": NOW_MS}, Rejection.EXPIRED),
        ({"root": 5}, Rejection.UNKNOWN_ROOT),
        ({"guard": 1}, Rejection.ESCROW_MISSING),
    ],
)
def test_a_leg_that_would_not_settle_cannot_be_placed(ledger, changes, reason):
    assert refusal(place, ledger, make(ledger, **changes).leg) == reason


def test_a_leg_changed_after_it_was_signed_cannot_be_placed(ledger):
    assert refusal(place, ledger, replace(make(ledger).leg, expiry_ms=LATER_MS + 1)) == Rejection.LEG_SIGNATURE


def test_a_leg_of_an_account_that_has_moved_cannot_be_placed(ledger):
    made = make(ledger)
    settle(ledger, made)
    assert refusal(place, ledger, made.leg) == Rejection.NULLIFIER_SPENT


def test_a_top_up_is_no_order(ledger):
    """It settles until the next prices only, and asks for something in return for nothing."""
    leg = guarded.top_up(ledger, terms=digests.terms(TERMS)).leg
    assert refusal(place, ledger, leg) == Rejection.ORDER_TOP_UP
    assert board.listed(ledger, NOW_MS) == []


def test_terms_have_one_length_and_a_limited_number_of_readers(ledger):
    leg = make(ledger).leg
    assert refusal(place, ledger, leg, (TERMS[0][:-1],)) == Rejection.MALFORMED
    assert refusal(place, ledger, leg, TERMS * (board.MAX_READERS + 1)) == Rejection.TOO_LARGE
    many = TERMS * board.MAX_READERS
    assert place(ledger, make(ledger, many).leg, many).sealed_terms == many


def test_the_same_order_is_refused_again_and_with_other_terms_it_is_not_signed(ledger):
    leg = make(ledger).leg
    place(ledger, leg)
    assert refusal(place, ledger, leg) == Rejection.ORDER_KNOWN
    assert refusal(place, ledger, leg, ()) == Rejection.TERMS_SIGNATURE
    assert board.listed(ledger, NOW_MS)[0].sealed_terms == TERMS


def test_a_board_full_of_backed_orders_accepts_no_order_until_one_is_void(ledger, monkeypatch):
    monkeypatch.setattr(board, "MAX_ORDERS", 2)
    for leg in (make(ledger).leg, make(ledger, expiry_ms=NOW_MS + 10).leg):
        place(ledger, leg, funds=backed(ledger, leg))
    third = make(ledger).leg
    assert refusal(place, ledger, third) == Rejection.BOARD_FULL
    assert refusal(place, ledger, third, funds=backed(ledger, third)) == Rejection.BOARD_FULL
    assert place(ledger, third, now_ms=NOW_MS + 10).leg == third


def test_on_a_full_board_the_oldest_order_without_funds_gives_way(ledger, monkeypatch):
    monkeypatch.setattr(board, "MAX_ORDERS", 3)
    leg = make(ledger).leg
    kept = place(ledger, leg, funds=backed(ledger, leg))
    middle, oldest = (place(ledger, make(ledger).leg, now_ms=NOW_MS + later) for later in (2, 1))
    newest = place(ledger, make(ledger).leg, now_ms=NOW_MS + 3)
    assert board.listed(ledger, NOW_MS + 3) == [kept, middle, newest]
    assert refusal(board.get, ledger, oldest.order_id, NOW_MS + 3) == Rejection.ORDER_UNKNOWN
    for leg in (make(ledger).leg, make(ledger).leg):
        place(ledger, leg, now_ms=NOW_MS + 4, funds=backed(ledger, leg))
    assert kept in board.listed(ledger, NOW_MS + 4)
    assert all(order.is_backed for order in board.listed(ledger, NOW_MS + 4))


def test_one_proof_makes_one_order_whatever_its_expiry(ledger):
    made = make(ledger)
    place(ledger, made.leg)
    later = samples.sign(ledger.ledger_id, replace(made.leg, expiry_ms=LATER_MS + 1))
    assert refusal(place, ledger, later) == Rejection.PROOF_KNOWN
    settle(ledger, made)


def test_an_order_whose_account_moves_while_it_is_checked_is_not_listed(ledger):
    made = make(ledger)

    def settle_meanwhile(claims):
        settle(ledger, made)

    assert refusal(place, ledger, made.leg, verify=settle_meanwhile) == Rejection.NULLIFIER_SPENT


def test_an_expired_order_is_neither_listed_nor_found_and_pruning_deletes_it(ledger):
    lasting, short = place(ledger, make(ledger).leg), place(ledger, make(ledger, expiry_ms=NOW_MS + 10).leg)
    assert board.prune(ledger, NOW_MS + 9) == []
    assert board.listed(ledger, NOW_MS + 10) == [lasting]
    assert refusal(board.get, ledger, short.order_id, NOW_MS + 10) == Rejection.EXPIRED
    assert board.prune(ledger, NOW_MS + 10) == [short.order_id]
    assert refusal(board.get, ledger, short.order_id, NOW_MS + 10) == Rejection.ORDER_UNKNOWN


def test_an_order_whose_account_has_moved_is_gone_from_the_board(ledger):
    made = make(ledger)
    placed = place(ledger, made.leg)
    settle(ledger, made)
    assert refusal(board.get, ledger, placed.order_id, NOW_MS) == Rejection.ORDER_UNKNOWN
    assert board.prune(ledger, NOW_MS) == [] == board.listed(ledger, NOW_MS)


def test_the_fee_of_an_order_stands_in_the_place_of_funds(where):
    rules = replace(samples.BOARD, funds_required=True)
    pool = samples.pool(board=rules, fees=Fees(leg=0, order=9))
    with Ledger.create(where, pool, NOW_MS) as ledger:
        settle(ledger, samples.make(ledger, samples.change(USDC=20), [samples.flow(0, 20)]))
        made = make(ledger)
        order_id = digests.leg_id(ledger.ledger_id, made.leg)
        assert refusal(place, ledger, made.leg) == Rejection.FUNDS_MISSING
        for paid, is_admitted in ((8, False), (1, True)):
            flows = [public_flow(0, -paid, Account.FEE, order_id)]
            settle(ledger, samples.make(ledger, samples.change(USDC=-paid), flows))
            if not is_admitted:
                assert refusal(place, ledger, made.leg) == Rejection.FUNDS_MISSING
        placed = place(ledger, made.leg)
        assert placed.has_paid and placed.is_backed
        posting.check_row(ledger, placed, any_proof)
        other = make(ledger).leg
        assert refusal(place, ledger, other) == Rejection.FUNDS_MISSING  # the fee is for one order


def test_an_order_says_that_it_paid_only_when_it_did(ledger):
    placed = place(ledger, make(ledger).leg)
    assert not placed.has_paid
    lie = replace(placed, has_paid=True)
    assert refusal(posting.check_row, ledger, lie, any_proof) == Rejection.FUNDS_MISSING


def test_orders_are_not_part_of_history(ledger):
    before = ledger.reader.last_event()
    place(ledger, make(ledger).leg)
    assert ledger.reader.last_event() == before


def test_orders_on_one_account_are_limited_and_leave_room_for_others(ledger):
    for _ in range(board.MAX_ORDERS_PER_NULLIFIER):
        place(ledger, make(ledger, nullifier=5).leg)
    assert refusal(place, ledger, make(ledger, nullifier=5).leg) == Rejection.ACCOUNT_FULL
    place(ledger, make(ledger, nullifier=6).leg)


def test_an_order_stands_for_thirty_days_and_no_longer(ledger):
    last = NOW_MS + board.MAX_LIFE_MS
    place(ledger, make(ledger, expiry_ms=last).leg)
    assert refusal(place, ledger, make(ledger, expiry_ms=last + 1).leg) == Rejection.ORDER_TOO_LONG


def test_listing_and_pruning_decode_no_leg(ledger, monkeypatch):
    leg = make(ledger).leg
    place(ledger, leg)
    monkeypatch.setattr(encoding, "decode_leg", lambda data: pytest.fail("a leg was decoded"))
    assert len(board.listed(ledger, NOW_MS)) == 1
    assert len(board.prune(ledger, LATER_MS)) == 1
