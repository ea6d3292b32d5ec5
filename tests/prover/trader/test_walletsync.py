"""Sync: a wallet finds what is its own and nothing else, and the seed phrase and the ledger are enough."""

import sqlite3
from dataclasses import replace

import pytest

from circuits import records
from prover.trader import (
    addresses,
    archive,
    keeping,
    keys,
    opening,
    plan,
    sealing,
    sessions,
    walletfile,
    wallets,
    walletscan,
    walletsync,
)  # fmt: skip
from prover.trader.terms import Terms
from settlement.ledger import Ledger
from tests.prover import pools
from tests.prover.trader.moving import USDC, deposit, given, setting, settle, spend
from tests.settlement.bundles import samples
from zk.errors import FormatError

NOW = 1_800_000_000_000
ALICE = wallets.restore("abandon " * 23 + "art")
BOB = wallets.restore("zoo " * 23 + "vote")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW) as made:
        yield made


def test_a_wallet_finds_its_own_deposits_and_no_others(ledger):
    deposit(ledger, ALICE, 5)
    deposit(ledger, BOB, 7)
    deposit(ledger, ALICE, 11, index=3)
    found = walletsync.sync(ledger, ALICE)
    assert (found.tried, found.received, found.spent) == (3, 2, 0)
    assert [(holding.index, holding.position) for holding in found.wallet.live] == [(0, 0), (3, 2)]
    assert found.wallet.balances[USDC] == 16
    assert walletsync.sync(ledger, BOB).wallet.balances[USDC] == 7


def test_a_second_sync_tries_only_what_is_new(ledger):
    deposit(ledger, ALICE, 5)
    once = walletsync.sync(ledger, ALICE).wallet
    assert walletsync.sync(ledger, once) == walletsync.Synced(once, 0, 0, 0, ())
    deposit(ledger, ALICE, 6)
    again = walletsync.sync(ledger, once)
    assert (again.tried, again.received, again.wallet.balances[USDC]) == (1, 1, 11)


def test_a_payment_is_found_by_both_and_marks_what_was_spent(ledger):
    deposit(ledger, ALICE, 100)
    alice = walletsync.sync(ledger, ALICE).wallet
    spend(ledger, alice, alice.live[0], BOB, 30)
    after = walletsync.sync(ledger, alice)
    assert (after.received, after.spent) == (1, 1)
    assert after.wallet.balances[USDC] == 70 and len(after.wallet.live) == 1
    assert walletsync.sync(ledger, BOB).wallet.balances[USDC] == 30


def test_the_phrase_and_the_ledger_are_enough(ledger):
    deposit(ledger, ALICE, 100)
    alice = walletsync.sync(ledger, ALICE).wallet
    spend(ledger, alice, alice.live[0], ALICE, 30)
    alice = walletsync.sync(ledger, alice).wallet
    assert walletsync.sync(ledger, wallets.restore(ALICE.phrase)).wallet == alice
    assert alice.balances[USDC] == 100 and len(alice.live) == 2


def test_a_payers_opening_names_no_index_and_is_found_within_the_gap(ledger):
    deposit(ledger, ALICE, 1, index=walletscan.GAP, hint=0)
    deposit(ledger, ALICE, 2, index=2 * walletscan.GAP, hint=0)
    deposit(ledger, ALICE, 4, index=3 * walletscan.GAP + 1, hint=0)
    assert walletsync.sync(ledger, ALICE).wallet.balances[USDC] == 3


def test_an_opening_of_ones_own_is_found_beyond_any_gap(ledger):
    deposit(ledger, ALICE, 9, index=walletscan.SEARCH_LIMIT - 1)
    assert walletsync.sync(ledger, ALICE).wallet.live[0].index == walletscan.SEARCH_LIMIT - 1


