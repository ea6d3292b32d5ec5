"""A watch-only wallet sees what its owner has, whoever moves it; nothing that spends is in it or follows from it."""

import json
from dataclasses import fields, replace

import pytest

from prover.books import book, profit
from prover.books.costs import Method
from prover.trader import (
    addresses,
    health,
    keeping,
    keys,
    moves,
    orders,
    sealing,
    sessions,
    walletfile,
    walletjson,
    wallets,
    walletsync,
)
from prover.trader.wallets import RESERVE
from tests.prover.trader import borrowing
from tests.prover.trader import test_walletsync as syncing
from tests.prover.trader.test_walletsync import BOB, USDC, deposit, spend
from zk import signature
from zk.curves import babyjubjub
from zk.errors import FormatError, Unsatisfied

OWNER = wallets.restore(" ".join(["abandon"] * 23) + " art")
PASSPHRASE = "correct horse battery staple"

ledger = syncing.ledger
pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def watching():
    return wallets.watch_only(OWNER)


def text_of(wallet) -> str:
    return json.dumps(walletjson.write(wallet))


def test_it_has_the_view_of_its_owner_and_not_the_seed(watching):
    assert watching.is_watch_only and not OWNER.is_watch_only and OWNER.view == OWNER.seed
    for index in (0, 1, RESERVE):
        assert addresses.of(watching.view, index) == addresses.of(OWNER.view, index)
        assert keys.watched(watching.view, index).nk == keys.account(OWNER.seed, index).nk
    sealed = sealing.seal(b"terms", addresses.of(OWNER.seed, 0), 7)
    opened = sealing.Opener(keys.viewing_key(watching.view)).open(sealed, 7)
    assert opened is not None and opened.body.startswith(b"terms")


def test_nothing_that_spends_is_in_its_file(watching):
    """Neither the phrase nor the seed nor any spending key, as number or as bytes, in any of the usual spellings."""
    told = text_of(watching)
    secrets = [OWNER.seed.data, *(keys.account(OWNER.seed, index).ask for index in range(RESERVE + 1))]
    for secret in secrets:
        data = secret if isinstance(secret, bytes) else secret.to_bytes(32, "big")
        for spelling in (data.hex(), data[::-1].hex(), str(int.from_bytes(data, "big"))):
            assert spelling not in told
    assert not set(OWNER.phrase.split()) & set(told.replace('"', " ").split())
    assert {field.name for field in fields(keys.WatchedKeys)} == {"index", "ak", "nk"}
    assert {field.name for field in fields(keys.ViewingKey)} == {"viewing", "accounts"}


def test_what_it_has_signs_for_nobody(watching):
    """Every number in it as a spending key: none is the discrete logarithm of an AK."""
    numbers = [int.from_bytes(watching.viewing.viewing, order) for order in ("big", "little")]
    numbers += [own.nk for own in watching.viewing.accounts]
    points = {own.ak for own in watching.viewing.accounts}
    assert not {signature.public(number % babyjubjub.ORDER) for number in numbers} & points


@pytest.mark.parametrize("act", [
    lambda wallet: wallet.seed, lambda wallet: wallet.own_phrase, lambda wallet: wallet.check_moves(),
    lambda wallet: wallets.watch_only(wallet),
])  # fmt: skip
def test_what_would_move_something_is_refused_in_a_sentence(watching, act):
    with pytest.raises(Unsatisfied, match="the wallet is watch-only: it shows what its owner has"):
        act(watching)
    act(OWNER)


def test_it_sees_the_indices_in_use_and_its_reserve_only(held):
    owner = replace(held, top_index=30, live=(replace(held.live[0], index=70_000),))
    watching = wallets.watch_only(owner, reserve=25)
    assert [own.index for own in watching.viewing.accounts] == [*range(56), 70_000]
    assert keys.watched(watching.view, 56) is None
    with pytest.raises(FormatError, match="does not have the account of index 56"):
        addresses.of(watching.view, 56)
    with pytest.raises(FormatError, match="an account of index 56, which its viewing key does not have"):
        walletsync.nullifier(watching.view, replace(held.live[0], index=56, nullifier=None))


