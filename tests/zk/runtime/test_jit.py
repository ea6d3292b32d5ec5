"""The folder of compiled code is private and follows the sources; kernels without a door cannot be called."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import zk
from zk.fields import fp
from zk.runtime import jit
from zk.runtime.jit import by_type

ROOT = Path(zk.__file__).parent


def test_the_cache_folder_belongs_to_the_user_alone():
    assert stat.S_IMODE(jit.cache_folder.stat().st_mode) == 0o700


def test_a_folder_of_another_user_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("ZKSETTLE_CACHE", str(tmp_path))
    jit._make_cache_folder()
    monkeypatch.setattr(jit.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="another user"):
        jit._make_cache_folder()
    assert jit.cache_folder.stat().st_uid == os.getuid()


def test_every_file_with_a_kernel_and_every_file_that_one_imports_is_a_source():
    sources = {path.relative_to(ROOT).as_posix() for path in jit.kernel_sources()}
    assert {"jit.py", "msm.py", "fields/montgomery.py", "curves/weierstrass.py"} <= sources
    assert {"fields/prime.py", "curves/bn254.py"} <= sources, "constants are compiled in"
    assert "signature.py" not in sources


def folder_of(package: Path, cache: Path) -> str:
    """The name of the cache folder that a copy of zk would use."""
    code = "from zk import jit; print(jit.cache_folder.name)"
    environment = os.environ | {"ZKSETTLE_CACHE": str(cache), "PYTHONPATH": str(package.parent)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=package.parent
    ).stdout.strip()


def test_an_edit_to_a_kernel_or_to_what_it_imports_starts_a_new_folder(tmp_path):
    package = tmp_path / "copy" / "zk"
    shutil.copytree(ROOT, package, ignore=shutil.ignore_patterns("__pycache__"))
    folders = [folder_of(package, tmp_path)]
    assert folder_of(package, tmp_path) == folders[0]
    for edited in ("fields/montgomery.py", "curves/bn254.py"):
        with (package / edited).open("a") as file:
            file.write("\nUNUSED = 1\n")
        folders.append(folder_of(package, tmp_path))
    assert len(set(folders)) == 3
    with (package / "signature.py").open("a") as file:
        file.write("\nUNUSED = 1\n")
    assert folder_of(package, tmp_path) == folders[-1]


def test_a_kernel_without_a_door_refuses_python():
    with pytest.raises(TypeError, match="only kernels call this"):
        fp.mul((1, 0, 0, 0), (1, 0, 0, 0))


def test_a_choice_by_type_refuses_python():
    with pytest.raises(TypeError, match="only kernels call this"):
        by_type(fp.mul)((1, 0, 0, 0), (1, 0, 0, 0))
