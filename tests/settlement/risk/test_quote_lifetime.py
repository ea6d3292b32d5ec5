"""How long a quote lives: an order with margin stays on the board, and can be taken while its grid is in force."""

from dataclasses import replace

import pytest

from circuits import escrow
from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.rejection import Rejected, Rejection
from settlement.risk.grids import Coverage
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind
from tests.settlement.guarded import margin
from tests.settlement.orders.boards import make, margined, place, refusal
from tests.settlement.risk.publications import publish
from zk import signature
from zk.curves import bn254
from zk.errors import InvalidProof


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def settle(ledger, *made, now_ms=NOW_MS):
    return engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), now_ms, any_proof)


def test_an_order_with_a_stale_margin_stays_and_cannot_be_taken_and_says_so(ledger):
    placed, cash = place(ledger, margined(ledger).leg), place(ledger, make(ledger).leg)
    publish(ledger, 2)
    assert set(board.listed(ledger, NOW_MS)) == {placed, cash}
    publish(ledger, 3)
    assert board.listed(ledger, NOW_MS) == [cash]
    assert set(board.listed(ledger, NOW_MS, stale=True)) == {placed, cash}
    assert refusal(board.get, ledger, placed.order_id, NOW_MS) == Rejection.STALE_GRID
    assert not board.is_takable(ledger, placed, NOW_MS) and board.is_takable(ledger, cash, NOW_MS)
    assert board.prune(ledger, NOW_MS) == []


def test_a_refreshed_order_is_the_same_order_and_can_be_taken(ledger):
    made = margined(ledger)
    placed = place(ledger, made.leg)
    publish(ledger, 2, Coverage.RANGE)
    refreshed = board.refresh(ledger, placed.order_id, margin(ledger, 2), NOW_MS, any_proof)
    assert refreshed.order_id == placed.order_id and refreshed.signature == placed.signature
    assert board.get(ledger, placed.order_id, NOW_MS) == refreshed == board.listed(ledger, NOW_MS)[0]
    settle(ledger, replace(made, leg=refreshed.leg))
    assert refusal(board.refresh, ledger, placed.order_id, margin(ledger, 2), NOW_MS) == Rejection.ORDER_UNKNOWN


def test_an_older_margin_that_the_network_held_back_does_not_replace_a_newer_one(ledger):
    placed = place(ledger, margined(ledger).leg)
    older = margin(ledger, 1)
    publish(ledger, 2)
    newer = board.refresh(ledger, placed.order_id, margin(ledger, 2), NOW_MS, any_proof)
    assert board.refresh(ledger, placed.order_id, older, NOW_MS, any_proof) == newer
    assert board.get(ledger, placed.order_id, NOW_MS) == newer and newer.grid_epoch == 2


def test_a_refresh_verifies_the_new_margin_alone_and_against_the_initial_grid(ledger):
    placed, seen = place(ledger, margined(ledger).leg), []
    publish(ledger, 2)
    board.refresh(ledger, placed.order_id, margin(ledger, 2), NOW_MS, seen.extend)
    initial = ledger.reader.epoch(2).publication.initial
    grid = tuple(value for row in initial.values for value in row)
    assert [(key, inputs) for key, inputs, _ in seen] == [(ledger.pool.margin.verifying, (placed.commitment, *grid))]


def refuse(claims):
    raise InvalidProof("no", index=0)


def test_a_margin_that_is_stale_or_false_or_not_needed_refreshes_nothing(ledger):
    placed, cash = place(ledger, margined(ledger).leg), place(ledger, make(ledger).leg)
    publish(ledger, 2, Coverage.RANGE)
    for order, new, verify, reason in [
        (placed, margin(ledger, 1), any_proof, Rejection.STALE_GRID),
        (placed, replace(margin(ledger, 2), key=bytes(32)), any_proof, Rejection.UNKNOWN_KEY),
        (placed, margin(ledger, 2), refuse, Rejection.INVALID_PROOF),
        (cash, margin(ledger, 2), any_proof, Rejection.MALFORMED),
    ]:
        assert refusal(board.refresh, ledger, order.order_id, new, NOW_MS, verify) == reason
    assert set(board.listed(ledger, NOW_MS, stale=True)) == {placed, cash}


