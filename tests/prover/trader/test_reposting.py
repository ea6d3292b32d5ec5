"""A posting that is sent again much later is signed anew, by its maker alone."""

from dataclasses import replace

import pytest

from prover.network.wire import postings
from prover.trader import reposting
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.trader import payer
from tests.prover.trader.payer import World
from tests.settlement.bundles import samples


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture
def world(tmp_path, patched):
    patched[:] = [made := World(tmp_path)]
    return made


def test_what_was_signed_long_ago_is_signed_now_and_a_board_takes_it(world):
    assert world.place()
    with world.session() as session:
        (order,) = session.ledger.orders.stored()
        sent = postings.encode(postings.of(order))
        soon_ms, late_ms = order.posted_ms + reposting.RENEWED_MS - 1, order.posted_ms + board.MAX_POSTING_AGE_MS + 1
        assert reposting.renewed(session, sent, soon_ms) == sent
        again = reposting.renewed(session, sent, late_ms)
        made = postings.decode(again)
        assert made.posted_ms == late_ms and made.leg_bytes == postings.decode(sent).leg_bytes
        assert made.sealed_terms == postings.decode(sent).sealed_terms
        with pytest.raises(Rejected) as refused:
            board.check(session.ledger, postings.decode(sent), late_ms, samples.any_proof)
        assert refused.value.rejection is Rejection.TERMS_SIGNATURE
        assert board.check(session.ledger, made, late_ms, samples.any_proof).order_id == order.order_id


def test_whoever_cannot_sign_it_leaves_it_as_it_is(world):
    assert world.place()
    with world.session() as session:
        (order,) = session.ledger.orders.stored()
        sent, late_ms = postings.encode(postings.of(order)), order.posted_ms + board.MAX_POSTING_AGE_MS + 1
        assert reposting.renewed(session, b"junk", late_ms) == b"junk"
        session.file.save(replace(session.wallet, live=(), orders=()))
        assert reposting.renewed(session, sent, late_ms) == sent
