"""The one door to Numba: the decorator of every kernel, and the folder of compiled code.

Numba's disk cache looks at the file a kernel stands in and at no other, so an edit to the arithmetic below it goes
unnoticed and the old machine code runs on.  Here the cache folder is named by a digest of every kernel source and of
the versions that compile it: an edit anywhere starts a new folder.  Its files are pickles, so the folder is private
to the user (mode 0700).

A kernel may close over numbers, never over another kernel: Numba cannot find such a kernel in its cache again.

NUMBA_BOUNDSCHECK=1 in the environment compiles kernels that raise IndexError where they would leave an array, into a
folder of their own: for tests, at several times the cost.
"""

import hashlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import llvmlite
import numba
import platformdirs
from numba.core import types
from numba.extending import intrinsic, overload

from zk import width

__all__ = ["by_type", "by_width", "cache_folder", "inlined", "inner", "intrinsic", "is_checked", "kernel",
           "kernel_sources"]  # fmt: skip

_ROOT = Path(__file__).parent
_NO_DOOR = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
is_checked = bool(numba.config.BOUNDSCHECK)  # whether kernels check their indices
_IMPORT = re.compile(r"^from (zk[\w.]*) import (.+)$", re.MULTILINE)


def _imported(source: str) -> set[Path]:
    """The files of this package that a source imports by `from zk… import …`, the one form used here."""
    files = set()
    for package, names in _IMPORT.findall(source):
        folder = _ROOT.joinpath(*package.split(".")[1:])
        candidates = [folder, *(folder / name.strip().split(" ")[0] for name in names.split(","))]
        files.update(path for path in (c.with_suffix(".py") for c in candidates) if path.is_file())
    return files


def kernel_sources() -> list[Path]:
    """Every file that holds a kernel, and every file such a file imports: constants are compiled in too."""
    this_file = _ROOT / "jit.py"
    imports = {path: _imported(path.read_text("utf-8")) for path in _ROOT.rglob("*.py")}
    reached = {path for path, files in imports.items() if this_file in files} | {this_file}
    while more := set().union(*(imports[path] for path in reached)) - reached:
        reached |= more
    return sorted(reached)


def _sources_digest() -> str:
    """SHA-256 over the kernel sources, the versions of what compiles them, and what they are compiled for."""
    versions = f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {width.LANES}"
    versions += " checked" if is_checked else ""
    digest = hashlib.sha256(versions.encode())
    for path in kernel_sources():
        digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _make_cache_folder() -> Path:
    """The private folder for this version's compiled kernels, made if it is not there.

    Raises PermissionError when it belongs to another user, whose code would be run.
    """
    base = os.environ.get("ZKSETTLE_CACHE") or platformdirs.user_cache_dir("zksettle", appauthor=False)
    folder = Path(base) / "kernels" / _sources_digest()[:16]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "geteuid") and folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user: name a folder of your own with ZKSETTLE_CACHE")
    folder.chmod(0o700)
    return folder


cache_folder = _make_cache_folder()


def _compile(function: Callable, **options: bool) -> Callable:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", boundscheck=False, **options)(function)
    finally:
        numba.config.CACHE_DIR = before


def _closed(dispatcher: Callable) -> Callable:
    """The dispatcher, refusing to be called from Python, where it would jump to code that was not compiled."""
    dispatcher._compile_for_args = _refuse
    return dispatcher


def _refuse(*arguments):
    raise TypeError("only kernels call this")


def kernel(function: Callable) -> Callable:
    """Compile `function` with Numba on first call; keep the machine code on disk; release the GIL while it runs.

    Kernels divide as NumPy does, and check no bounds unless the environment asks for it: whoever passes an index has
    checked it.
    """
    return _compile(function, no_cfunc_wrapper=True)


def inner(function: Callable) -> Callable:
    """A kernel that only kernels call.  It has no door to Python: for elements of 48 words, packing and unpacking
    Python's tuples takes three times as long to compile as the arithmetic."""
    return _closed(_compile(function, **_NO_DOOR))


def inlined(function: Callable) -> Callable:
    """An inner kernel whose code is copied into every kernel that calls it: for the inside of a hot loop, where
    passing elements through memory would cost as much as the arithmetic."""
    return _closed(_compile(function, forceinline=True, **_NO_DOOR))


def _depth(type_: types.Type) -> int:
    """How deeply tuples nest, or for an array how many dimensions it has beyond the two of a list of Fp elements."""
    if hasattr(type_, "ndim"):
        return type_.ndim - 1
    depth = 0
    while isinstance(type_, types.BaseTuple):
        type_, depth = type_[0], depth + 1
    return depth


def _leaf(type_: types.Type) -> types.Type:
    """What nested tuples hold in the end."""
    while isinstance(type_, types.BaseTuple):
        type_ = type_[0]
    return type_


def _chosen(pick: Callable[[tuple], Callable]) -> Callable:
    """A function for use inside kernels that calls the kernel which `pick` finds for the types of its arguments.

    Numba gives one set of options to all implementations of a function, so those to be inlined are offered apart.
    """

    def stub(*arguments):
        _refuse()

    def offering(is_inlined):
        def choose(*arguments):
            found = pick(arguments)
            return found.py_func if found.targetoptions.get("forceinline", False) == is_inlined else None

        return choose

    for is_inlined in (False, True):
        options = _NO_DOOR | ({"forceinline": True} if is_inlined else {})
        overload(stub, strict=False, jit_options=options)(offering(is_inlined))
    stub.pick = pick
    return stub


def _resolved(kernel: Callable, arguments: tuple) -> Callable:
    """A kernel itself, or what a chosen one picks."""
    return kernel.pick(arguments) if hasattr(kernel, "pick") else kernel


def by_type(*kernels: Callable) -> Callable:
    """A function for use inside kernels that calls one of `kernels` by how deeply its first nested argument nests.

    A tuple of words (or an array (n, 4) of them) takes the first kernel, a tuple of such tuples (or an array
    (n, k, 4)) the second, and so on.  So one text of an algorithm serves Fp and Fp2.
    """

    def pick(arguments):
        return _resolved(kernels[next(filter(None, map(_depth, arguments))) - 1], arguments)

    return _chosen(pick)


def by_width(scalar: Callable, wide: Callable) -> Callable:
    """A function for use inside kernels that calls `scalar` for an element made of words and `wide` for one of
    vectors, going by its last argument.  So one text of an algorithm serves one element and eight at once."""
    return _chosen(lambda arguments: scalar if _leaf(arguments[-1]) is types.uint64 else wide)
