"""Somebody else settles while an owner is asked: neither the order nor the trade is refused for that."""

import time

import pytest

from prover import desk
from prover.machine import clock
from prover.proofs import pipeline
from prover.trader import walletfile
from zk.errors import Unsatisfied


@pytest.fixture(scope="module")
def desks(keystore, tmp_path_factory):
    """A maker with 1,000 USDC and a taker with 3 ETH."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        desk.create_pool(folder, insecure_dev=True)
        with desk.create(folder, "maker", "12345678") as maker, desk.create(folder, "taker", "12345678") as taker:
            maker.deposit("1,000 USDC")
            taker.deposit("3 ETH")
            yield maker, taker


def test_an_order_is_placed_and_taken_although_others_settle_while_its_owner_is_asked(desks):
    maker, taker = desks

    def meanwhile(settles):
        def agree(trade):
            time.sleep(0.05)  # the owner reads
            settles.deposit("1 USDC")

        return agree

    order = maker.place(sell="10 USDC", buy="0.01 ETH", to=taker.address, agree=meanwhile(taker))
    taken = taker.take(order, agree=meanwhile(desks[0]), position=taker.session.wallet.live[0].position)
    assert taken.receipt.height


def test_whoever_does_not_agree_proves_places_and_takes_nothing(desks, monkeypatch):
    maker, taker = desks
    order = maker.place(sell="10 USDC", buy="0.01 ETH", to=taker.address)
    wallets, listed = (maker.session.wallet, taker.session.wallet), taker.orders()
    monkeypatch.setattr(pipeline, "prove", lambda *_: pytest.fail("something was proved"))

    def refuse(trade):
        assert not any(trade.new_debts)
        raise Unsatisfied("no")

    with pytest.raises(Unsatisfied, match="no"):
        maker.place(sell="20 USDC", to=desk.EVERYBODY, agree=refuse)
    with pytest.raises(Unsatisfied, match="no"):
        taker.take(order, agree=refuse)
    assert [seen.order_id for seen in taker.orders()] == [seen.order_id for seen in listed]
    assert (maker.session.wallet.orders, taker.session.wallet) == (wallets[0].orders, wallets[1])


def test_a_running_clock_runs_on_from_where_it_is_set():
    began_s = time.monotonic()
    running = clock.running(1_000_000)
    first = running()
    time.sleep(0.02)
    second = running()
    passed_ms = 1_000 * (time.monotonic() - began_s) + 1
    assert 1_000_000 <= first <= second - 20 <= 1_000_000 + passed_ms