def test_its_file_is_read_as_it_was_written_and_shows_nothing(watching, tmp_path):
    with walletfile.create(tmp_path / "watch.json", PASSPHRASE, watching) as file:
        file.save(replace(watching, scanned=3))
    with walletfile.open(tmp_path / "watch.json", PASSPHRASE) as file:
        assert file.wallet == replace(watching, scanned=3)
    assert repr(watching) == "Wallet" and repr(watching.viewing) == "ViewingKey"
    assert repr(watching.viewing.accounts[0]) == "WatchedKeys"
    assert wallets.start_over(replace(watching, scanned=3)) == watching


def changed(watching, change) -> None:
    document = walletjson.write(watching)
    change(document)
    walletjson.read(document)


@pytest.mark.parametrize("change, words", [
    (lambda d: d.update(phrase=OWNER.phrase), "a phrase or a viewing key, and not both"),
    (lambda d: d.update(viewing=None), "a phrase or a viewing key, and not both"),
    (lambda d: d["viewing"].update(accounts=[]), "must begin with index 0 and ascend"),
    (lambda d: d["viewing"]["accounts"].pop(0), "must begin with index 0 and ascend"),
    (lambda d: d["viewing"]["accounts"].append(d["viewing"]["accounts"][3]), "must begin with index 0 and ascend"),
    (lambda d: d["viewing"]["accounts"][1].update(ak_x="1"), "AK of account 1 is not on Baby Jubjub"),
    (lambda d: d["viewing"]["accounts"][1].update(ak_x="0", ak_y="1"), "AK of account 1 is the identity"),
    (lambda d: d["viewing"]["accounts"][1].update(nk="-1"), "nk"),
    (lambda d: d["viewing"].update(viewing="00"), "instead of 64"),
])  # fmt: skip
def test_a_viewing_key_that_cannot_be_is_refused(watching, change, words):
    with pytest.raises(FormatError, match=words):
        changed(watching, change)


def test_another_nk_is_another_owner_and_sees_nothing_of_this_one(watching):
    document = walletjson.write(watching)
    document["viewing"]["accounts"][0]["nk"] = "5"
    false = walletjson.read(document)
    assert keys.watched(false.view, 0).owner != keys.account(OWNER.seed, 0).owner


def test_it_follows_what_its_owner_receives_and_spends(ledger):
    deposit(ledger, OWNER, 100)
    deposit(ledger, OWNER, 7, index=2, hint=0)
    watching = walletsync.sync(ledger, wallets.watch_only(OWNER)).wallet
    assert watching.balances == walletsync.sync(ledger, OWNER).wallet.balances and watching.balances[USDC] == 107
    spend(ledger, OWNER, watching.live[0], BOB, 30)
    after = walletsync.sync(ledger, watching)
    assert (after.received, after.spent, after.wallet.balances[USDC]) == (1, 1, 77)
    assert [holding.nullifier for holding in after.archived] == [walletsync.nullifier(OWNER.seed, watching.live[0])]


@pytest.mark.parametrize("of", [wallets.watch_only, lambda owner: owner], ids=["viewing key", "whole"])
def test_an_imported_file_cannot_tell_of_accounts_that_are_not_on_the_ledger(ledger, tmp_path, held, of):
    """An owner hands out a file with 100 USDC and with accounts that never were, beyond what is on the ledger."""
    deposit(ledger, OWNER, 100)
    false = walletsync.sync(ledger, OWNER).wallet
    account = replace(false.live[0].account, balances=(10**12, *false.live[0].account.balances[1:]))
    false = replace(
        of(OWNER), scanned=false.scanned, live=(replace(false.live[0], account=account, position=7, nullifier=1),),
        ledger_id=false.ledger_id, seen=false.seen, seen_height=false.seen_height, empty=3,
        dust=wallets.Dust(5, (10**12,) * 16), orders=held.orders, outbox=held.outbox,
    )  # fmt: skip
    walletfile.export(tmp_path / "file", PASSPHRASE, false)
    imported = walletfile.read_exported(tmp_path / "file", PASSPHRASE)
    synced = walletsync.sync(ledger, imported).wallet
    assert (synced.balances[USDC], len(synced.live), synced.empty, synced.dust) == (100, 1, 0, wallets.Dust())
    if imported.is_watch_only:
        assert imported == wallets.watch_only(OWNER), "and no order, command or event that a stranger made up"
    else:
        assert (imported.orders, imported.outbox, imported.seen) == (held.orders, held.outbox, false.seen)


