"""An order that its maker withdrew: off the board, not to be posted again, and still a leg that settles."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from settlement.orders import board, withdrawals
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Withdrawal
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS, RK_SECRET, any_proof, bind
from tests.settlement.orders import boards
from tests.settlement.orders.boards import make, margined, place, refusal
from tests.settlement.risk.publications import publish
from zk import entropy


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def signed(ledger, order_id, secret=RK_SECRET):
    return boards.withdrawal(ledger.ledger_id, order_id, secret)


def withdraw(ledger, order_id, data=None, now_ms=NOW_MS):
    return board.withdraw(ledger, order_id, signed(ledger, order_id) if data is None else data, now_ms)


def test_a_withdrawn_order_leaves_the_board_and_whoever_asks_is_told_why(ledger):
    kept, order = place(ledger, make(ledger).leg), place(ledger, make(ledger).leg)
    withdrawal = withdraw(ledger, order.order_id)
    assert board.listed(ledger, NOW_MS) == [kept]
    assert withdrawal == Withdrawal(order.order_id, order.leg_bytes, LATER_MS, withdrawal.signature)
    assert refusal(board.get, ledger, order.order_id, NOW_MS) == Rejection.ORDER_WITHDRAWN
    withdrawals.check(ledger, ledger.orders.withdrawn(order.order_id))


def test_a_withdrawal_again_changes_nothing(ledger):
    order = place(ledger, make(ledger).leg)
    first = withdraw(ledger, order.order_id)
    assert withdraw(ledger, order.order_id, signed(ledger, order.order_id)) == first
    assert ledger.orders.withdrawals() == [first]


def test_a_withdrawn_order_is_not_taken_again_from_whoever_copied_it(ledger):
    made = make(ledger)
    order = place(ledger, made.leg)
    withdraw(ledger, order.order_id)
    assert refusal(place, ledger, made.leg) == Rejection.ORDER_WITHDRAWN
    assert board.listed(ledger, NOW_MS) == []


def test_who_copied_a_withdrawn_order_can_still_settle_it(ledger):
    """What a withdrawal does not do: only moving the account ends an order."""
    made = make(ledger)
    withdraw(ledger, place(ledger, made.leg).order_id)
    assert engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, made)), NOW_MS, any_proof)


def test_a_margin_does_not_bring_a_withdrawn_order_back(ledger):
    order = place(ledger, margined(ledger).leg)
    withdraw(ledger, order.order_id)
    margin = samples.margin(ledger)
    assert refusal(board.refresh, ledger, order.order_id, margin, NOW_MS, any_proof) == Rejection.ORDER_WITHDRAWN


def test_nobody_withdraws_an_order_but_its_maker_and_nothing_else_is_a_withdrawal(ledger, tmp_path):
    order, other = place(ledger, make(ledger).leg), place(ledger, make(ledger).leg)
    with Ledger.create(tmp_path / "another.sqlite", samples.pool(b"another sixteen!"), NOW_MS) as elsewhere:
        of_another_ledger = signed(elsewhere, order.order_id)
    right = signed(ledger, order.order_id)
    for wrong in (
        signed(ledger, order.order_id, secret=RK_SECRET + 1), signed(ledger, other.order_id), of_another_ledger,
        order.signature, order.leg_bytes[-96:], bytes(96), right[:-1],
        bytes([right[0] ^ 1]) + right[1:],
    ):  # fmt: skip
        assert refusal(withdraw, ledger, order.order_id, wrong) == Rejection.WITHDRAWAL
    assert {each.order_id for each in board.listed(ledger, NOW_MS)} == {order.order_id, other.order_id}
    withdraw(ledger, order.order_id, right)
    assert refusal(withdraw, ledger, order.order_id, bytes(96)) == Rejection.WITHDRAWAL


def test_an_order_that_is_not_on_the_board_cannot_be_withdrawn(ledger):
    assert refusal(withdraw, ledger, entropy.token(32)) == Rejection.ORDER_UNKNOWN
    made = make(ledger)
    order = place(ledger, made.leg)
    engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, made)), NOW_MS, any_proof)
    assert refusal(withdraw, ledger, order.order_id) == Rejection.ORDER_UNKNOWN


def test_of_too_many_withdrawals_those_that_expire_first_are_forgotten(ledger, monkeypatch):
    monkeypatch.setattr(board, "MAX_WITHDRAWALS", 2)
    ends = [LATER_MS + after for after in (3, 1, 2)]
    ids = [place(ledger, make(ledger, expiry_ms=end).leg).order_id for end in ends]
    for order_id in ids:
        withdraw(ledger, order_id)
    assert {each.order_id for each in ledger.orders.withdrawals()} == {ids[0], ids[2]}
    assert refusal(board.get, ledger, ids[1], NOW_MS) == Rejection.ORDER_UNKNOWN


def test_a_withdrawal_is_forgotten_when_its_order_has_expired(ledger):
    early, late = (place(ledger, make(ledger, expiry_ms=NOW_MS + life).leg).order_id for life in (5, 500))
    withdraw(ledger, early)
    withdraw(ledger, late, now_ms=NOW_MS + 5)
    assert [each.order_id for each in ledger.orders.withdrawals()] == [late]


def test_the_audit_finds_a_withdrawal_that_its_maker_did_not_make(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        one, two = (place(ledger, make(ledger).leg) for _ in range(2))
        true = withdraw(ledger, one.order_id)
        audit.audit(path, any_proof)
        for false in (
            replace(true, signature=signed(ledger, two.order_id)), replace(true, leg_bytes=two.leg_bytes),
            replace(true, expiry_ms=true.expiry_ms + 1), replace(true, order_id=two.order_id),
        ):  # fmt: skip
            ledger.orders.replace_withdrawals([false])
            with pytest.raises(Rejected):
                withdrawals.check(ledger, false)
            with pytest.raises(Discrepancy, match="the withdrawal of order .* should have been refused"):
                audit.audit(path, any_proof)
