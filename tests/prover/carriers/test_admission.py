"""What comes from carriers is verified together, with real pairings: a false proof is found and refuses no other."""

import threading
import time
from concurrent.futures import wait
from dataclasses import replace

import pytest

from prover.bench import simulated
from prover.carriers import admission
from prover.carriers.checker import MAX_WAITING, Checker
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.checks import checks
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests import simulatedorders
from tests.patience import PATIENCE_S
from tests.prover.carriers.sites import now_ms
from zk.groth16 import batch

COUNT = 30


@pytest.fixture(scope="module")
def made():
    return simulated.pool(bytes(range(32)), now_ms())


@pytest.fixture
def path(made, tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", made.pool, now_ms()) as created:
        engine.publish(created, made.quotes(created, now_ms()), now_ms())
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger.open(path) as opened:
        yield opened


def forged(number, leg):
    """The fourth leg has the escrow's proof of itself in the margin's place, the seventh another commitment."""
    if number == 4:
        return replace(leg, margin=replace(leg.margin, proof=leg.escrow.proof))
    if number == 7:
        return replace(leg, public=replace(leg.public, nullifier=leg.public.nullifier ^ 1))
    return leg


def test_forged_proofs_among_many_orders_are_found_and_refuse_nothing_else(made, ledger):
    sent = simulatedorders.make(made, ledger, COUNT, now_ms(), forged)
    found = admission.orders(ledger, simulatedorders.as_bytes(sent), now_ms())
    refused = {number: one for number, one in enumerate(found) if isinstance(one, Rejected)}
    assert {one.rejection for one in refused.values()} == {Rejection.INVALID_PROOF}
    assert {number: one.detail for number, one in refused.items()} == {
        4: "leg 0: its margin proof does not verify", 7: "leg 0: its proof does not verify",
    }  # fmt: skip
    for number in (0, 29):
        order = found[number]
        assert order.leg_bytes == sent[number].leg_bytes and order.leg == encoding.decode_leg(order.leg_bytes)


def lies(sent):
    """The orders, each with another lie."""
    def leg(one, **changes):
        return replace(one, leg_bytes=encoding.encode_leg(replace(encoding.decode_leg(one.leg_bytes), **changes)))

    def at(one, place):
        data = bytearray(one.leg_bytes)
        data[place] ^= 1
        return replace(one, leg_bytes=bytes(data))

    return [
        replace(sent[0], leg_bytes=b"junk"), at(sent[1], -1), at(sent[2], 150), at(sent[3], -400),
        leg(sent[4], expiry_ms=1), leg(sent[5], terms=digests.terms((b"x",))),
        replace(sent[6], posted_ms=sent[6].posted_ms - 1), replace(sent[7], posted_ms=0),
        replace(sent[8], signature=bytes(96)), replace(sent[9], signature=b"short"), replace(sent[10], funds=b"none"),
        replace(sent[11], sealed_terms=(bytes(274),)), replace(sent[12], sealed_terms=(b"",)),
        leg(sent[13], margin=None),
        leg(sent[14], margin=replace(encoding.decode_leg(sent[14].leg_bytes).margin, epoch=7)),
        sent[15], leg(sent[16], proof=encoding.decode_leg(sent[15].leg_bytes).proof),
    ]  # fmt: skip


REASONS = [
    "MALFORMED", "LEG_SIGNATURE", "MALFORMED", "MALFORMED", "EXPIRED", "LEG_SIGNATURE", "TERMS_SIGNATURE",
    "TERMS_SIGNATURE", "TERMS_SIGNATURE", "TERMS_SIGNATURE", "MALFORMED", "TERMS_SIGNATURE", "MALFORMED",
    "MARGIN_MISSING", "STALE_GRID", None, "INVALID_PROOF",
]  # fmt: skip


def test_many_postings_get_the_answers_that_each_gets_alone(made, ledger):
    told = lies(simulatedorders.make(made, ledger, 17, now_ms()))

    def alone(one):
        try:
            return board.check(ledger, one, now)
        except Rejected as refused:
            return str(refused)

    now = now_ms()
    together = [str(one) if isinstance(one, Rejected) else one for one in board.check_all(ledger, told, now)]
    assert together == [alone(one) for one in told]
    assert [one.split("(")[1].split(")")[0] if isinstance(one, str) else None for one in together] == REASONS


def test_an_order_alone_is_verified_in_one_batch(made, ledger, monkeypatch):
    sizes, are_valid = [], batch.are_valid
    monkeypatch.setattr(batch, "are_valid", lambda claims: sizes.append(len(claims)) or are_valid(claims))
    (sent,) = simulatedorders.make(made, ledger, 1, now_ms())
    board.check(ledger, sent, now_ms())
    assert sizes == [3]


def test_named_says_of_a_posting_what_its_check_will_say(made, ledger):
    (sent,) = simulatedorders.make(made, ledger, 1, now_ms())
    order = board.check(ledger, sent, now_ms())
    (data,) = simulatedorders.as_bytes([sent])
    named = admission.named(ledger.ledger_id, data)
    assert (named.order_id, named.expiry_ms, named.epoch) == (order.order_id, order.expiry_ms, order.grid_epoch)


class Slow:
    """Verifies nothing, and stops at its first batch until it may go on."""

    def __init__(self):
        self.sizes, self.began, self.may_go_on = [], threading.Event(), threading.Event()

    def __call__(self, claims):
        self.sizes.append(len(claims))
        self.began.set()
        assert self.may_go_on.wait(PATIENCE_S)


@pytest.fixture
def checker(path):
    verify = Slow()
    made = Checker(lambda: Ledger.open(path), now_ms, verify)
    made.verify = verify
    yield made
    verify.may_go_on.set()
    made.close()


def test_what_came_while_others_were_checked_is_checked_together_and_suspects_come_last_each_alone(
    made, ledger, checker
):
    data = simulatedorders.as_bytes(simulatedorders.make(made, ledger, 7, now_ms()))
    first = checker.order(data[0])
    assert checker.verify.began.wait(PATIENCE_S)
    others = [checker.order(one, is_suspect=number in (1, 2)) for number, one in enumerate(data[1:], 1)]
    checker.verify.may_go_on.set()
    wait([first, *others], PATIENCE_S)
    assert checker.verify.sizes == [3, 4 * 3, 3, 3]
    assert {each.result().order_id for each in [first, *others]} == {
        admission.named(ledger.ledger_id, one).order_id for one in data
    }


def test_a_full_checker_says_so_and_forgets_what_it_did_not_take(made, ledger, checker):
    (data,) = simulatedorders.as_bytes(simulatedorders.make(made, ledger, 1, now_ms()))
    checker.order(b"junk")
    deadline = time.monotonic() + PATIENCE_S
    while not checker.verify.sizes and time.monotonic() < deadline:
        checker.order(data)
        checker.verify.began.wait(1)
    waiting = []
    with pytest.raises(Unavailable, match="wait to be checked"):
        for _ in range(2 * MAX_WAITING):
            waiting.append(checker.order(b"junk"))
    assert len(checker._arrived) == len(waiting) <= MAX_WAITING
    checker.verify.may_go_on.set()
    wait(waiting, PATIENCE_S)
    assert all(each.exception().rejection is Rejection.MALFORMED for each in waiting)


def test_a_ledger_that_cannot_be_opened_is_told_to_all_who_wait():
    def no_ledger():
        raise Unavailable("the disk is away")

    checker = Checker(no_ledger, now_ms, checks.verify_proofs)
    try:
        for future in [checker.order(b"junk") for _ in range(3)]:
            with pytest.raises(Unavailable, match="the disk is away"):
                future.result(PATIENCE_S)
    finally:
        checker.close()