def test_an_opening_that_is_not_the_leafs_is_not_believed(ledger):
    target = plan.Target(addresses.of(ALICE.seed, 0), 0)
    source = plan.genesis_source(ledger.reader.tree().root)
    made = plan.deposit(setting(ledger), source, target, samples.flow(USDC, 1, b"bank"), NOW + 1)
    boast = replace(made.account, balances=(10**9,) + made.account.balances[1:])
    sealed = sealing.seal(opening.encode(boast, 0), target.address, made.public.commitment)
    settle(ledger, replace(made, sealed=sealed))
    assert walletsync.sync(ledger, ALICE).received == 0


def test_an_account_of_somebody_else_sealed_to_us_is_not_ours(ledger):
    mine, his = addresses.of(ALICE.seed, 0), addresses.of(BOB.seed, 0)
    made = given(ledger, his)
    settle(ledger, replace(made, sealed=sealing.seal(opening.encode(made.account, 0), mine, made.public.commitment)))
    assert walletsync.sync(ledger, ALICE).received == 0


def test_what_is_sealed_to_another_address_of_the_same_wallet_is_not_found_and_links_nothing(ledger):
    """Who has two addresses could see from whether it is found, and used, that both are of one wallet (ZIP 212)."""
    first, second = addresses.of(ALICE.seed, 0), addresses.of(ALICE.seed, 1)
    made = given(ledger, first)
    body = opening.encode(made.account, 0)
    settle(ledger, replace(made, sealed=sealing.seal(body, second, made.public.commitment)))
    assert walletsync.sync(ledger, ALICE).received == 0
    honest = given(ledger, second)
    settle(ledger, honest)
    assert walletsync.sync(ledger, ALICE).received == 1


def test_two_equal_accounts_are_spent_apart(ledger):
    """Whoever pays twice with one rho makes two equal leaves; their positions give them two nullifiers."""
    account = records.Account(addresses.of(ALICE.seed, 0).owner, (1,) + (0,) * 15, 0, 5)
    twins = [wallets.Holding(account, 0, position) for position in (0, 1)]
    assert twins[0].commitment == twins[1].commitment
    assert walletsync.nullifier(ALICE.seed, twins[0]) != walletsync.nullifier(ALICE.seed, twins[1])


def test_a_ledger_that_was_set_back_is_refused_and_scanned_again_only_after_starting_over(ledger, tmp_path):
    deposit(ledger, ALICE, 5)
    backup = tmp_path / "backup.sqlite"
    with sqlite3.connect(backup) as copy, sqlite3.connect(tmp_path / "ledger.sqlite") as original:
        original.backup(copy)
    deposit(ledger, ALICE, 6)
    seen = walletsync.sync(ledger, ALICE).wallet
    assert seen.balances[USDC] == 11 and not walletsync.has_lost(ledger, seen)
    with Ledger.open(backup) as set_back:
        assert walletsync.has_lost(set_back, seen)
        with pytest.raises(walletsync.LedgerWentBack, match="the ledger lost event 2, which this wallet saw"):
            walletsync.sync(set_back, seen)
        again = walletsync.sync(set_back, wallets.start_over(seen)).wallet
        assert again.balances[USDC] == 5
        deposit(set_back, ALICE, 8)  # another event at the height that was lost
        with pytest.raises(walletsync.LedgerWentBack):
            walletsync.sync(set_back, seen)
        assert walletsync.sync(set_back, again).wallet.balances[USDC] == 13


def test_what_a_wallet_saw_of_another_ledger_says_nothing_about_this_one(ledger):
    newest = ledger.reader.last_event()
    walletsync.check_seen(ledger, walletfile.LastSeen("alice", "ab" * 32, 99, "cd" * 32))
    walletsync.check_seen(ledger, walletfile.LastSeen("alice", ledger.ledger_id.hex(), 0, newest.digest.hex()))
    for height, digest in ((1, newest.digest.hex()), (0, "cd" * 32)):
        with pytest.raises(walletsync.LedgerWentBack, match=f"lost event {height}, which wallet alice saw.*sync alice"):
            walletsync.check_seen(ledger, walletfile.LastSeen("alice", ledger.ledger_id.hex(), height, digest))


