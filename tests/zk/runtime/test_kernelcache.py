"""Compiled code lies in private folders that follow the code: no edit leaves a stale kernel, and prose costs none."""

import ast
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import zk
from zk.fields import fp  # noqa: F401  (compiled code of kernels is looked for below)
from zk.runtime import kernelcache

ROOT = Path(zk.__file__).parent


def test_the_cache_folder_is_private_to_the_user():
    assert stat.S_IMODE(kernelcache.base.stat().st_mode) == 0o700


def test_a_folder_of_another_user_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("ZKSETTLE_CACHE", str(tmp_path))
    folder = kernelcache.make_base()
    monkeypatch.setattr(kernelcache.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="another user"):
        kernelcache.make_base()
    assert folder.stat().st_uid == os.getuid()


MODULES = ("zk.fields.words", "zk.fields.fp", "zk.curves.weierstrass", "zk.msm.pippenger", "zk.ntt.ntt")


def copied(folder: Path) -> Path:
    copy = folder / "copy" / "zk"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def package(tmp_path):
    """A copy of zk, to be edited."""
    return copied(tmp_path)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The folders of a copy that nobody edits, somewhere else."""
    return folders(copied(tmp_path_factory.mktemp("unedited")))


def folders(package: Path, **environment: str) -> dict[str, str]:
    """The names of the folders in which a copy of zk looks for the kernels of MODULES."""
    code = f"from zk.runtime import kernelcache\nprint(*(kernelcache.folder_of(m).name for m in {MODULES}))"
    variables = os.environ | {"ZKSETTLE_CACHE": str(package.parent), "PYTHONPATH": str(package.parent)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables, cwd=package.parent
    )
    return dict(zip(MODULES, done.stdout.split(), strict=True))


@pytest.mark.parametrize("file, modules", [
    ("fields/words.py", set(MODULES)),
    ("fields/prime.py", set(MODULES)),  # constants are compiled in
    ("runtime/jit.py", set(MODULES)),
    ("curves/weierstrass.py", {"zk.curves.weierstrass", "zk.msm.pippenger"}),
    ("msm/pippenger.py", {"zk.msm.pippenger"}),
    ("signature.py", set()),
])  # fmt: skip
def test_an_edit_starts_new_folders_for_the_module_and_all_that_import_it(package, before, file, modules):
    with (package / file).open("a") as source:
        source.write("\nUNUSED = 1\n")
    after = folders(package)
    assert {module for module in MODULES if before[module] != after[module]} == modules


def test_code_is_imported_only_in_the_way_that_the_digests_follow():
    """`from zk… import …`, and never from a package's __init__.py."""
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        imports = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert not [name for name in imports if name.split(".")[0] == "zk"], path
        assert path.name != "__init__.py" or len(tree.body) == 1 and ast.get_docstring(tree), path


def test_prose_and_types_start_no_new_folder(package, before):
    file = package / "fields" / "words.py"
    source = file.read_text("utf-8")
    assert source.startswith('"""') and "def words(value: int," in source
    typed = source.replace("def words(value: int,", "def words(value: object,")
    file.write_text('"""Something else.\n\n\n' + typed[3:] + "\n# a comment\n", "utf-8")
    assert folders(package) == before


def test_what_is_compiled_for_another_cpu_lies_elsewhere(package):
    here, there = folders(package, ZKSETTLE_LANES="1"), folders(package, ZKSETTLE_LANES="1", NUMBA_BOUNDSCHECK="1")
    assert not set(here.values()) & set(there.values())


def test_a_kernel_is_found_again_after_its_lines_moved_and_its_docstring_changed(package):
    """What the folder cannot show: Numba's own index must not look at times, paths and line numbers either."""
    code = (
        "import numpy as np\nfrom numba.core.caching import FunctionCache\n"
        "from zk.fields import array\nfrom zk.fields.prime import FR\nfrom zk.ntt import polynomial\n"
        "column = array.encode(FR, [7])\npolynomial.product(column, column, column.copy())\n"
        "print(sum(d.stats.cache_misses != {} for d in vars(polynomial).values() if hasattr(d, 'stats')))"
    )

    def misses() -> int:
        variables = os.environ | {"ZKSETTLE_CACHE": str(package.parent), "PYTHONPATH": str(package.parent)}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables, cwd=package.parent
        )
        return int(done.stdout)

    assert misses() == 1
    source = (package / "ntt" / "polynomial.py").read_text("utf-8")
    (package / "ntt" / "polynomial.py").write_text('"""Moved.\n\n\n\n\n' + source[3:], "utf-8")
    assert misses() == 0


