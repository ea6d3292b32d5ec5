"""What stands beside an order's leg is its maker's word: signed, posted at once, and found unchanged in its row."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import bundle, encoding
from settlement.ledger import Ledger
from settlement.orders import board, posting
from settlement.rejection import Rejection
from tests.settlement.announcing import announce, parameters
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS, any_proof, bind
from tests.settlement.orders.boards import TERMS, backed, make, place, refusal
from zk.errors import InvalidProof


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        yield opened


@pytest.mark.parametrize("change", [
    {"sealed_terms": ()}, {"sealed_terms": (bytes(bundle.CIPHERTEXT_BYTES),)}, {"sealed_terms": TERMS * 2},
    {"posted_ms": NOW_MS - 1}, {"funds": None}, {"signature": bytes(96)}, {"signature": b""},
])  # fmt: skip
def test_what_stands_beside_the_leg_is_its_makers_word(ledger, change):
    """Nobody posts an order with other terms, funds or time than its maker signed, and nobody changes its row."""
    leg = make(ledger).leg
    change = {name: backed(ledger, leg) if value is None else value for name, value in change.items()}
    posted = samples.posting(ledger, leg, TERMS)
    assert refusal(board.place, ledger, replace(posted, **change), NOW_MS, any_proof) == Rejection.TERMS_SIGNATURE
    placed = board.place(ledger, posted, NOW_MS, any_proof)
    posting.check_row(ledger, placed, any_proof)
    assert refusal(posting.check_row, ledger, replace(placed, **change), any_proof) == Rejection.TERMS_SIGNATURE
    columns = {"sealed_terms": "terms"}
    for name, value in change.items():
        value = b"".join(value) if isinstance(value, tuple) else value or bytes(96)
        ledger.orders._connection.execute(f"UPDATE orders SET {columns.get(name, name)} = ?", (value,))
    assert refusal(board.get, ledger, placed.order_id, NOW_MS) == Rejection.TERMS_SIGNATURE


@pytest.mark.parametrize("change, reason", [
    ({"order_id": bytes(32)}, Rejection.MALFORMED),
    ({"nullifier": 5}, Rejection.MALFORMED),
    ({"commitment": 5}, Rejection.MALFORMED),
    ({"expiry_ms": LATER_MS + 1}, Rejection.MALFORMED),
    ({"grid_epoch": 1}, Rejection.MALFORMED),
    ({"leg_bytes": b"zkL2"}, Rejection.MALFORMED),
    ({"funds": b"\0"}, Rejection.MALFORMED),
    ({"has_paid": True}, Rejection.FUNDS_MISSING),
    ({"posted_ms": -1}, Rejection.TERMS_SIGNATURE),
])  # fmt: skip
def test_every_column_of_an_order_follows_from_what_its_maker_posted(ledger, change, reason):
    placed = place(ledger, make(ledger).leg)
    posting.check_row(ledger, placed, any_proof)
    assert refusal(posting.check_row, ledger, replace(placed, **change), any_proof) == reason


def test_a_stored_order_is_checked_as_when_it_was_placed_even_when_it_is_void(ledger):
    made = make(ledger)
    placed = place(ledger, made.leg, funds=backed(ledger, made.leg))
    engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, made)), NOW_MS, any_proof)
    posting.check_row(ledger, placed, any_proof)

    def refuse(claims):
        raise InvalidProof("no", index=0)

    assert refusal(posting.check_row, ledger, placed, refuse) == Rejection.INVALID_PROOF


@pytest.mark.parametrize("posted_ms, is_admitted", [
    (NOW_MS, True), (NOW_MS + 1, False), (NOW_MS - board.MAX_POSTING_AGE_MS, True),
    (NOW_MS - board.MAX_POSTING_AGE_MS - 1, False),
])  # fmt: skip
def test_an_order_is_posted_when_it_is_signed_and_not_again_later(ledger, posted_ms, is_admitted):
    posted = samples.posting(ledger, make(ledger).leg, TERMS, posted_ms=posted_ms)
    if is_admitted:
        assert board.place(ledger, posted, NOW_MS, any_proof).posted_ms == posted_ms
    else:
        assert refusal(board.place, ledger, posted, NOW_MS, any_proof) == Rejection.TERMS_SIGNATURE


def test_the_audit_knows_the_rules_at_the_time_of_posting_and_not_of_signing_alone(tmp_path):
    """An order that the board took under new rules, minutes after it was signed, once made the audit call it false."""
    path, strict = tmp_path / "ledger.sqlite", replace(samples.BOARD, funds_required=True)
    with Ledger.create(path, samples.pool(board=strict), NOW_MS) as ledger:
        announce(ledger, parameters(2, board=replace(strict, funds=(0, 0, 5, *[0] * 13))))
        changed_ms = NOW_MS + ledger.pool.governance.delay_ms
        announce(ledger, parameters(3, board=samples.BOARD), effective_ms=changed_ms + 1_000)
        leg = make(ledger, expiry_ms=changed_ms + 10**7).leg
        posted = samples.posting(ledger, leg, TERMS, b"", changed_ms - 1_000)
        assert refusal(board.place, ledger, posted, changed_ms, any_proof) is Rejection.FUNDS_MISSING
        board.place(ledger, posted, changed_ms + 2_000, any_proof)
    assert audit.audit(path, any_proof).orders == 1
