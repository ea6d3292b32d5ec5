"""Orders that strangers read, that strangers spoil, and trades that their owner never agreed to."""

import pytest

from prover import desk
from prover.machine import home as homes
from prover.trader import orders, sealing, walletfile
from settlement.ledger import Ledger
from tests.prover.cli.run import refused, zksettle
from zk.errors import Unsatisfied

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def home(keystore, tmp_path_factory):
    """A home with a pool, prices, and the wallets maker (8,000 USDC) and taker (10 ETH)."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv("ZKSETTLE_PASSPHRASE", PASSPHRASE)
        desk.create_pool(folder, insecure_dev=True)
        desk.publish_prices(folder)
        for name, amount in (("maker", "8000 USDC"), ("taker", "10 ETH")):
            desk.create(folder, name, PASSPHRASE).close()
            assert zksettle(folder, "deposit", amount, "--wallet", name).code == 0  # and compiles the kernels
        yield folder


def read_by_a_stranger(home) -> list[str]:
    """What somebody who has nothing but the ledger's file reads on the board."""
    with Ledger.open(homes.find(home).ledger) as ledger:
        opener = sealing.Opener(sealing.EVERYBODY)
        return [
            order.order_id.hex()
            for order in ledger.orders.alive(0)
            if any(opener.open(sealed, order.leg.public.commitment) for sealed in order.sealed_terms)
        ]


def test_an_order_without_readers_is_not_placed_for_everybody(home):
    terms = ("--sell", "3000 USDC", "--buy", "1 ETH", "--wallet", "maker")
    ran = zksettle(home, "order", "place", *terms)
    assert read_by_a_stranger(home) == []
    refused(ran, 2, "--to ADDRESS", "--to everybody")
    refused(zksettle(home, "order", "place", *terms, "--to", "everybody"), 2, "Everybody who looks at the board",
            "sells 3,000 USDC and buys 1 ETH, until it is taken or void, or expires at 20", "prove it later", "--yes")
    assert read_by_a_stranger(home) == []
    ran = zksettle(home, "order", "place", *terms, "--to", "everybody", "--yes")
    assert ran.code == 0 and "Everybody who looks at the board can read that" in ran.out
    (order_id,) = read_by_a_stranger(home)
    assert order_id in ran.out


def test_the_board_says_which_orders_everybody_can_read(home):
    with desk.open(home, "maker", PASSPHRASE) as maker, desk.open(home, "taker", PASSPHRASE) as taker:
        public = maker.place(sell="10 USDC", to=desk.EVERYBODY).order_id
        sealed = maker.place(sell="20 USDC", to=taker.address).order_id
        is_public = {order.order_id: order.is_public for order in taker.orders()}
        assert (is_public[public], is_public[sealed]) == (True, False)
        with pytest.raises(TypeError, match="'to'"):
            maker.place(sell="10 USDC")
        with pytest.raises(ValueError, match="needs readers"):
            maker.place(sell="10 USDC", to=[])
        with pytest.raises(ValueError, match="everybody stands alone"):
            maker.place(sell="10 USDC", to=[desk.EVERYBODY, taker.address])
    lines = {line.split()[0]: line for line in zksettle(home, "order", "list").out.splitlines()}
    assert "everybody" in lines[public] and "sealed" in lines[sealed]
    assert "10 USDC" in zksettle(home, "order", "show", public).out
    shown = zksettle(home, "order", "show", sealed).out
    assert "20 USDC" not in shown and "sealed to others" in shown


def test_false_terms_hide_nobody_elses_order(home):
    """Whoever posts terms that are not its leg's is not taken, and stops nobody from reading the board."""
    with desk.open(home, "maker", PASSPHRASE) as maker, desk.open(home, "taker", PASSPHRASE) as taker:
        true = maker.place(sell="30 USDC", to=taker.address)
        false = taker.place(sell="0.1 ETH", to=maker.address)
        ledger, row = taker.session.ledger, taker.session.ledger.orders.get(orders.read_id(false.order_id))
        nonsense = sealing.seal(b"nonsense", sealing.EVERYBODY_ADDRESS, row.commitment)
        ledger.orders._connection.execute("UPDATE orders SET terms = ? WHERE order_id = ?", (nonsense, row.order_id))
        by_id = {order.order_id: order for order in taker.orders()}
        assert by_id[true.order_id].sells == "30 USDC"


def test_nobody_takes_an_order_without_seeing_its_terms(home):
    """The maker calls it a fair trade; the taker's command shows what it is, and does not take it unasked."""
    with desk.open(home, "maker", PASSPHRASE) as maker, desk.open(home, "taker", PASSPHRASE) as taker:
        order_id = maker.place(sell="1 USDC", buy="3 ETH", to=taker.address).order_id
        before = taker.balances()
    take = ("order", "take", order_id, "--wallet", "taker")
    refused(zksettle(home, *take), 2, "You would give 3 ETH and receive 1 USDC", "--sell and --buy")
    others = ("--sell", "1 ETH", "--buy", "3000 USDC")
    refused(zksettle(home, *take, *others), 1, "other terms", "gives 3 ETH and receives 1 USDC")
    refused(zksettle(home, *take, "--sell", "3 ETH"), 1, "other terms")
    with desk.open(home, "taker", PASSPHRASE) as taker:
        assert taker.balances() == before
    assert zksettle(home, *take, "--sell", "3 ETH", "--buy", "1 USDC").code == 0


def test_nobody_owes_by_taking_or_placing_an_order_without_a_word(home):
    with desk.open(home, "maker", PASSPHRASE) as maker, desk.open(home, "taker", PASSPHRASE) as taker:
        order = maker.place(sell="6,000 USDC", buy="8 ETH", to=taker.address)
        with pytest.raises(Unsatisfied, match="would lack 1 ETH, and what is held is never owed"):
            taker.take(order)
        with pytest.raises(Unsatisfied, match="would lack 2,002 USDC, and what is held is never owed"):
            maker.place(sell="10,001 USDC", buy="4 ETH", to=taker.address)
    take = ("order", "take", order.order_id, "--wallet", "taker", "--sell", "8 ETH", "--buy", "6,000 USDC")
    refused(zksettle(home, *take), 1, "would lack 1 ETH, and what is held is never owed")
    place = ("order", "place", "--wallet", "maker", "--sell", "10,001 USDC", "--buy", "4 ETH", "--to", taker.address)
    refused(zksettle(home, *place), 1, "would lack 2,002 USDC, and what is held is never owed")


def test_nobody_owes_a_claim_by_placing_an_order_without_a_word(home):
    with desk.open(home, "taker", PASSPHRASE) as taker:
        place = ("order", "place", "--wallet", "maker", "--sell", "10 dUSDC", "--buy", "9 USDC", "--to", taker.address)
    refused(zksettle(home, *place), 2, "would owe 10 dUSDC that it does not owe now", "add --yes")
