"""The folder of kept keys under trouble: two processes at once, a read-only disk, what was left behind, other users."""

import os
import time

import numpy as np
import pytest

from prover.circom import keycache
from prover.machine import arrayfolder
from tests.zk.fields import cubic
from zk.groth16 import generator
from zk.runtime import kernelcache


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path)
    return tmp_path


def refusing(*arguments, **options):
    raise OSError(30, "Read-only file system")


def test_removing_an_entry_that_another_process_removed_first_is_no_error(cache, key, monkeypatch):
    keycache.keep("aa", key)
    monkeypatch.setattr(os, "rename", refusing)
    keycache.discard("aa")
    assert [path.name for path in cache.iterdir()] == [f"aa-{keycache.VERSION}"]


def test_a_read_only_cache_still_serves(cache, key, monkeypatch):
    keycache.keep("aa", key)
    monkeypatch.setattr(os, "utime", refusing)
    monkeypatch.setattr(arrayfolder.tempfile, "mkdtemp", refusing)
    keycache.discard("aa")
    assert keycache.load("aa") is not None


def test_an_entry_is_intact_until_a_file_changes(cache, key):
    keycache.keep("aa", key)
    assert keycache.is_intact("aa") and not keycache.is_intact("bb")
    np.save(cache / f"aa-{keycache.VERSION}" / "h.npy", np.roll(key.h_query, 1, axis=1))
    assert keycache.load("aa") is not None and not keycache.is_intact("aa")


def test_a_cached_key_is_mapped_and_an_intact_entry_is_not_written_again(cache, key):
    kept = keycache.keep("aa", key)
    assert isinstance(kept.h_query.base, np.memmap) or isinstance(kept.h_query, np.memmap)
    before = (cache / f"aa-{keycache.VERSION}").stat().st_ino
    keycache.keep("aa", key)
    assert (cache / f"aa-{keycache.VERSION}").stat().st_ino == before


def test_what_a_killed_process_left_is_removed_after_a_day_and_not_before(cache, key, monkeypatch):
    monkeypatch.setattr(keycache, "MAX_ENTRIES", 1)
    stale, fresh = cache / ".unfinished-stale", cache / ".unfinished-fresh"
    for path, age_s in ((stale, 25 * 3600), (fresh, 23 * 3600)):
        path.mkdir()
        os.utime(path, (time.time() - age_s,) * 2)
    keycache.keep("aa", key)
    assert not stale.exists() and fresh.exists()


def test_a_folder_that_others_could_change_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(kernelcache, "base", tmp_path / "made" / "cache" / "kernels")
    found = keycache.folder()
    assert found.stat().st_mode & 0o777 == (tmp_path / "made").stat().st_mode & 0o777 == 0o700
    found.chmod(0o777)
    with pytest.raises(PermissionError, match="can be changed by other users"):
        keycache.folder()
    found.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    found.symlink_to(tmp_path / "elsewhere")
    assert keycache.folder() == tmp_path / "elsewhere"
    (tmp_path / "elsewhere").chmod(0o777)
    with pytest.raises(PermissionError, match="elsewhere can be changed by other users"):
        keycache.folder()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_an_entry_of_somebody_else_counts_as_absent(cache, key):
    keycache.keep("aa", key)
    entry = cache / f"aa-{keycache.VERSION}"
    for path in (entry, entry / "h.npy"):
        os.chown(path, 12345, -1)
        assert keycache.load("aa") is None
        os.chown(path, 0, -1)
    assert keycache.load("aa") is not None