def test_what_its_owner_spent_of_what_it_only_counts_is_not_counted_any_more(ledger, tmp_path, monkeypatch):
    """Moving a small account to and fro added its balance to what an auditor saw, each time."""
    for amount in range(10, 15):
        deposit(ledger, OWNER, amount)
    owner = walletsync.sync(ledger, OWNER).wallet
    monkeypatch.setattr(keeping, "KEEP", 3)
    with walletfile.create(tmp_path / "watch.json", PASSPHRASE, wallets.watch_only(OWNER)) as file:
        session = sessions.Session(ledger, file, None)
        watching = sessions.sync(session).wallet
        assert (watching.balances[USDC], watching.dust.balances[USDC]) == (39, 21)
        for small in owner.live[:2]:
            spend(ledger, owner, small, BOB, 10)
        after = sessions.sync(session)
        assert (after.wallet.balances[USDC], after.wallet.dust.balances[USDC], after.wallet.dust.count) == (39, 1, 1)
        assert sessions.sync(session).tried == 0, "without new events it does not start over"


def test_it_shows_loans_top_ups_and_seizures_as_the_whole_wallet_does(tmp_path):
    """What each of the two was told, has, owes, and gained or lost, after each step."""
    with borrowing.world(tmp_path) as world, walletfile.create(
        tmp_path / "watch.json", PASSPHRASE, wallets.watch_only(world.borrower.wallet)
    ) as file:
        watching = sessions.Session(world.ledger, file, None)

        def shown(session):
            synced = sessions.sync(session)
            found = book.open(session)
            changes = [[(line.kind, line.changes) for line in entry.lines] for entry in found.entries]
            live = [replace(each, nullifier=None) for each in synced.wallet.live]
            return (
                live, synced.wallet.balances, synced.seized,
                health.accounts(world.ledger, synced.wallet), health.carry(world.ledger, synced.wallet.live), changes,
                profit.report(found, Method.AVERAGE),
            )  # fmt: skip

        def same():
            whole = shown(world.borrower)
            assert shown(watching) == whole
            return whole

        orders.take(world.lender, world.lend(world.borrower).order_id, world.later())
        same()
        moves.withdraw(world.borrower, USDC, 2_000_000_000, "bank", world.later(), position=world.margined().position)
        moves.pay(world.lender, addresses.of(world.borrower.wallet.seed, 0), USDC, 500_000_000, world.later())
        same()
        moves.top_up(world.borrower, USDC, 5_000_000, world.later())
        moves.deposit(world.borrower, USDC, 7_000_000, "bank", world.later(), is_top_up=True)
        world.publish(ETH="1050")
        before = same()
        assert sum(each.account.balances[USDC] for each in before[0] if each.account.guard) == 12_000_000
        owed = before[3][0]
        assert owed.is_breached and before[4]
        world.seize()
        _, _, seized, owing, _, _, found = same()
        assert [each.account.account for each in seized] == [owed.holding.account] and not owing and found.lost < 0


def test_it_does_not_see_above_its_reserve(ledger):
    deposit(ledger, OWNER, 100)
    deposit(ledger, OWNER, 7, index=26)
    watching = wallets.watch_only(OWNER, reserve=25)
    assert walletsync.sync(ledger, watching).wallet.balances[USDC] == 100
    assert walletsync.sync(ledger, wallets.watch_only(OWNER, reserve=26)).wallet.balances[USDC] == 107
