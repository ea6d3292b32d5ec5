"""Somebody without funds floods a wallet with accounts: it stays as small and as quick as it was, and loses nothing.

Genesis legs from nothing to nothing cost only their proofs, 32 of them fit in a bundle, and every one was kept: at
about 22,800 of them the wallet could be saved and not opened again, nor restored from its phrase.
"""

from dataclasses import replace

import pytest

from prover.trader import keeping, keys, walletfile, wallets, walletscan, walletsync
from settlement.ledger import Ledger
from tests.prover import floods, pools

NOW = 1_800_000_000_000
FLOOD = 5_000  # more than a wallet keeps
VICTIM = wallets.restore("abandon " * 23 + "art")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW) as made:
        yield made


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
    return tmp_path / "victim.json"


def test_a_flood_of_empty_accounts_is_only_counted(ledger, path):
    floods.add(ledger, [floods.own(VICTIM, 500), *(floods.own(VICTIM) for _ in range(FLOOD))])
    with walletfile.create(path, "", VICTIM) as file:
        file.save(walletsync.sync(ledger, file.wallet, file.save).wallet)
    assert path.stat().st_size < 4096
    with walletfile.open(path, "") as file:
        assert (file.wallet.empty, file.wallet.balances[0], len(file.wallet.live)) == (FLOOD, 500, 1)
        assert walletsync.sync(ledger, wallets.restore(VICTIM.phrase)).wallet == file.wallet


def test_a_flood_of_accounts_worth_less_pushes_nothing_out_and_is_totalled(ledger, path, monkeypatch):
    """In every order of arrival, in one sync or in many, and by restoring from the phrase: the same accounts."""
    monkeypatch.setattr(keeping, "KEEP", 8)
    monkeypatch.setattr(walletsync, "BATCH", 12)
    wallet = VICTIM
    for start in range(0, 160, 32):
        floods.add(ledger, [floods.own(VICTIM, 1000 + start), *(floods.own(VICTIM, 10) for _ in range(31))])
        wallet = walletsync.sync(ledger, wallet).wallet
        assert len(wallet.live) == 8
    mine = [holding.account.balances[0] for holding in wallet.live if holding.account.balances[0] >= 1000]
    assert mine == [1000, 1032, 1064, 1096, 1128]
    assert wallet.dust.count == 160 - 8 and wallet.dust.balances[0] == 10 * (160 - 8)
    assert walletsync.sync(ledger, wallets.restore(VICTIM.phrase)).wallet == wallet


def test_an_interrupted_sync_continues_where_it_last_saved(ledger, path, monkeypatch):
    monkeypatch.setattr(walletsync, "BATCH", 16)
    monkeypatch.setattr(walletsync, "SAVE_EVERY", 2)
    floods.add(ledger, [floods.own(VICTIM, 1 + i) for i in range(100)])
    whole = walletsync.sync(ledger, VICTIM).wallet
    tried = []

    def stopped(finder, leaves, find=walletscan.Finder.find):
        tried.append(leaves[0][0])
        if leaves[0][0] == 80:
            raise KeyboardInterrupt
        return find(finder, leaves)

    with walletfile.create(path, "", VICTIM) as file, monkeypatch.context() as patch:
        patch.setattr(walletscan.Finder, "find", stopped)
        with pytest.raises(KeyboardInterrupt):
            walletsync.sync(ledger, file.wallet, file.save)
    with walletfile.open(path, "") as file:
        assert file.wallet.scanned == 64
        synced = walletsync.sync(ledger, file.wallet, file.save)
        assert (synced.tried, synced.received) == (36, 36) and synced.wallet == whole


def test_openings_that_name_far_indices_or_foreign_owners_do_not_make_the_search_endless(ledger):
    """The keys of one index take a millisecond: a million openings, each with another index, took half an hour."""
    stranger, top = wallets.restore("zoo " * 23 + "vote"), 50
    foreign = keys.account(stranger.seed, 0).owner
    floods.add(ledger, [
        floods.own(VICTIM, 5, index=top),
        *(floods.own(VICTIM, 1, owner=foreign, hint=walletscan.SEARCH_LIMIT + 7 * i) for i in range(300)),
    ])  # fmt: skip
    before = keys.account.cache_info().misses
    synced = walletsync.sync(ledger, replace(VICTIM, top_index=keys.MAX_INDEX - 1))
    assert keys.account.cache_info().misses - before <= top + walletscan.GAP + 1
    assert [holding.index for holding in synced.wallet.live] == [top]
    assert synced.wallet.top_index == top
