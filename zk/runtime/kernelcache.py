"""Where compiled kernels are kept, and how it is known that they are still those of the source.

Numba's disk cache only looks at the file that defines a kernel, so it does not notice an edit to the arithmetic which
that kernel calls, and runs stale machine code.  Here the kernels of a module lie in a folder named by a digest of
everything that may be compiled into them: the module, every module of this package that it imports, directly or not,
and the versions of what compiles it.  A kernel reaches other code through its module's imports alone, for it may close
over numbers, never over another kernel.

The digests are taken of the syntax trees without docstrings: prose, comments and layout cost no compilation.  Neither
does the place of the checkout, its files' times or line numbers.  The files are pickles, so all folders are private to
the user (mode 0700).
"""

import ast
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import llvmlite
import numba
import platformdirs
from numba.core.caching import FunctionCache, _CacheLocator

from zk.runtime import cpu

_ROOT = Path(__file__).parents[1]
is_checked = bool(numba.config.BOUNDSCHECK)  # whether kernels check their indices


def _module(path: Path) -> str:
    return ".".join(("zk", *path.relative_to(_ROOT).with_suffix("").parts))


def _imported(tree: ast.Module) -> set[Path]:
    """The files of this package that a source imports by `from zk… import …`, the only form used here."""
    files = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "zk":
            folder = _ROOT.joinpath(*node.module.split(".")[1:])
            candidates = [folder, *(folder / alias.name for alias in node.names)]
            files.update(path for path in (c.with_suffix(".py") for c in candidates) if path.is_file())
    return files


def _without_docstrings(tree: ast.Module) -> str:
    """The syntax tree as text, without docstrings and positions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            del node.body[0]
    return ast.dump(tree)


def _reached(start: Path, imports: dict[Path, set[Path]]) -> set[Path]:
    """A file and every file that it imports, directly or not."""
    reached, waiting = {start}, [start]
    while waiting:
        more = imports[waiting.pop()] - reached
        reached |= more
        waiting.extend(more)
    return reached


def _computed_digests() -> dict[str, str]:
    """For every module of this package, a SHA-256 over its code and the code of all that it imports."""
    trees = {path: ast.parse(path.read_bytes()) for path in sorted(_ROOT.rglob("*.py"))}
    imports = {path: _imported(tree) for path, tree in trees.items()}
    code = {path: f"{_module(path)} {hashlib.sha256(_without_docstrings(tree).encode()).hexdigest()}"
            for path, tree in trees.items()}  # fmt: skip
    return {
        _module(path): hashlib.sha256("\n".join(sorted(code[other] for other in _reached(path, imports))).encode())
        .hexdigest() for path in trees
    }  # fmt: skip


def _digests(base: Path) -> dict[str, str]:
    """The digests of all modules.  Parsing takes about 0.3 s, so `base` remembers them for the bytes of the sources."""
    exact = hashlib.sha256(sys.version.encode())
    for path in sorted(_ROOT.rglob("*.py")):
        exact.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    remembered = base / f"{exact.hexdigest()[:32]}.json"
    try:
        return json.loads(remembered.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        digests = _computed_digests()
    with tempfile.NamedTemporaryFile("w", dir=base, delete=False) as file:
        json.dump(digests, file)
    os.replace(file.name, remembered)
    return digests


def make_base() -> Path:
    """The private folder of the user's cache in which the folders of all modules lie, created if necessary.

    Raises PermissionError when it belongs to another user, whose code would be run.
    """
    base = os.environ.get("ZKSETTLE_CACHE") or platformdirs.user_cache_dir("zksettle", appauthor=False)
    folder = Path(base) / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "geteuid") and folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user: name a folder of your own with ZKSETTLE_CACHE")
    folder.chmod(0o700)
    return folder


base = make_base()
_BY_MODULE = _digests(base)
_COMPILER = f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {cpu.LANES} {is_checked}"


def folder_of(module: str) -> Path:
    """Where the kernels of a module lie; for a module outside this package, by the digest of the whole package."""
    digest = _BY_MODULE.get(module) or version
    return base / f"{module}-{hashlib.sha256(f'{_COMPILER} {digest}'.encode()).hexdigest()[:16]}"


version = hashlib.sha256(f"{_COMPILER} {sorted(_BY_MODULE.values())}".encode()).hexdigest()[:16]


class _Locator(_CacheLocator):
    """Tells Numba the folder of a kernel's module.  Kernels of one name in a module differ in their byte code."""

    def __init__(self, function: Callable, file: str):
        self._py_file, self._function = file, function  # Numba names _py_file in warnings

    def get_cache_path(self) -> str:
        return str(folder_of(self._function.__module__))

    def get_source_stamp(self) -> str:
        return ""  # the folder's name already stands for the source

    def get_disambiguator(self) -> str:
        code = self._function.__code__
        constants = [value for value in code.co_consts if value != self._function.__doc__]
        identity = repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants))
        return hashlib.sha256(identity.encode()).hexdigest()[:16]

    @classmethod
    def from_function(cls, function: Callable, file: str) -> "_Locator":
        return cls(function, file)


class _Implementation(FunctionCache._impl_class):
    _locator_classes = [_Locator]


class KernelCache(FunctionCache):
    """Numba's cache of one function, in the folder of its module."""

    _impl_class = _Implementation
