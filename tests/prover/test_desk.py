"""The front door: what a person does in Python is what the command line does."""

import json
import os

import pytest

from prover import desk
from prover.machine import files
from prover.trader import walletfile
from settlement.rejection import Rejected, Rejection
from tests.prover.cli.run import zksettle
from zk.errors import FormatError, Unsatisfied

MAKER, TAKER = "a passphrase of the maker's", "a passphrase of the taker's"


@pytest.fixture(scope="module")
def home(keystore, tmp_path_factory):
    """A home with the session's keys, a pool, and prices."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        assert desk.create_pool(folder, name="a pool", insecure_dev=True).insecure_dev
        assert desk.publish_prices(folder, {"eth": "3,050.25"}).epoch == 1
        yield folder


@pytest.fixture(scope="module")
def desks(home):
    """(maker, taker) with 4,000 USDC and 3 ETH."""
    with desk.create(home, "maker", MAKER) as maker, desk.create(home, "taker", TAKER, threads=1) as taker:
        maker.deposit("4,000 USDC", party="a bank")
        taker.deposit("3 ETH")
        yield maker, taker


def test_an_order_on_margin_is_placed_seen_and_taken(home, desks):
    maker, taker = desks
    order = maker.place(
        sell=["4,000 USDC", "2,000 dUSDC"], buy=["2 ETH"], to=[taker.address], expires="30m", may_owe=True
    )
    assert (order.sells, order.buys) == ("4,000 USDC, 2,000 dUSDC", "2 ETH")
    assert [(seen.order_id, seen.sells) for seen in taker.orders()] == [(order.order_id, "4,000 USDC, 2,000 dUSDC")]
    assert taker.order(order.order_id[:8]).buys == "2 ETH"
    with desk.create(home, "stranger", "a passphrase of a stranger") as stranger:
        (sealed,) = stranger.orders()
        assert (sealed.terms, sealed.sells, sealed.buys) == (None, None, None)
        with pytest.raises(Unsatisfied, match="sealed to others"):
            stranger.take(sealed)
    settlement = taker.take(order)
    assert maker.balances() == {"dUSDC": "−2,000", "ETH": "2"}
    assert taker.balances() == {"USDC": "4,000", "ETH": "1", "dUSDC": "2,000"}
    with pytest.raises(Rejected) as refusal:
        taker.take(order.order_id)
    assert refusal.value.rejection is Rejection.ORDER_UNKNOWN
    shown = json.loads(zksettle(home, "ledger", "show", "--json").out)
    assert shown["events"][-1]["height"] == settlement.receipt.height


def test_a_payment_arrives_and_a_withdrawal_leaves(desks):
    maker, taker = desks
    before = taker.session.wallet.balances[0], maker.sync().wallet.balances[0]
    taker.pay("250.5 USDC", maker.address)
    taker.withdraw("100 usdc", party="a bank")
    after = taker.session.wallet.balances[0], maker.sync().wallet.balances[0]
    assert (after[0] - before[0], after[1] - before[1]) == (-350_500_000, 250_500_000)


def test_an_own_order_is_cancelled_by_its_object_or_its_first_digits(desks):
    maker, taker = desks
    first, second = taker.place(sell="0.1 ETH", to=desk.EVERYBODY), taker.place(buy="1 USDC", to=maker.address)
    with pytest.raises(FormatError, match="no order of this wallet begins with"):
        maker.cancel(first.order_id[:8])
    assert {closed.order_id for closed in taker.cancel(first).closed} == {first.order_id, second.order_id}
    third = taker.place(sell="0.1 ETH", to=desk.EVERYBODY)
    assert taker.cancel(third.order_id[:10]).closed[0].order_id == third.order_id
    assert third.order_id not in {order.order_id for order in taker.orders()}


def test_no_repr_shows_a_secret(desks):
    maker, _ = desks
    order = maker.place(sell="123 USDC", buy="0.04 ETH", to=desk.EVERYBODY, may_owe=True)
    for shown in (repr(maker), repr(order), repr(maker.session), repr(order.terms), repr(maker.cancel(order))):
        assert "123" not in shown.replace(order.order_id[:16], "") and "USDC" not in shown
        assert len(set(maker.seed_phrase.split()) & set(shown.split())) < 3, "`pool` is a word of BIP-39 too"
    assert repr(maker) == "Desk(wallet 'maker', pool 'a pool')"
    assert repr(order).startswith(f"Order({order.order_id[:16]}…, ") and "expires 20" in repr(order)


def test_a_wallet_is_opened_again_restored_and_guarded(home):
    with desk.create(home, "mine", "12345678") as mine:
        address, phrase = mine.address, mine.seed_phrase
        with pytest.raises(files.Busy, match="the wallet mine is in use"):
            desk.open(home, "mine", "12345678")
    with desk.open(home, "mine", "12345678") as mine:
        assert mine.address == address
    with desk.create(home, "again", "12345678", phrase=phrase) as again:
        assert again.address == address and len(again.seed_phrase.split()) == 24
    with pytest.raises(walletfile.WrongPassphrase, match="the passphrase of wallet mine is wrong"):
        desk.open(home, "mine", "87654321")
    with pytest.raises(FormatError, match="there is no wallet named nobody: create one with"):
        desk.open(home, "nobody", "12345678")
    with pytest.raises(FormatError, match="fewer than 8 characters"):
        desk.create(home, "short", "1234567")
    with pytest.raises(FileExistsError, match="there is a wallet named mine already"):
        desk.create(home, "mine", "12345678")


def test_a_home_without_a_ledger_and_a_pool_without_a_ceremony_are_refused(home, tmp_path):
    with pytest.raises(FormatError, match="there is no pool in .*: create one with `zksettle pool new`"):
        desk.open(tmp_path, "mine", "12345678")
    with pytest.raises(FormatError, match="no ceremony's keys are installed here"):
        desk.create_pool(tmp_path)
    with pytest.raises(FormatError, match="there is a pool in .* already"):
        desk.create_pool(home, insecure_dev=True)


@pytest.mark.parametrize("prices, words", [
    ({"DOGE": "1"}, "no asset DOGE"), ({"ETH": "1", "eth": "2"}, "the price of ETH is given twice"),
    ({"ETH": "-1"}, "is not a number"),
])  # fmt: skip
def test_prices_that_make_no_sense_are_refused(home, prices, words):
    with pytest.raises(FormatError, match=words):
        desk.publish_prices(home, prices)


def test_a_closed_desk_unlocks_its_wallet_and_restores_the_number_of_threads(home, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "2")
    opened = desk.create(home, "closing", "12345678", threads=1)
    opened.deposit("1 USDC")
    assert os.environ["ZKSETTLE_THREADS"] == "2"
    opened.close()
    desk.open(home, "closing", "12345678").close()


def test_a_deposit_goes_into_the_account_that_is_there_unless_an_order_needs_it(home):
    with desk.create(home, "first", "12345678") as first:
        first.deposit("1 USDC")
        (holding,) = first.session.wallet.live
        assert holding.index == 0
    with desk.create(home, "second", "12345678", phrase=first.seed_phrase) as second:
        second.deposit("2 USDC")  # which syncs first: the restored wallet has not seen its account yet
        (holding,) = second.session.wallet.live
        assert holding.account.balances[0] == 3_000_000
        order = second.place(sell="1 USDC", to=desk.EVERYBODY)
        assert second.deposit("4 USDC").closed == ()
        assert sorted(live.account.balances[0] for live in second.session.wallet.live) == [3_000_000, 4_000_000]
        closed = second.deposit("5 USDC", position=holding.position).closed
        assert [own.order_id for own in closed] == [order.order_id]
        assert sorted(live.account.balances[0] for live in second.session.wallet.live) == [4_000_000, 8_000_000]


def test_withdrawals_and_payments_sync_first_and_choose_an_account_that_holds_enough(home, desks):
    def balances(desk):
        return [live.account.balances[0] / 10**6 for live in desk.session.wallet.live]

    with desk.create(home, "here", "12345678") as here:
        here.deposit("10 USDC")
        with desk.create(home, "there", "12345678", phrase=here.seed_phrase) as there:
            there.withdraw("1 USDC")  # the restored wallet has not seen its account yet
            here.pay("2 USDC", here.address)  # nor this one that the withdrawal moved its account
            older, newer = here.session.wallet.live  # the two legs of a payment settle in either order
            larger = max(older, newer, key=lambda live: live.account.balances[0])
            here.withdraw("1 USDC", position=larger.position)
            assert balances(here) == [2, 6]
            here.withdraw("1.5 USDC", position=here.session.wallet.live[0].position)
            assert balances(here) == [6, 0.5]
            here.withdraw("4 USDC")  # the newest account holds too little
            assert balances(here) == [0.5, 2]
            here.pay("0.25 USDC", desks[0].address, position=here.session.wallet.live[0].position)
            assert balances(here) == [2, 0.25]
            here.pay("1 USDC", desks[0].address)  # again
            assert balances(here) == [0.25, 1]
            here.deposit("8 USDC")  # both accounts are free: the newest takes it
            assert balances(here) == [0.25, 9]


def test_a_home_is_backed_up_and_restored_with_what_its_wallets_hold(home, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "keys").symlink_to(home / "keys", target_is_directory=True)
    desk.create_pool(tmp_path / "old", insecure_dev=True)
    with desk.create(tmp_path / "old", "mine", "a passphrase of mine") as mine:
        mine.deposit("5 USDC")
    saved = desk.backup(tmp_path / "old", tmp_path / "backup")
    assert desk.restore(tmp_path / "backup", tmp_path / "new") == saved
    with desk.open(tmp_path / "new", "mine", "a passphrase of mine") as mine:
        assert mine.withdraw("2 USDC") and mine.balances() == {"USDC": "3"}


def test_a_deposit_and_a_withdrawal_are_requested_signed_and_submitted(home, tmp_path):
    bank, trader = home, tmp_path
    for name in ("pool", "keys"):
        (trader / name).symlink_to(home / name, target_is_directory=True)
    with desk.create(trader, "away", "a passphrase of the trader's") as away:
        with pytest.raises(Unsatisfied, match="the custodian of USDC must sign this"):
            away.deposit("9 USDC")
        request = away.request("9 USDC", reference="wire 12")
        with pytest.raises(Rejected) as refused:
            desk.submit(trader, request)
        assert refused.value.rejection is Rejection.ATTESTATION
        receipt = desk.submit(trader, desk.attest(bank, request))
        assert away.balances() == {"USDC": "9"}
        desk.submit(bank, desk.attest(bank, away.request("4 USDC", withdrawal=True, expires="2h")))
        assert away.balances() == {"USDC": "5"} and receipt.positions
        with pytest.raises(Unsatisfied, match="settled at height"):
            desk.attest(bank, request)
    assert len(desk.custodian_key(bank)) == 128
    with pytest.raises(FileExistsError):
        desk.custodian_key(bank, new=True)


def test_a_wallet_changes_its_passphrase_is_exported_and_watched(home, desks, tmp_path):
    maker, _ = desks
    maker.export(tmp_path / "cold", "a passphrase for the cellar")
    maker.export_viewing_key(tmp_path / "view", "a passphrase for the auditor", reserve=30)
    for name, file, old in (("cold", "cold", "a passphrase for the cellar"),
                            ("view", "view", "a passphrase for the auditor")):  # fmt: skip
        desk.import_wallet(home, name, tmp_path / file, "12345678", file_passphrase=old)
    with desk.open(home, "cold", "12345678") as cold, desk.open(home, "view", "12345678") as view:
        assert cold.seed_phrase == maker.seed_phrase and cold.address == view.address == maker.address
        assert cold.balances() == view.balances() == maker.balances()
        for act in (lambda: view.withdraw("1 USDC"), lambda: view.seed_phrase,
                    lambda: view.place(sell="1 USDC", buy="0.001 ETH", to=maker.address)):  # fmt: skip
            with pytest.raises(Unsatisfied, match="the wallet is watch-only"):
                act()
        cold.change_passphrase("87654321")
        assert cold.balances() == maker.balances()
    with pytest.raises(walletfile.WrongPassphrase):
        desk.open(home, "cold", "12345678")
    desk.open(home, "cold", "87654321").close()
