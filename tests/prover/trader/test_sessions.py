"""The whole road with real proofs: pool, wallets, deposits, a leveraged order, a taker, settlement, restore."""

from dataclasses import replace

import pytest

from prover.machine import clock
from prover.trader import (
    addresses,
    blinding,
    keys,
    moves,
    orders,
    readers,
    sealing,
    sessions,
    trade,
    walletfile,
    wallets,
    walletsync,
)
from prover.trader.sessions import Session
from settlement import amounts
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool.pool import NUM_PUBLIC
from settlement.rejection import Rejected, Rejection
from tests.prover import pools
from tests.prover.risks import balances
from tests.settlement.bundles import samples
from zk.errors import FormatError, InvalidProof, Unsatisfied

NOW = 1_800_000_000_000
now = clock.running(NOW)
HOUR = 3_600_000
USDC, ETH = 0, 2
EVERYBODY = readers.addresses_of([readers.EVERYBODY])
PHRASES = {"maker": "abandon " * 23 + "art", "taker": "zoo " * 23 + "vote"}


@pytest.fixture(scope="module")
def ledger(keystore, tmp_path_factory):
    """A ledger whose pool verifies with the session's keys, with the grids of epoch 1."""
    pool = pools.make(**{name: keystore.statement_key(name) for name in NUM_PUBLIC})
    with Ledger.create(tmp_path_factory.mktemp("ledger") / "ledger.sqlite", pool, now()) as made:
        pools.publish(made, now())
        yield made


