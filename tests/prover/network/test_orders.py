"""The board over HTTP: orders are posted, refreshed and read whole, and a board that lies is found out."""

from dataclasses import replace

import pytest

from prover.network.service import placing
from prover.network.wire import postings
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from settlement.orders import posting
from settlement.rejection import Rejected, Rejection
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.settlement.bundles import samples
from tests.settlement.orders import boards
from zk.errors import FormatError


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def posted(path, count=1, **changes):
    """Postings of as many fresh accounts, and the legs in them."""
    with Ledger.open(path, read_only=True) as ledger:
        legs = [samples.make(ledger, **changes).leg for _ in range(count)]
        return [samples.posting(ledger, leg) for leg in legs]


def asked(path, *requests):
    """The answers to GET of a route, or POST of a route and bytes."""

    async def questions(client):
        return [await (client.get(each) if isinstance(each, str) else post(client, *each)) for each in requests]

    return serving.asked(path, questions)


def test_an_order_is_posted_once_and_read_with_all_others(path):
    one, two = posted(path, 2)
    first, again, other, board = asked(
        path, ("/orders", postings.encode(one)), ("/orders", postings.encode(one)), ("/orders", postings.encode(two)),
        "/orders",
    )  # fmt: skip
    assert first.status_code == 200 and first.content == again.content != other.content
    listed = postings.decode_board(board.content)
    assert {each.signature for each, _ in listed} == {one.signature, two.signature}
    assert (one, False) in listed and (two, False) in listed
    with Ledger.open(path, read_only=True) as ledger:
        orders = posting.check_rows(ledger, listed, samples.any_proof)
        assert {order.order_id.hex() for order in orders} == {first.json()["order"], other.json()["order"]}


def test_orders_that_are_put_on_the_board_together_are_answered_each_as_alone(path):
    one, two = posted(path, 2)
    sent = [postings.encode(one), b"junk", postings.encode(two), postings.encode(one)]
    other = postings.encode(replace(two, posted_ms=two.posted_ms - 1))
    with Ledger.open(path) as ledger:
        now_ms = one.posted_ms
        first, junk, second, again = placing.place_all(ledger, sent, now_ms, samples.any_proof)
        assert [postings.of(each.order) for each in (first, second, again)] == [one, two, one]
        assert [each.is_new for each in (first, second, again)] == [True, True, False]
        assert junk.rejection is Rejection.MALFORMED
        assert placing.place_all(ledger, [other], now_ms, samples.any_proof)[0].rejection is Rejection.TERMS_SIGNATURE
        assert {each.order_id for each in ledger.orders.stored()} == {first.order.order_id, second.order.order_id}


def test_another_posting_of_the_same_leg_is_refused(path):
    (one,) = posted(path)
    with Ledger.open(path, read_only=True) as ledger:
        later = samples.posting(ledger, encoding.decode_leg(one.leg_bytes), posted_ms=samples.NOW_MS - 1)
    _, refused = asked(path, ("/orders", postings.encode(one)), ("/orders", postings.encode(later)))
    assert (refused.status_code, refused.json()["name"]) == (409, "ORDER_KNOWN")


def test_an_order_that_the_board_refuses_is_a_problem(path):
    (one,) = posted(path)
    forged = replace(one, posted_ms=one.posted_ms - 1)
    crowded = bytearray(postings.encode(one))
    place = len(postings.POSTING_MAGIC) + 2 + len(one.leg_bytes)
    crowded[place] = 17
    answers = asked(
        path, ("/orders", postings.encode(forged)), ("/orders", bytes(crowded)), ("/orders", b"junk"),
        (f"/orders/{'00' * 32}/margin", bytes(encoding.MARGIN_BYTES)), ("/orders/00/margin", b""),
        (f"/orders/{'00' * 32}/margin", b"x"),
    )  # fmt: skip
    names = [(answer.status_code, answer.json()["name"]) for answer in answers]
    assert names[:3] == [(422, "TERMS_SIGNATURE"), (413, "TOO_LARGE"), (400, "MALFORMED")]
    assert [status for status, _ in names[3:]] == [400, 400, 400]