def test_many_are_refreshed_as_each_would_be_and_verified_together(ledger):
    first, second, false = (place(ledger, margined(ledger).leg) for _ in range(3))
    cash = place(ledger, make(ledger).leg)
    publish(ledger, 2, Coverage.RANGE)
    board.refresh(ledger, second.order_id, newer := margin(ledger, 2), NOW_MS, any_proof)
    lie, seen = replace(margin(ledger, 2), proof=replace(newer.proof, c=bn254.negate(newer.proof.c))), []

    def verify(claims):
        seen.append(len(claims))
        for index, (_, _, proof) in enumerate(claims):
            if proof == lie.proof:
                raise InvalidProof("no", index=index)

    given = [(first, newer), (cash, newer), (second, margin(ledger, 1)), (false, lie), (first, newer)]
    answers = board.refresh_all(ledger, [(order.order_id, new) for order, new in given], NOW_MS, verify)
    assert [one.rejection if isinstance(one, Rejected) else one.grid_epoch for one in answers] == [
        2, Rejection.MALFORMED, 2, Rejection.INVALID_PROOF, 2,
    ]  # fmt: skip
    assert seen[0] == 3 and {one.order_id for one in board.listed(ledger, NOW_MS)} == {
        first.order_id, second.order_id, cash.order_id,
    }  # fmt: skip
    unknown = type(first.order_id)(bytes(32))
    (answer,) = board.refresh_all(ledger, [(unknown, newer)], NOW_MS, verify)
    assert answer.rejection is Rejection.ORDER_UNKNOWN
    assert board.refresh_all(ledger, [], NOW_MS, verify) == []


def test_while_the_pool_is_frozen_or_restricted_no_order_with_margin_can_be_taken(ledger):
    place(ledger, margined(ledger).leg)
    publish(ledger, 2, Coverage.FROZEN)
    assert board.listed(ledger, NOW_MS) == []
    publish(ledger, 3, Coverage.RANGE)
    place(ledger, margined(ledger).leg)
    publish(ledger, 4)  # the insurance was silent for longer than three epochs
    assert board.listed(ledger, NOW_MS) == []


def test_an_order_with_margin_is_not_listed_when_its_grid_is_too_old(ledger):
    placed = place(ledger, margined(ledger).leg)
    last = NOW_MS + samples.LIMITS.grid_age_ms
    assert board.listed(ledger, last) == [placed]
    assert board.listed(ledger, last + 1) == [] and board.prune(ledger, last + 1) == []


def test_an_order_for_guardians_who_were_replaced_cannot_be_taken_and_its_audit_asks_those_of_its_time(tmp_path):
    path = tmp_path / "ledger.sqlite"
    in_force_ms = NOW_MS + samples.GOVERNANCE.delay_ms
    others = replace(samples.GUARDIANS, number=2, encryption_key=signature.public(919191))
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
        placed = place(ledger, margined(ledger, expiry_ms=in_force_ms + 1000).leg)
        changed = replace(samples.PARAMETERS, version=2, guardians=others)
        signed = governance.sign(ledger.pool, Change(changed, in_force_ms, ()), samples.GOVERNOR_SECRETS)
        engine.govern(ledger, governance.encode(signed), NOW_MS)
        assert board.get(ledger, placed.order_id, NOW_MS) == placed
        settle(ledger, make(ledger, expiry_ms=in_force_ms + 1), now_ms=in_force_ms)
        assert refusal(board.get, ledger, placed.order_id, in_force_ms) == Rejection.GUARD_UNKNOWN
    seen = []
    audit.audit(path, seen.extend)
    digests = [inputs[1] for key, inputs, _ in seen if key == samples.ESCROW_KEY.verifying]
    sealed = placed.leg.escrow
    assert digests == [escrow.digest(samples.GUARDIANS.encryption_key, sealed.ephemeral, sealed.ciphertext)]
