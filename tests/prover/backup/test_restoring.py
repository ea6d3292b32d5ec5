"""A backup comes out as another home; one that would not make a usable home is refused in a sentence."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from prover.backup import archive, restoring, saving
from prover.backup.archive import Archive
from prover.guardian import dealing, guardianfile, meeting
from prover.machine import home as homes
from prover.machine.home import Home
from prover.trader import walletfile
from settlement.ledger import Ledger
from tests.prover.backup.homes import NOW_MS, PASSPHRASE, publish
from tests.settlement import older
from zk.errors import FormatError
from zk.threshold.sharing import Quorum


@pytest.fixture(scope="module")
def saved(whole, tmp_path_factory) -> tuple[dict[str, bytes], archive.Manifest]:
    """What a backup of a whole home has in it: contents by name, and its manifest."""
    path, contents = tmp_path_factory.mktemp("saved") / "backup", {}
    saving.save(whole, path, NOW_MS)
    with path.open("rb") as file:
        opened = Archive(file)
        for index, entry in enumerate(opened.manifest.files):
            output = io.BytesIO()
            opened.unpack(index, output)
            contents[entry.name] = output.getvalue()
    return contents, opened.manifest


def rewritten(saved: tuple[dict[str, bytes], archive.Manifest], path: Path, change) -> Path:
    """The backup with other contents, under a manifest that is right about them: `change(contents, manifest)`."""
    contents, manifest = dict(saved[0]), saved[1]
    manifest = change(contents, manifest) or manifest
    sources = [io.BytesIO(content) for content in contents.values()]
    entries = tuple(archive.measure(name, source) for name, source in zip(contents, sources, strict=True))
    with path.open("wb") as output:
        archive.write(output, replace(manifest, files=entries), sources)
    return path


def test_everything_restored_is_private(small, tmp_path):
    saving.save(small, tmp_path / "backup", NOW_MS)
    home = Home(tmp_path / "new")
    restoring.restore(tmp_path / "backup", home)
    for path in (home.path, *home.path.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


def test_a_restored_pool_goes_on_with_its_keys_and_its_oracles(whole, tmp_path):
    manifest = saving.save(whole, tmp_path / "backup", NOW_MS)
    home = Home(tmp_path / "new")
    restoring.restore(tmp_path / "backup", home)
    with Ledger.open(whole.ledger) as old, Ledger.open(home.ledger) as new:
        assert new.reader.events() == old.reader.events()
        assert manifest.ledger == archive.LedgerState(
            new.ledger_id.hex(), new.reader.last_event().height, new.reader.last_event().digest.hex()
        )
    publish(home, NOW_MS + 1000)


def test_a_backup_of_an_older_version_is_restored_as_one_of_this(saved, tmp_path):
    def change(contents, manifest):
        file = tmp_path / "ledger.sqlite"
        file.write_bytes(contents["pool/ledger.sqlite"])
        older.make(file)
        contents["pool/ledger.sqlite"] = file.read_bytes()

    backup = rewritten(saved, tmp_path / "backup", change)
    assert restoring.check(backup).ledger == saved[1].ledger
    restoring.restore(backup, Home(tmp_path / "new"))
    with Ledger.open(tmp_path / "new" / "pool" / "ledger.sqlite") as ledger:
        assert ledger.reader.last_event().digest.hex() == saved[1].ledger.digest


def other_oracles(data: bytes) -> bytes:
    document = json.loads(data)
    return json.dumps({**document, "secrets": ["7", *document["secrets"][1:]]}).encode()


@pytest.mark.parametrize("change, words", [
    (lambda c, m: c.update({"wallets/eve.json": b"{}"}), "wallets/eve.json is not a wallet file"),
    (lambda c, m: c.update({"ceremony-key.pem": b"none"}), "ceremony-key.pem is not a private key"),
    (lambda c, m: replace(m, ledger=None), "the backup's manifest has a ledger that is not in it"),
    (lambda c, m: replace(m, ledger=replace(m.ledger, height=m.ledger.height + 1)), "is not the one of its manifest"),
    (lambda c, m: replace(m, ledger=replace(m.ledger, digest="00" * 32)), "is not the one of its manifest"),
    (lambda c, m: replace(m, ledger=replace(m.ledger, ledger_id="00" * 32)), "is not the one of its manifest"),
    (lambda c, m: c.pop("pool/ledger.sqlite") and None, "has no ledger.sqlite"),
    (lambda c, m: c.update({"pool/ledger.sqlite": b"nonsense"}), ""),
    (lambda c, m: c.update({"pool/oracles.json": other_oracles(c["pool/oracles.json"])}), "oracle keys are not those"),
    (lambda c, m: c.update({"pool/oracles.json": b"{}"}), "the file of the oracles' keys pool/oracles.json"),
    (lambda c, m: c.update({"custodian.json": b"{}"}), "the file of the custodian's key custodian.json"),
    (lambda c, m: c.update({"governor.json": c["custodian.json"]}), "governor.json is the file of another key"),
    (lambda c, m: c.update({"pool/governance.json": c["pool/oracles.json"]}), "is a file of other keys"),
    (lambda c, m: [c.pop(n) for n in list(c) if n.startswith("keys/margin")] and None, "there is no margin key"),
    (lambda c, m: c.update({next(n for n in c if n.endswith("proving-a.npy")): b""}), "proving-a.npy has changed"),
])  # fmt: skip
def test_an_archive_in_order_whose_home_is_not_is_refused(saved, tmp_path, change, words):
    changed = rewritten(saved, tmp_path / "backup", change)
    for refuse in (lambda: restoring.check(changed), lambda: restoring.restore(changed, Home(tmp_path / "new"))):
        with pytest.raises(FormatError, match=f"the backup cannot be restored: .*{words}") as caught:
            refuse()
        assert "zksettle-check" not in str(caught.value) and ".unfinished" not in str(caught.value)
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".*"))


def test_a_ledger_older_than_what_a_wallet_saw_is_refused(whole, saved, small, tmp_path):
    """As the clear part of the wallet file says, which needs no passphrase."""
    with Ledger.open(whole.ledger) as ledger, walletfile.open(small.wallet("bob"), PASSPHRASE) as file:
        height = ledger.reader.last_event().height + 1
        file.save(replace(file.wallet, ledger_id=ledger.ledger_id.hex(), seen_height=height, seen="ab" * 32))
    wallet = small.wallet("bob").read_bytes()
    changed = rewritten(saved, tmp_path / "backup", lambda contents, _: contents.update({"wallets/bob.json": wallet}))
    with pytest.raises(FormatError, match=f"the ledger lost event {height}, which wallet bob saw"):
        restoring.check(changed)


def test_too_little_room_is_said_before_anything_is_written(small, tmp_path, monkeypatch):
    saving.save(small, tmp_path / "backup", NOW_MS)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OSError, match="and 1000 are free"):
        restoring.restore(tmp_path / "backup", Home(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_restoration_in_progress_is_not_taken_for_a_leftover(tmp_path):
    busy, dead = tmp_path / ".unfinished-restored-1", tmp_path / ".unfinished-restored-2"
    busy.mkdir()
    dead.mkdir()
    with homes.changing(Home(busy)):
        restoring._remove_leftovers(tmp_path)
    assert busy.exists() and not dead.exists()


def test_what_others_left_beside_the_new_home_is_no_leftover_of_ours(small, tmp_path):
    saving.save(small, tmp_path / "backup", NOW_MS)
    parent = tmp_path / "parent"
    parent.mkdir()
    link, file = parent / ".unfinished-restored-link", parent / ".unfinished-restored-file"
    link.symlink_to(small.path)
    file.touch()
    before = sorted(small.path.rglob("*"))
    restoring.restore(tmp_path / "backup", Home(parent / "new"))
    assert link.is_symlink() and file.exists() and sorted(small.path.rglob("*")) == before


def test_what_is_no_backup_makes_no_folders(tmp_path):
    (tmp_path / "letter").write_bytes(b"Dear Bob, " * 200)
    with pytest.raises(FormatError, match="not a backup"):
        restoring.restore(tmp_path / "letter", Home(tmp_path / "far" / "away"))
    assert not (tmp_path / "far").exists()


def test_guardians_shares_come_back_and_damaged_ones_do_not(small, tmp_path):
    dealing.deal_here(small.guardians, Quorum(2, 3), 1)
    meeting.new(small.guardian_identity, "127.0.0.1:4101")
    saving.save(small, tmp_path / "backup", NOW_MS)
    restored = Home(tmp_path / "restored")
    restoring.restore(tmp_path / "backup", restored)
    assert guardianfile.here(restored.guardians) == guardianfile.here(small.guardians) != ()
    assert meeting.read(restored.guardian_identity) == meeting.read(small.guardian_identity)
    path = guardianfile.path(small.guardians, 1, 2)
    path.write_text(path.read_text().replace('"index": 2', '"index": 3'))
    with pytest.raises(FormatError, match="1-2.json: the secret is not member 3's share"):
        saving.save(small, tmp_path / "damaged", NOW_MS)
