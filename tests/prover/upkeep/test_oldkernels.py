"""Compiled kernels that were not used for thirty days are removed; those of this version never are."""

import os
import subprocess
import sys
from pathlib import Path

from prover.upkeep import oldkernels

ROOT = Path(__file__).parents[3]
DAY_MS = 24 * 3600 * 1000
NOW_MS = 2_000_000_000_000


def aged(folder: Path, days: float) -> Path:
    folder.mkdir()
    (folder / "kernel.nbc").write_bytes(bytes(1000))
    seconds = (NOW_MS - days * DAY_MS) / 1000
    os.utime(folder, (seconds, seconds))
    return folder


def test_folders_are_removed_after_thirty_days_and_not_before(tmp_path):
    old, recent = aged(tmp_path / "zk.fields.fp-0", 30.1), aged(tmp_path / "zk.fields.fp-1", 29.9)
    (tmp_path / "turns").write_bytes(b"")
    os.utime(tmp_path / "turns", (0, 0))
    assert oldkernels.total_bytes(tmp_path) == 2000
    assert oldkernels.remove(tmp_path, NOW_MS) == 1000
    assert not old.exists() and recent.exists() and (tmp_path / "turns").exists()
    assert oldkernels.remove(tmp_path, NOW_MS) == 0


def test_a_link_in_the_cache_is_not_followed(tmp_path):
    target = aged(tmp_path / "elsewhere", 99)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "link").symlink_to(target)
    os.utime(tmp_path / "cache" / "link", (0, 0), follow_symlinks=False)
    oldkernels.remove(tmp_path / "cache", NOW_MS)
    assert (target / "kernel.nbc").exists()


def test_a_process_marks_the_folders_of_its_version_as_used(tmp_path):
    code = "from zk.runtime import kernelcache; print(kernelcache.folder_of('zk.fields.fp'))"
    environment = os.environ | {"ZKSETTLE_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def run() -> Path:
        done = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True)
        return Path(done.stdout.strip())

    folder, other = run(), tmp_path / "kernels" / "zk.fields.fp-0123456789abcdef"
    for path in (folder, other):
        path.mkdir()
        os.utime(path, (0, 0))
    assert run() == folder
    assert folder.stat().st_mtime > 1_000_000_000 and other.stat().st_mtime == 0
