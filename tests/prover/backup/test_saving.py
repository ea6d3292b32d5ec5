"""A home goes into one file, whatever happens meanwhile, and nothing that exists is overwritten."""

import errno
import json
import os
import shutil
import threading
from dataclasses import replace

import pytest

from prover.backup import restoring, saving
from prover.backup.archive import Archive
from prover.carriers import carrierfile
from prover.machine import files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.network.mirrors import duty, opening
from prover.operator import founderkeys, oracles, ownkey, validatorkey
from prover.trader import beside, walletfile
from settlement import snapshot
from settlement.ledger import Ledger
from settlement.pool.pool import NUM_PUBLIC
from tests.patience import PATIENCE_S
from tests.prover import kills
from tests.prover.backup.homes import NOW_MS, PASSPHRASE, files_of, publish
from tests.settlement.bundles import samples
from zk.errors import FormatError


def test_a_home_without_a_pool_comes_back_byte_for_byte(small, tmp_path):
    manifest = saving.save(small, tmp_path / "backup", NOW_MS)
    assert manifest.ledger is None and (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert restoring.check(tmp_path / "backup") == manifest
    restored = Home(tmp_path / "new" / "home")
    assert restoring.restore(tmp_path / "backup", restored) == manifest
    assert files_of(restored) == files_of(small)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_backup_is_made_while_the_ledger_is_written(whole, tmp_path):
    ended, published = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        now_ms = NOW_MS + 10_000
        while not ended.is_set():
            publish(whole, now_ms)
            published.release()
            now_ms += 60_000  # more than a publication takes, by whose clock the ledger's goes on

    writer = threading.Thread(target=write)
    writer.start()
    try:
        heights = [saving.save(whole, tmp_path / "backup-0", NOW_MS).ledger.height]
        while published.acquire(blocking=False):
            pass
        assert published.acquire(timeout=PATIENCE_S)
        heights.append(saving.save(whole, tmp_path / "backup-1", NOW_MS).ledger.height)
    finally:
        ended.set()
        writer.join()
    assert heights[0] < heights[1]
    for number in range(2):
        restoring.check(tmp_path / f"backup-{number}")


def test_keys_of_a_ceremony_stay_out_of_it(whole, tmp_path):
    names = {entry.name for entry in saving.save(whole, tmp_path / "backup", NOW_MS).files}
    assert {name.split("/")[0] for name in names} == {"pool", "keys", "guardians", "custodian.json"}
    assert {name.split("/")[1].split("-")[0] for name in names if name.startswith("keys/")} == NUM_PUBLIC.keys()
    assert not any(name.startswith("keys/ceremony-") for name in names)


def test_nothing_that_exists_is_overwritten(small, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(FileExistsError, match="a backup overwrites nothing"):
        saving.save(small, tmp_path / "file", NOW_MS)
    assert (tmp_path / "file").read_text() == "precious"
    saving.save(small, tmp_path / "backup", NOW_MS)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for name in ("file", "link", "full"):
        with pytest.raises(FileExistsError, match="there is something in .*: choose a new folder"):
            restoring.restore(tmp_path / "backup", Home(tmp_path / name))
    (tmp_path / "empty").mkdir()
    restoring.restore(tmp_path / "backup", Home(tmp_path / "empty"))


def test_a_wallet_that_is_open_all_the_time_is_in_the_backup(small, tmp_path):
    with walletfile.open(small.wallet("bob"), PASSPHRASE):
        saving.save(small, tmp_path / "backup", NOW_MS)
    restoring.restore(tmp_path / "backup", Home(tmp_path / "new"))
    assert files_of(Home(tmp_path / "new")) == files_of(small)


def test_what_a_wallet_was_about_to_settle_is_in_its_copy_or_not_in_the_ledgers(whole, small, tmp_path, monkeypatch):
    """A wallet that changes while the ledger is copied is copied again, and the ledger with it."""
    shutil.copytree(whole.path, tmp_path / "home")
    shutil.copytree(small.wallets, tmp_path / "home" / "wallets")
    home, write, times = Home(tmp_path / "home"), snapshot.write, []

    def copied(path, to):
        with walletfile.open(home.wallet("bob"), PASSPHRASE) as file:
            if len(times) < 3:
                file.save(replace(file.wallet, scanned=len(times)))
        times.append(to)
        return write(path, to)

    monkeypatch.setattr(snapshot, "write", copied)
    saving.save(home, tmp_path / "backup", NOW_MS)
    restoring.restore(tmp_path / "backup", Home(tmp_path / "new"))
    assert len(times) == 4 and Home(tmp_path / "new").wallet("bob").read_bytes() == home.wallet("bob").read_bytes()
    times.clear()
    monkeypatch.setattr(saving, "ATTEMPTS", 3)
    with pytest.raises(files.Busy, match="change all the time"):
        saving.save(home, tmp_path / "again", NOW_MS)
    assert not (tmp_path / "again").exists() and not list(home.path.glob(".*"))


def test_a_home_in_change_is_waited_for_and_then_busy(small, tmp_path, monkeypatch):
    monkeypatch.setattr(homes, "LOCK_WAIT_S", 0.1)
    with homes.changing(small), pytest.raises(files.Busy, match="the home .* is in use"):
        saving.save(small, tmp_path / "backup", NOW_MS)
    assert not (tmp_path / "backup").exists()


def test_an_empty_home_and_a_missing_one_have_nothing_to_back_up(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="there is nothing to back up"):
        saving.save(Home(tmp_path / "empty"), tmp_path / "backup", NOW_MS)
    with pytest.raises(homes.Missing, match="there is no home at"):
        saving.save(Home(tmp_path / "typo"), tmp_path / "backup", NOW_MS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_what_cannot_be_restored_is_not_saved(small, tmp_path):
    (small.wallets / "bob.json").write_text("{}")
    with pytest.raises(FormatError, match="cannot be restored: .*bob.json is not a wallet file"):
        saving.save(small, tmp_path / "backup", NOW_MS)
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    assert not list(small.path.glob(".*"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_killed_at_any_step_a_backup_and_a_restored_home_are_whole_or_not_there(small, tmp_path):
    before, steps, lived = files_of(small), 0, False
    backup, new = tmp_path / "backup", Home(tmp_path / "new")
    while not lived:
        lived = kills.lives(lambda: saving.save(small, backup, NOW_MS), steps)
        if backup.exists():
            restoring.check(backup)
        backup.unlink(missing_ok=True)
        steps += 5
    assert steps > 100
    saving.save(small, backup, NOW_MS)
    assert files_of(small) == before and not list(small.path.glob(".*")) and not list(tmp_path.glob(".*"))
    lived, steps = False, 0
    while not lived:
        lived = kills.lives(lambda: restoring.restore(backup, new), steps)
        if new.path.exists():
            assert files_of(new) == before
            shutil.rmtree(new.path)
        steps += 5
    restoring.restore(backup, new)
    assert steps > 60 and not list(tmp_path.glob(".unfinished*"))


def test_the_manifest_says_nothing_secret(whole, tmp_path):
    saving.save(whole, tmp_path / "backup", NOW_MS)
    with (tmp_path / "backup").open("rb") as file:
        manifest = json.dumps(repr(Archive(file).manifest))
    assert not any(str(secret) in manifest for secret in founderkeys.read(whole.pool, ownkey.ORACLE))


def test_the_copied_ledger_is_complete_without_its_write_ahead_log(whole, tmp_path):
    """A copy of the file alone would lack what is in the log of a process that still has the ledger open."""
    with Ledger.open(whole.ledger) as reading, Ledger.open(whole.ledger) as writing, reading.reader.reading():
        reading.reader.last_event()  # from here on the log cannot be emptied into the file
        secrets = founderkeys.read(whole.pool, ownkey.ORACLE)
        oracles.publish(writing, secrets, oracles.observation(writing, {}), NOW_MS + 10**9)
        newest = writing.reader.last_event()
        assert whole.ledger.with_name("ledger.sqlite-wal").stat().st_size > 0
        manifest = saving.save(whole, tmp_path / "backup", NOW_MS)
    assert manifest.ledger.digest == newest.digest.hex()
    names = {entry.name for entry in manifest.files if entry.name.startswith("pool/ledger")}
    assert names == {"pool/ledger.sqlite", "pool/ledger.sqlite-checkpoints"}


@pytest.mark.parametrize("name", ["alice (copy).json", "Notes.txt", "alice.json~"])
def test_a_file_that_no_home_has_is_named_with_what_to_do(small, tmp_path, name):
    stray = small.wallets / name
    stray.touch()
    try:
        with pytest.raises(FormatError) as refusal:
            saving.save(small, tmp_path / "backup", NOW_MS)
    finally:
        stray.unlink()
    assert str(stray) in str(refusal.value) and "move it elsewhere" in str(refusal.value)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten_either(small, tmp_path, monkeypatch, has_links):
    def appears(output):
        (tmp_path / "backup").write_text("a letter")

    def refuse(*_):
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(restoring, "check_opened", appears)
    if not has_links:
        monkeypatch.setattr(files.os, "link", refuse)
    with pytest.raises(FileExistsError, match="backup"):
        saving.save(small, tmp_path / "backup", NOW_MS)
    assert (tmp_path / "backup").read_text() == "a letter"
    assert not list(tmp_path.glob(".backup.*"))
    monkeypatch.setattr(restoring, "check_opened", lambda _: None)
    saving.save(small, tmp_path / "another", NOW_MS)
    restoring.check(tmp_path / "another")


def test_the_list_of_carriers_and_what_a_wallet_sent_over_them_are_saved(small, tmp_path):
    shutil.copytree(small.path, tmp_path / "home")
    home, restored = Home(tmp_path / "home"), Home(tmp_path / "restored")
    relay = carrierfile.Named("nostr", "wss://relay.example", None)
    carrierfile.write(home, (relay,))
    sent = beside.path_of(home.wallet("bob"), "sent")
    sent.write_bytes(b"a sealed journal")
    saving.save(home, tmp_path / "backup", NOW_MS)
    restoring.restore(tmp_path / "backup", restored)
    assert carrierfile.read(restored) == (relay,)
    assert beside.path_of(restored.wallet("bob"), "sent").read_bytes() == sent.read_bytes()


def test_the_home_of_a_validator_is_saved_without_what_it_signed_last_and_without_asking_anybody(tmp_path):
    home, restored = Home(tmp_path / "home"), Home(tmp_path / "restored")
    home.pool.path.mkdir(parents=True)
    Ledger.create(home.ledger, samples.pool(), NOW_MS).close()
    opening.write(home.pool, "http://127.0.0.1:1")  # where nobody is
    (home.pool.path / "checkpoint.txt").write_text("kept")
    validatorkey.create(home.validator, "v0")
    duty.begin(home.validator_state)
    manifest = saving.save(home, tmp_path / "backup", NOW_MS)
    assert restoring.restore(tmp_path / "backup", restored) == manifest
    assert {each.name for each in manifest.files} >= {"validator.json", "pool/joined.json", "pool/checkpoint.txt"}
    assert restored.validator.read_bytes() == home.validator.read_bytes()
    assert home.validator_state.exists() and not restored.validator_state.exists()
    assert opening.url(restored.pool) == "http://127.0.0.1:1"
    with pytest.raises(FormatError, match="validator recover"):
        duty.newest(restored.validator_state, manifest.ledger.ledger_id.encode())