def test_a_wallet_of_another_ledger_is_refused(ledger, tmp_path):
    synced = walletsync.sync(ledger, ALICE).wallet
    with Ledger.create(tmp_path / "other.sqlite", pools.make("other"), NOW) as other:
        with pytest.raises(FormatError, match="belongs to another ledger"):
            walletsync.sync(other, synced)


def test_an_order_that_has_expired_by_the_ledgers_own_time_is_closed_and_one_that_has_not_is_not(ledger):
    deposit(ledger, ALICE, 5)
    orders = tuple(
        wallets.OwnOrder(digit * 64, 0, Terms(plan.NOTHING, 1, expiry_ms))
        for digit, expiry_ms in (("a", NOW), ("b", NOW + 1))
    )
    synced = walletsync.sync(ledger, replace(ALICE, orders=orders))
    assert synced.closed == (walletsync.Closed("a" * 64, None, has_expired=True),)
    assert synced.wallet.orders == orders[1:]


def test_a_spent_account_whose_bundle_is_lost_is_a_sentence(ledger, tmp_path):
    deposit(ledger, ALICE, 100)
    alice = walletsync.sync(ledger, ALICE).wallet
    order = wallets.OwnOrder("a" * 64, 0, Terms(plan.NOTHING, 1, NOW + 1))
    spend(ledger, alice, alice.live[0], BOB, 30)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM bundles WHERE height = 2")
    with pytest.raises(FormatError, match="the ledger is damaged: it lost the bundle of a spent account"):
        walletsync.sync(ledger, replace(alice, orders=(order,)))


def test_a_rescan_finds_again_what_was_dust_and_archives_what_was_spent_once(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
    monkeypatch.setattr(keeping, "KEEP", 2)
    for amount in (5, 6, 7, 8):
        deposit(ledger, ALICE, amount)
    with walletfile.create(tmp_path / "alice.json", "", ALICE) as file:
        session = sessions.Session(ledger, file, None)
        alice = sessions.sync(session).wallet
        assert [holding.account.balances[USDC] for holding in alice.live] == [7, 8]
        assert alice.dust == wallets.Dust(2, (11, *(0,) * 15))
        for holding in alice.live:
            spend(ledger, alice, holding, BOB, holding.account.balances[USDC])
        # What remained of both is empty.  The dust is not found by itself, for it is behind what was scanned.
        synced = sessions.sync(session)
        assert (synced.spent, synced.wallet.empty, synced.wallet.live, synced.wallet.dust.count) == (2, 2, (), 2)
        again = sessions.rescan(session).wallet
        assert [holding.account.balances[USDC] for holding in again.live] == [5, 6] and again.dust == wallets.Dust()
        assert file.wallet == again and again.empty == 2
        key = keys.archive_key(keys.viewing_key(ALICE.seed))
        assert list(archive.read(archive.beside(file.path), key)) == list(alice.live)
        assert len(archive.beside(file.path).read_bytes().splitlines()) == 1
        # Again, from a wallet that the scan does not change: the archive is still written.
        assert sessions.rescan(session).wallet == again
        assert list(archive.read(archive.beside(file.path), key)) == list(alice.live)


def test_a_payment_to_any_address_that_is_given_is_found_and_no_other_address_is_given(ledger):
    for number in (0, 7, walletscan.GAP):
        settle(ledger, given(ledger, walletscan.address(ALICE, number)))
    found = walletsync.sync(ledger, ALICE).wallet
    assert [holding.index for holding in found.live] == [0, 7, walletscan.GAP]
    assert walletscan.address(found, 2 * walletscan.GAP).owner == addresses.of(ALICE.seed, 2 * walletscan.GAP).owner
    with pytest.raises(FormatError, match="address 21 would not be found: use one of the addresses 0 to 20"):
        walletscan.address(ALICE, walletscan.GAP + 1)