def test_an_order_is_withdrawn_once_and_the_list_of_withdrawals_shows_it(path):
    one, two = posted(path, 2)
    with Ledger.open(path, read_only=True) as ledger:
        ids = [digests.leg_id(ledger.ledger_id, encoding.decode_leg(each.leg_bytes)) for each in (one, two)]
        right, false = (boards.withdrawal(ledger.ledger_id, order_id) for order_id in ids)
    withdrawal = postings.encode_withdrawal(ids[0], right)
    _, _, first, again, refused, junk, board, listed, reposted = asked(
        path, ("/orders", postings.encode(one)), ("/orders", postings.encode(two)), ("/withdrawals", withdrawal),
        ("/withdrawals", withdrawal), ("/withdrawals", postings.encode_withdrawal(ids[0], false)),
        ("/withdrawals", withdrawal[:-1]), "/orders", "/withdrawals", ("/orders", postings.encode(one)),
    )  # fmt: skip
    assert first.status_code == 200 and first.content == again.content and first.json()["order"] == ids[0].hex()
    assert (refused.status_code, refused.json()["name"]) == (422, "WITHDRAWAL")
    assert (junk.status_code, junk.json()["name"]) == (400, "MALFORMED")
    assert (reposted.status_code, reposted.json()["name"]) == (409, "ORDER_WITHDRAWN")
    assert postings.decode_board(board.content) == [(two, False)]
    assert postings.decode_withdrawals(listed.content) == [(one.leg_bytes, right)]
    with Ledger.open(path, read_only=True) as ledger:
        assert postings.check_withdrawal(ledger, one.leg_bytes, right).order_id == ids[0]
        for leg, signed in ((two.leg_bytes, right), (one.leg_bytes, false)):
            with pytest.raises(Rejected, match="WITHDRAWAL"):
                postings.check_withdrawal(ledger, leg, signed)


@pytest.mark.parametrize("cut", [0, 3, 5, 100, -1])
def test_bytes_that_are_no_withdrawals_are_refused(path, cut):
    (one,) = posted(path)
    data = postings.encode_withdrawal(bytes(32), bytes(96))
    size = len(one.leg_bytes).to_bytes(2, "big")
    many = postings.WITHDRAWALS_MAGIC + b"\0\1" + size + one.leg_bytes + bytes(96)
    assert postings.decode_withdrawal(data) == (bytes(32), bytes(96))
    assert postings.decode_withdrawals(many) == [(one.leg_bytes, bytes(96))]
    for whole, decode in ((data, postings.decode_withdrawal), (many, postings.decode_withdrawals)):
        for wrong in (whole[:cut], whole + b"\0"):
            with pytest.raises(FormatError):
                decode(wrong)


def test_a_margin_for_no_order_is_refused(path):
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        margin = encoding.encode_margin(samples.margin(ledger))
    (answer,) = asked(path, (f"/orders/{'00' * 32}/margin", margin))
    assert (answer.status_code, answer.json()["name"]) == (404, "ORDER_UNKNOWN")


def test_a_board_that_lists_what_it_cannot_have_admitted_is_found_out(path):
    (one,) = posted(path)
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        guarded = boards.margined(ledger, terms=(), margin=replace(samples.margin(ledger), epoch=9)).leg
        listed = [
            (one, True), (replace(one, posted_ms=one.posted_ms + 1), False),
            (samples.posting(ledger, samples.make(ledger, root=12345).leg), False), (one, False),
            (samples.posting(ledger, guarded), False),
        ]  # fmt: skip
        found = posting.check_rows(ledger, listed, samples.any_proof)
    assert [each.rejection.name for each in found if isinstance(each, Rejected)] == [
        "FUNDS_MISSING", "TERMS_SIGNATURE", "UNKNOWN_ROOT", "STALE_GRID",
    ]  # fmt: skip
    assert postings.of(found[3]) == one


@pytest.mark.parametrize("cut", [0, 3, 5, 6, 100, -1])
def test_bytes_that_are_no_posting_or_board_are_refused(path, cut):
    (one,) = posted(path)
    data = postings.encode(one)
    assert postings.decode(data) == one
    board = postings.BOARD_MAGIC + b"\0\1" + len(data).to_bytes(2, "big") + data + b"\0"
    assert postings.decode_board(board) == [(one, False)]
    for whole, decode in ((data, postings.decode), (board, postings.decode_board)):
        for wrong in (whole[:cut], whole + b"\0"):
            with pytest.raises(FormatError):
                decode(wrong)
    with pytest.raises(FormatError, match="fee"):
        postings.decode_board(board[:-1] + b"\2")
