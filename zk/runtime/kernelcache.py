"""The disk cache of compiled kernels: one folder per module, named by a digest of the code it depends on.

Numba's own cache looks only at the file that defines a kernel.  It misses an edit to the arithmetic which that kernel
calls, and would run stale machine code.  Here the folder of a module is named by a digest of everything that may be
compiled into its kernels: the module, every module of this package that it imports, directly or not, and the versions
of the compiler.  Imports are the only way to other code, for a kernel may close over numbers, never over a kernel.

The digests cover syntax trees without docstrings and without annotations of functions, which Numba ignores.  So an edit
to prose, comments, layout or types recompiles nothing; nor does moving the checkout or touching its files.  The files
are pickles, so all folders are private to the user (mode 0700).
"""

import ast
import contextlib
import hashlib
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import platformdirs
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator

from zk import entropy
from zk.runtime import cpu

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_ROOT = Path(__file__).parents[1]
is_checked = bool(vars(numba.config)["BOUNDSCHECK"])  # whether kernels check their indices; set by the environment


def _module(path: Path) -> str:
    return ".".join(("zk", *path.relative_to(_ROOT).with_suffix("").parts))


def _imported(tree: ast.Module) -> set[Path]:
    """The files of this package that a module imports, always as `from zk… import …`."""
    files: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "zk":
            folder = _ROOT.joinpath(*node.module.split(".")[1:])
            candidates = [folder, *(folder / alias.name for alias in node.names)]
            files.update(path for path in (c.with_suffix(".py") for c in candidates) if path.is_file())
    return files


def _code(tree: ast.Module) -> str:
    """The syntax tree as text, without docstrings, annotations of functions and positions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            del node.body[0]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def _reached(start: Path, imports: dict[Path, set[Path]]) -> set[Path]:
    """A file and every file that it imports, directly or not."""
    reached, pending = {start}, [start]
    while pending:
        new = imports[pending.pop()] - reached
        reached |= new
        pending.extend(new)
    return reached


def _computed_digests() -> dict[str, str]:
    """For every module that holds a kernel or may, a SHA-256 of its code and of all code that it imports."""
    trees = {path: ast.parse(path.read_bytes()) for path in sorted(_ROOT.rglob("*.py"))}
    imports = {path: _imported(tree) for path, tree in trees.items()}
    code = {path: f"{_module(path)} {_sha256(_code(tree))}" for path, tree in trees.items()}
    reached = {path: _reached(path, imports) for path in trees}
    return {
        _module(path): _sha256("\n".join(sorted(code[other] for other in others)))
        for path, others in reached.items() if _ROOT / "runtime" / "jit.py" in others
    }  # fmt: skip


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digests(base: Path) -> dict[str, str]:
    """The digests of all modules with kernels.

    Parsing takes about 0.3 s, so a file in `base` keeps the digests for exactly these source bytes.
    """
    sources = hashlib.sha256(sys.version.encode())
    for path in sorted(_ROOT.rglob("*.py")):
        sources.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    saved = base / f"{sources.hexdigest()[:32]}.json"
    try:
        return json.loads(saved.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        digests = _computed_digests()
    with tempfile.NamedTemporaryFile("w", dir=base, delete=False) as file:
        json.dump(digests, file)
    os.replace(file.name, saved)
    return digests


def make_base() -> Path:
    """The private folder, in the user's cache, that holds the folders of all modules.  Creates it if necessary.

    Raises PermissionError when the folder belongs to another user, who could make us run their code.
    """
    base = os.environ.get("ZKSETTLE_CACHE") or platformdirs.user_cache_dir("zksettle", appauthor=False)
    folder = Path(base) / "kernels"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "geteuid") and folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user: set ZKSETTLE_CACHE to a folder of your own")
    folder.chmod(0o700)
    return folder


base = make_base()
_BY_MODULE = _digests(base)
_COMPILER = f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {cpu.LANES} {is_checked}"


def folder_of(module: str) -> Path:
    """The folder of a module's kernels.  For a module outside this package it depends on all kernels."""
    digest = _BY_MODULE.get(module) or version
    return base / f"{module}-{hashlib.sha256(f'{_COMPILER} {digest}'.encode()).hexdigest()[:16]}"