@pytest.fixture(scope="module")
def traders(ledger, keystore, tmp_path_factory):
    """{name: session} of a maker and a taker with a deposit each: 4,000 USDC and 1 ETH."""
    folder = tmp_path_factory.mktemp("wallets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        maker = walletfile.create(folder / "maker.json", "", wallets.restore(PHRASES["maker"]))
        taker = walletfile.create(folder / "taker.json", "", wallets.restore(PHRASES["taker"]))
        with maker as maker_file, taker as taker_file:
            opened = {"maker": maker_file, "taker": taker_file}
            found = {
                name: Session(ledger, file, keystore, samples.CUSTODIAN_SECRET) for name, file in opened.items()
            }
            deposit(found["maker"], "4000 USDC")
            deposit(found["taker"], "3 ETH")
            yield found


def deposit(session: Session, text: str) -> None:
    moves.deposit(session, *amounts.parse(text, session.ledger.pool), "bank", now())


def amount(session: Session, text: str) -> dict[int, int]:
    return amounts.parse_all([text], session.ledger.pool)


def in_total(ledger: Ledger, traders: dict[str, Session]) -> None:
    """What the wallets hold is what the ledger holds outside for them, asset by asset."""
    for session in traders.values():
        sessions.sync(session)
    held = [sum(column) for column in zip(*(session.wallet.balances for session in traders.values()), strict=True)]
    assert held == [ledger.reader.reserve(ledger.pool.leg.digest, asset) for asset in range(len(held))]


def test_a_deposit_is_in_the_wallet_and_in_custody(ledger, traders):
    assert traders["maker"].wallet.balances[USDC] == 4_000_000_000
    assert traders["taker"].wallet.balances[ETH] == 3_000_000_000
    in_total(ledger, traders)


def test_a_leveraged_order_is_placed_taken_and_settled_once(ledger, traders):
    maker, taker = traders["maker"], traders["taker"]
    to = [addresses.of(taker.wallet.seed, 0)]
    sell, buy = amount(maker, "4000 USDC") | amount(maker, "2000 dUSDC"), amount(maker, "2 ETH")
    with pytest.raises(Unsatisfied, match="position 0 would owe 2,000 dUSDC that it does not owe now. The pool's one"):
        orders.place(maker, sell, buy, to, NOW + HOUR, now())
    placed = orders.place(maker, sell, buy, to, NOW + HOUR, now(), agree=trade.allow_new_debts)
    assert placed.leg.margin is not None and placed.leg.escrow is not None and placed.leg.public.guard == 1
    assert [order.order_id for order in maker.wallet.orders] == [placed.order_id]

    entry = board.get(ledger, orders.read_id(placed.order_id), now())
    assert readers.open_terms(taker.wallet.seed, entry) == placed.terms

    settled = orders.take(taker, placed.order_id, now())
    assert len(settled.bundle.legs) == 2
    makers_key = keys.blinding_key(keys.derive(PHRASES["maker"]), 0)
    assert placed.terms.blinding == blinding.derive(makers_key, placed.leg.commitment)
    own = next(leg for leg in settled.bundle.legs if leg.commitment != placed.leg.commitment)
    assert own.companions == digests.companions([placed.leg.commitment])
    closed = walletsync.Closed(placed.order_id, settled.receipt.height)
    assert walletsync.sync(ledger, maker.wallet).closed == (closed,)
    with pytest.raises(Unsatisfied, match="already closed"):
        orders.cancel(maker, placed.order_id, now())
    assert maker.wallet.orders == ()
    in_total(ledger, traders)
    assert maker.wallet.balances == balances(eth=2_000_000_000, dusdc=-2_000_000_000)
    assert taker.wallet.balances == balances(4_000_000_000, 0, 1_000_000_000, 2_000_000_000)

    with pytest.raises(Rejected) as refusal:
        orders.take(taker, placed.order_id, now())
    assert refusal.value.rejection in (Rejection.NULLIFIER_SPENT, Rejection.ORDER_UNKNOWN)


def test_everything_comes_back_from_the_phrase_and_the_ledger_alone(ledger, traders):
    for name, session in traders.items():
        sessions.sync(session)
        restored = walletsync.sync(ledger, wallets.restore(PHRASES[name])).wallet
        assert restored.live == session.wallet.live


def test_a_payment_and_a_withdrawal_arrive(ledger, traders, monkeypatch):
    maker, taker = traders["maker"], traders["taker"]
    makers, takers = maker.wallet.balances[USDC], taker.wallet.balances[USDC]
    planned = []
    monkeypatch.setattr(sessions.entropy, "shuffled", lambda items: planned.extend(items) or planned[::-1])
    paid = moves.pay(taker, addresses.of(maker.wallet.seed, 0), USDC, 250_000_000, now())
    assert [leg for leg, _ in planned] == list(paid.bundle.legs)[::-1] and len(planned) == 2
    monkeypatch.undo()
    sessions.sync(maker)
    assert maker.wallet.balances[USDC] == makers + 250_000_000
    assert taker.wallet.balances[USDC] == takers - 250_000_000
    moves.withdraw(taker, USDC, 750_000_000, "bank", now())
    assert taker.wallet.balances[USDC] == takers - 1_000_000_000
    in_total(ledger, traders)


def test_an_order_for_everybody_is_read_by_everybody_and_cancelled_by_its_maker(ledger, traders):
    maker, taker = traders["maker"], traders["taker"]
    placed = orders.place(taker, amount(taker, "1 ETH"), amount(taker, "2900 USDC"), EVERYBODY, NOW + HOUR, now())
    entry = board.get(ledger, orders.read_id(placed.order_id), now())
    assert readers.open_terms(maker.wallet.seed, entry) == placed.terms
    with pytest.raises(Unsatisfied, match="this wallet has no open order"):
        orders.cancel(maker, placed.order_id, now())
    before, open_still = taker.wallet.balances, taker.wallet
    orders.cancel(taker, placed.order_id, now())
    assert walletsync.sync(ledger, open_still).closed == (walletsync.Closed(placed.order_id, None),)
    assert taker.wallet.balances == before
    with pytest.raises(Rejected) as refusal:
        orders.take(maker, placed.order_id, now())
    assert refusal.value.rejection in (Rejection.NULLIFIER_SPENT, Rejection.ORDER_UNKNOWN)


def test_terms_that_are_another_trades_are_not_taken(ledger, traders):
    maker, taker = traders["maker"], traders["taker"]
    stranger = addresses.of(keys.derive(keys.new_phrase()), 0)
    placed = orders.place(taker, amount(taker, "0.5 ETH"), amount(taker, "1400 USDC"), [stranger], NOW + HOUR, now())
    posted = board.get(ledger, orders.read_id(placed.order_id), now())
    assert readers.open_terms(maker.wallet.seed, posted) is None
    with pytest.raises(Unsatisfied, match="sealed to others"):
        orders.take(maker, placed.order_id, now())

    def read(name: str, order: board.Order, *sealed: bytes):
        return readers.open_terms(traders[name].wallet.seed, replace(order, sealed_terms=sealed))

    makers = [addresses.of(maker.wallet.seed, 0)]
    better = replace(placed.terms, changes=tuple(2 * change for change in placed.terms.changes))
    with pytest.raises(InvalidProof, match="do not open its value commitment"):
        read("maker", posted, *readers.seal_terms(better, makers, placed.leg.commitment))
    with pytest.raises(InvalidProof, match="terms are malformed"):
        read("maker", posted, sealing.seal(b"nonsense", makers[0], placed.leg.public.commitment))
    with pytest.raises(InvalidProof, match="signed for other terms"):
        read("maker", posted, *readers.seal_terms(placed.terms, makers, placed.leg.commitment))
    flows = (samples.flow(ETH, -1, b"bank"),)
    paying = replace(posted, leg_bytes=encoding.encode_leg(replace(placed.leg, flows=flows)))
    with pytest.raises(InvalidProof, match="pays more than the pool's fee"):
        read("taker", paying, *readers.seal_terms(placed.terms, EVERYBODY, placed.leg.commitment))


def test_an_order_that_the_board_refuses_is_not_remembered(traders, monkeypatch):
    taker = traders["taker"]

    def refuse(*_):
        raise Rejected(Rejection.BOARD_FULL, "the board is full")

    monkeypatch.setattr(board, "place", refuse)
    before = taker.wallet.orders
    with pytest.raises(Rejected):
        orders.place(taker, amount(taker, "0.1 ETH"), {}, EVERYBODY, NOW + HOUR, now())
    assert taker.wallet.orders == before


def test_an_order_beyond_the_margin_is_refused_before_anything_is_proved(traders):
    maker = traders["maker"]
    with pytest.raises(Unsatisfied, match="the margin does not suffice"):
        orders.place(maker, amount(maker, "600000 dUSDC"), amount(maker, "200 ETH"), EVERYBODY, NOW + HOUR, now())


def test_what_makes_no_sense_is_malformed(traders):
    maker = traders["maker"]
    with pytest.raises(FormatError, match="expire before"):
        orders.place(maker, {USDC: 1}, {ETH: 1}, EVERYBODY, NOW, now())
    with pytest.raises(FormatError, match="both sells and buys USDC"):
        orders.place(maker, {USDC: 1}, {USDC: 1}, EVERYBODY, NOW + 1, NOW)
    with pytest.raises(FormatError, match="17 readers: at most 16"):
        orders.place(maker, {USDC: 1}, {ETH: 1}, EVERYBODY * 17, NOW + 1, NOW)
    with pytest.raises(FormatError, match="no readers"):
        orders.place(maker, {USDC: 1}, {ETH: 1}, [], NOW + 1, NOW)
    with pytest.raises(FormatError, match="64 lower-case hexadecimal digits"):
        orders.take(maker, "xyz", now())
    with pytest.raises(FormatError, match="external party"):
        moves.deposit(maker, USDC, 1, "x" * 65, now())
    with pytest.raises(Unsatisfied, match="no live account at position 999"):
        moves.withdraw(maker, USDC, 1, "bank", now(), position=999)
