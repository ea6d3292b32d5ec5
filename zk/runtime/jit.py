"""The one door to Numba: the decorator of every kernel, and the folder of compiled code.

Numba's disk cache only looks at the file that defines a kernel, so it does not notice an edit to the arithmetic which
that kernel calls, and runs stale machine code.  Here the cache folder is named by a digest of every kernel source and
of the versions that compile it: a change to code anywhere starts a new folder.  The digest is taken of the syntax trees
without docstrings, so that prose, comments and layout cost no compilation.  The cache's files are pickles, so the
folder is private to the user (mode 0700).

A kernel may close over numbers, never over another kernel: Numba cannot find such a kernel in its cache again.

NUMBA_BOUNDSCHECK=1 in the environment compiles kernels that raise IndexError where they would leave an array, into a
folder of their own: for tests, at several times the cost.
"""

import ast
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import llvmlite
import numba
import platformdirs
from numba.core import types
from numba.core.caching import FunctionCache, _CacheLocator
from numba.extending import intrinsic, overload

from zk.runtime import cpu

__all__ = ["by_type", "by_width", "cache_folder", "inlined", "inner", "intrinsic", "is_checked", "kernel",
           "kernel_sources"]  # fmt: skip

_ROOT = Path(__file__).parents[1]
_NO_DOOR = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
is_checked = bool(numba.config.BOUNDSCHECK)  # whether kernels check their indices


def _imported(tree: ast.Module) -> set[Path]:
    """The files of this package that a source imports by `from zk… import …`, the only form used here."""
    files = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "zk":
            folder = _ROOT.joinpath(*node.module.split(".")[1:])
            candidates = [folder, *(folder / alias.name for alias in node.names)]
            files.update(path for path in (c.with_suffix(".py") for c in candidates) if path.is_file())
    return files


def _parsed() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_bytes()) for path in _ROOT.rglob("*.py")}


def kernel_sources(trees: dict[Path, ast.Module] | None = None) -> list[Path]:
    """Every file that holds a kernel, and every file such a file imports: constants are compiled in too."""
    this_file = Path(__file__)
    imports = {path: _imported(tree) for path, tree in (trees or _parsed()).items()}
    reached = {path for path, files in imports.items() if this_file in files} | {this_file}
    while more := set().union(*(imports[path] for path in reached)) - reached:
        reached |= more
    return sorted(reached)


def _without_docstrings(tree: ast.Module) -> str:
    """The syntax tree as text, without docstrings and positions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            del node.body[0]
    return ast.dump(tree)


def _code_digest() -> str:
    """SHA-256 over the syntax trees of the kernel sources, without docstrings."""
    trees = _parsed()
    digest = hashlib.sha256()
    for path in kernel_sources(trees):
        digest.update(f"{path.relative_to(_ROOT)}\0{_without_docstrings(trees[path])}\0".encode())
    return digest.hexdigest()


def _sources_digest(base: Path) -> str:
    """SHA-256 over the kernels' code, the versions of what compiles them, and what they are compiled for.

    Parsing the sources takes about 0.3 s, so `base` remembers the digest of the code for the bytes of the sources.
    """
    exact = hashlib.sha256(sys.version.encode())
    for path in sorted(_ROOT.rglob("*.py")):
        exact.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    remembered = base / f"{exact.hexdigest()[:32]}.digest"
    try:
        code = remembered.read_text("ascii")
    except FileNotFoundError:
        code = _code_digest()
        with tempfile.NamedTemporaryFile("w", dir=base, delete=False) as file:
            file.write(code)
        os.replace(file.name, remembered)
    versions = f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {cpu.LANES}"
    versions += " checked" if is_checked else ""
    return hashlib.sha256(f"{versions} {code}".encode()).hexdigest()


def _private(folder: Path) -> Path:
    """The folder, created if necessary and accessible to this user only.

    Raises PermissionError when it belongs to another user, whose code would be run.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "geteuid") and folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user: name a folder of your own with ZKSETTLE_CACHE")
    folder.chmod(0o700)
    return folder


def _make_cache_folder() -> Path:
    """The private folder for this version's compiled kernels."""
    base = os.environ.get("ZKSETTLE_CACHE") or platformdirs.user_cache_dir("zksettle", appauthor=False)
    kernels = _private(Path(base) / "kernels")
    return _private(kernels / _sources_digest(kernels)[:16])


cache_folder = _make_cache_folder()


class _Locator(_CacheLocator):
    """Where Numba keeps a kernel's machine code: by its module and its code, wherever the checkout is.

    The folder's name already stands for all sources, so neither path, time nor line number decides whether code is
    fresh.  Two kernels of one name in a module are told apart by their byte code.
    """

    def __init__(self, function: Callable, file: str):
        self._py_file, self._function = file, function  # _py_file: Numba names it in warnings

    def get_cache_path(self) -> str:
        return str(cache_folder / self._function.__module__)

    def get_source_stamp(self) -> str:
        return cache_folder.name

    def get_disambiguator(self) -> str:
        code = self._function.__code__
        constants = [value for value in code.co_consts if value != self._function.__doc__]
        told = repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @classmethod
    def from_function(cls, function: Callable, file: str) -> "_Locator":
        return cls(function, file)


class _Implementation(FunctionCache._impl_class):
    _locator_classes = [_Locator]


class _KernelCache(FunctionCache):
    _impl_class = _Implementation


def _compile(function: Callable, **options: bool) -> Callable:
    dispatcher = numba.njit(nogil=True, error_model="numpy", boundscheck=False, **options)(function)
    dispatcher._cache = _KernelCache(function)
    return dispatcher


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