version = hashlib.sha256(f"{_COMPILER} {sorted(_BY_MODULE.values())}".encode()).hexdigest()[:16]


def _number_functions() -> None:
    """Starts Numba's numbers of functions at a random one.

    A symbol is made of a function's name, types and number, and the linker keeps one of two equal symbols.  Kernels of
    Fp and Fr have the same names and types.  If all processes counted from 1, one could give a kernel of Fp the number
    that another gave to its twin of Fr; a process that loads both from the cache would then run one in place of both.
    """
    numbers: Any = FunctionIdentity  # whose stub lacks the counter
    numbers._unique_ids = itertools.count(entropy.scalar(1 << 60))


_number_functions()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_number_functions)


class _Locator(_CacheLocator):
    """Tells Numba the folder of a kernel's module.  Kernels of one name differ in their byte code."""

    def __init__(self, function: Callable, file: str):
        self._py_file, self._function = file, function  # Numba reads _py_file for its warnings

    def get_cache_path(self) -> str:
        return str(folder_of(self._function.__module__))

    def get_source_stamp(self) -> str:
        if self._function.__module__ in _BY_MODULE or not os.path.isfile(self._py_file):
            return ""  # the folder's name already stands for the source
        return hashlib.sha256(Path(self._py_file).read_bytes()).hexdigest()

    def get_disambiguator(self) -> str:
        code = self._function.__code__
        constants = [value for value in code.co_consts if value != self._function.__doc__]
        identity = repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants))
        return hashlib.sha256(identity.encode()).hexdigest()[:16]

    @classmethod
    def from_function(cls, function: Callable, file: str) -> "_Locator":
        return cls(function, file)


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _Turns:
    """Lets one process at a time compile a given kernel; the others wait, then load what it compiled.

    Each lock is one byte of one file, so a process that dies leaves nothing behind (fcntl(2), F_SETLKW).  A process
    holds the lock of a kernel while it compiles the kernels that this one calls; calls form no cycle, so neither do
    waits.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        self._held: set[str] = set()

    def take(self, name: str) -> None:
        """Waits until no other process is compiling the kernel of this name."""
        self._lock(name, "LOCK_EX")
        self._held.add(name)

    def end(self, name: str) -> None:
        """Lets the next process continue, if this one has the turn."""
        if name in self._held:
            self._held.remove(name)
            self._lock(name, "LOCK_UN")

    def _lock(self, name: str, operation: str) -> None:
        if fcntl is None:
            return
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
        with contextlib.suppress(OSError):  # a file system without locks: two processes may compile the same kernel
            if self._file is None:
                self._file = os.open(base / "turns", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._file, getattr(fcntl, operation), 1, place)


_turns = _Turns()


class KernelCache(FunctionCache):
    """Numba's cache of one function, stored in the folder of its module."""

    _impl_class = _Implementation

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or None: the caller then compiles it, calls `save_overload`, and always `end_turn`."""
        compiled = super().load_overload(sig, target_context)
        if compiled is None:
            _turns.take(self._identity(sig))
            compiled = super().load_overload(sig, target_context)
        return compiled

    def save_overload(self, sig: Any, data: Any) -> None:
        """Stores a compiled kernel.  One process at a time numbers the files in an index."""
        _turns.take(self._identity())
        try:
            super().save_overload(sig, data)
        finally:
            _turns.end(self._identity())

    def end_turn(self, sig: Any) -> None:
        """Lets the next process load or compile the kernel, whether this one has compiled it or failed."""
        _turns.end(self._identity(sig))

    def _identity(self, sig: Any = "") -> str:
        return f"{self._cache_path} {self._impl.filename_base} {sig}"
