"""Whatever orders from nothing arrive, an order with funds within the limits is admitted, and none disappears.

A plain model of the board answers every posting beside the real table.
"""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.ledger import Ledger
from settlement.storage.orders import Order, Outcome
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS

MAX_ORDERS, MAX_OF_ACCOUNT = 5, 2
FUNDS = b"some funds"

BACKINGS = ("nothing", "funds", "fee")
POSTINGS = st.tuples(
    st.sampled_from(BACKINGS), st.integers(1, 6), st.integers(0, 12), st.integers(0, 12), st.integers(1, 30),
    st.integers(0, 4),
)
"""What backs it, its account, its leg, its proof, for how long it stands, and how long nothing happened."""

FROM_NOTHING = POSTINGS.map(lambda terms: ("nothing", *terms[1:]))


@dataclass
class Model:
    """The board as a list, the oldest order first."""

    orders: list[Order] = field(default_factory=list)

    def add(self, order: Order, now_ms: int) -> Outcome:
        self.orders = [other for other in self.orders if other.expiry_ms > now_ms]
        if any(other.order_id == order.order_id for other in self.orders):
            return Outcome.ORDER_KNOWN
        if any(other.commitment == order.commitment for other in self.orders):
            return Outcome.PROOF_KNOWN
        if sum(other.nullifier == order.nullifier for other in self.orders) == MAX_OF_ACCOUNT:
            return Outcome.ACCOUNT_FULL
        if all(other.is_backed for other in self.orders) and len(self.orders) == MAX_ORDERS:
            return Outcome.BOARD_FULL
        if len(self.orders) == MAX_ORDERS:
            self.orders.remove(next(other for other in self.orders if not other.is_backed))
        self.orders.append(order)
        self.orders.sort(key=lambda other: (other.posted_ms, other.order_id))
        return Outcome.ADDED


def order(backing: str, account: int, leg: int, proof: int, life: int, now_ms: int) -> Order:
    """An order whose leg nobody looks at."""
    return Order(
        bytes([leg]) * 32, b"leg", account, proof + 100 * account, now_ms + life, None, (),
        FUNDS if backing == "funds" else b"", backing == "fee", now_ms, bytes(96),
    )  # fmt: skip


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with Ledger.create(tmp_path_factory.mktemp("board") / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        yield opened


def cleared(ledger: Ledger) -> Ledger:
    """The ledger with an empty board."""
    ledger.orders.remove_void(NOW_MS + 10**9)
    return ledger


@settings(max_examples=150)
@given(postings=st.lists(POSTINGS, max_size=40))
def test_the_board_answers_as_its_model_and_keeps_what_is_backed(ledger, postings):
    table, model, now_ms = cleared(ledger).orders, Model(), NOW_MS
    for *terms, pause in postings:
        now_ms += pause
        posted = order(*terms, now_ms)
        before = table.alive(now_ms)
        outcome = table.add(posted, MAX_ORDERS, MAX_OF_ACCOUNT, now_ms)
        after = table.alive(now_ms)
        assert (outcome, after) == (model.add(posted, now_ms), model.orders)
        assert all(other in after for other in before if other.is_backed), "a backed order disappeared"
        assert len(after) <= MAX_ORDERS
        assert posted in after or outcome is not Outcome.ADDED


@settings(max_examples=80)
@given(flood=st.lists(FROM_NOTHING, max_size=40), kept=st.integers(0, MAX_ORDERS - 1))
def test_no_flood_of_orders_from_nothing_keeps_out_an_order_with_funds(ledger, flood, kept):
    """An honest account, which nobody else can spend, posts among strangers; up to the board's size are backed."""
    table, now_ms = cleared(ledger).orders, NOW_MS
    for number in range(kept):
        backed = order("funds", 50 + number, 100 + number, number, 10**6, now_ms)
        assert table.add(backed, MAX_ORDERS, MAX_OF_ACCOUNT, now_ms) is Outcome.ADDED
    for *terms, pause in flood:
        now_ms += pause
        table.add(order(*terms, now_ms), MAX_ORDERS, MAX_OF_ACCOUNT, now_ms)
    honest = order("funds", 99, 99, 0, 10**6, now_ms)
    assert table.add(honest, MAX_ORDERS, MAX_OF_ACCOUNT, now_ms) is Outcome.ADDED
    for *terms, pause in flood:
        now_ms += pause
        again = replace(order(*terms, now_ms), order_id=bytes([terms[2] + 30]) * 32)
        table.add(again, MAX_ORDERS, MAX_OF_ACCOUNT, now_ms)
    alive = table.alive(now_ms)
    assert honest in alive and sum(other.is_backed for other in alive) == kept + 1