def test_processes_that_start_together_compile_each_kernel_once(package):
    code = (
        "from numba.core.event import Listener, register\n"
        "class Count(Listener):\n"
        "    names = []\n"
        "    def on_start(self, event): self.names.append(event.data['dispatcher'].py_func.__qualname__)\n"
        "    def on_end(self, event): pass\n"
        "register('numba:compile', Count())\n"
        "from zk.fields import array\nfrom zk.fields.prime import FR\nfrom zk.ntt import polynomial\n"
        "input()\n"
        "column = array.encode(FR, [7])\npolynomial.product(column, column, column.copy())\n"
        "print(len(Count.names))"
    )
    variables = os.environ | {"ZKSETTLE_CACHE": str(package.parent), "PYTHONPATH": str(package.parent)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", code], env=variables, cwd=package.parent, **pipes) for _ in "ab"]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    counts = [int(process.communicate()[0]) for process in both]
    alone = subprocess.run([sys.executable, "-c", code], env=variables | {"ZKSETTLE_CACHE": str(package)}, input="\n",
                           capture_output=True, text=True, check=True, cwd=package.parent)  # fmt: skip
    assert sum(counts) == int(alone.stdout) > 0


@pytest.fixture
def kernels(tmp_path):
    """Runs code in a process of its own that may import a module `kernels`, all with one cache."""
    (tmp_path / "kernels.py").write_text(KERNELS)
    path = os.pathsep.join([str(ROOT.parent), str(tmp_path)])
    variables = os.environ | {"ZKSETTLE_CACHE": str(tmp_path / "cache"), "PYTHONPATH": path}

    def start(code: str) -> subprocess.Popen:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-c", code], env=variables, cwd=tmp_path, **pipes)

    return start


KERNELS = """
from zk.runtime.jit import inner, kernel

CONSTANT = 1

def remainders(modulus):
    @inner
    def remainder(a):
        total = 0
        for i in range(a + 10):  # long enough that LLVM copies it nowhere
            if i % 3 == modulus:
                total += i * modulus
            elif i % 5 == 2:
                total ^= i << modulus
            else:
                total -= (i * i) % (modulus + 7)
            for j in range(i % 4):
                total += (total ^ j) % (modulus + 11) - i
                if total & 8:
                    total += j
        return total
    return remainder

by_1, by_2 = remainders(1), remainders(2)

@kernel
def of_1(a):
    return by_1(a) + by_1(a + 1) * by_1(a + 2)

@kernel
def of_2(a):
    return by_2(a) + by_2(a + 1) * by_2(a + 2)

@kernel
def constant(a):
    return CONSTANT + a

@kernel
def untypable(a):
    return a + "x"
"""


def answer(process: subprocess.Popen, line: str = "") -> list[str]:
    return process.communicate(line, timeout=300)[0].split()


def test_kernels_of_one_name_that_two_processes_compiled_stay_apart(kernels):
    """As those of Fp and Fr.  Numba's names for the linker are equal when both processes count functions from 1."""
    of_1 = answer(kernels("import kernels; print(kernels.of_1(20))"))
    of_2 = answer(kernels("import kernels; print(kernels.of_2(20))"))
    both = kernels("import kernels; print(kernels.of_1(20), kernels.of_2(20))\nprint(kernels.of_2.stats.cache_hits)")
    *results, hits = both.communicate(timeout=300)[0].splitlines()
    assert results == [" ".join(of_1 + of_2)] and of_1 != of_2 and "1" in hits


def test_a_kernel_that_fails_to_compile_holds_up_no_other_process(kernels):
    code = "import kernels\ntry: kernels.untypable(1)\nexcept Exception: print('refused', flush=True)\n"
    first = kernels(code + "input()")
    assert first.stdout.readline() == "refused\n"
    try:
        assert answer(kernels(code)) == ["refused"]
    finally:
        first.communicate("\n")


def test_processes_that_store_two_signatures_of_a_kernel_keep_both(kernels):
    """Both number their files by one index."""
    slow = (
        "import time, kernels\nfrom numba.core.caching import IndexDataCacheFile as File\nsave = File._save_index\n"
        "File._save_index = lambda *a: (time.sleep(1), save(*a))\n"
    )
    both = [kernels(slow + f"input(); kernels.constant({argument})") for argument in ("1", "1.5")]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=300)
    code = "import kernels; print(kernels.constant(1), kernels.constant(1.5), len(kernels.constant.stats.cache_hits))"
    assert answer(kernels(code)) == ["2", "2.5", "2"]


def test_an_edit_to_a_module_outside_the_package_compiles_its_kernels_again(kernels, tmp_path):
    code = "import kernels; print(kernels.constant(1))"
    assert answer(kernels(code)) == ["2"]
    (tmp_path / "kernels.py").write_text(KERNELS.replace("CONSTANT = 1", "CONSTANT = 1000"))
    assert answer(kernels(code)) == ["1001"]
