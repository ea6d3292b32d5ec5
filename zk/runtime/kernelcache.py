"""The disk cache of compiled kernels: one folder per module, named by a digest of the code it depends on.

Numba's own cache looks only at the file that defines a kernel.  It misses an edit to the arithmetic which that kernel
calls, and would run stale machine code.  Here the folder of a module is named by a digest of everything that may be
compiled into its kernels (zk/runtime/codedigests.py), and of the versions of the compiler.

The files are pickles: whoever can write one makes us run his code.  So the cache lies in a private folder that nobody
else can exchange (zk/runtime/ownership.py), and files in it that belong to somebody else count as absent; so do damaged
ones.  What this does not cover: root, access lists, and file systems that tell no owners.
"""

import contextlib
import hashlib
import io
import itertools
import json
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import platformdirs
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, _CacheLocator

from zk import entropy
from zk.runtime import codedigests, cpu, linking, ownership
from zk.runtime.turns import Turns

SETTING = "name a folder of your own with ZKSETTLE_CACHE"
TURNS = "turns"  # the file of locks in the base

is_checked = bool(vars(numba.config)["BOUNDSCHECK"])  # whether kernels check their indices; set by the environment


def _digests(base: Path) -> dict[str, str]:
    """The digests of all modules with kernels.

    Parsing takes about 0.3 s, so a file in `base` keeps the digests for exactly these source bytes.
    """
    saved = base / f"{codedigests.of_sources()[:32]}.json"
    try:
        return json.loads(ownership.read_own(saved))
    except (OSError, ValueError):
        digests = codedigests.computed()
    with tempfile.NamedTemporaryFile("w", dir=base, delete=False) as file:
        json.dump(digests, file)
    os.replace(file.name, saved)
    return digests


def make_base() -> Path:
    """The private folder, in the user's cache, that holds the folders of all modules.  Creates it if necessary.

    Raises PermissionError when another user could exchange it, or a folder above it, and so make us run his code.
    """
    base = os.environ.get("ZKSETTLE_CACHE") or platformdirs.user_cache_dir("zksettle", appauthor=False)
    return ownership.make_private(Path(base) / "kernels", SETTING)


base = make_base()
_BY_MODULE = _digests(base)
_COMPILER = f"{sys.version_info[:2]} {numba.__version__} {llvmlite.__version__} {cpu.LANES} {is_checked}"


def folder_of(module: str) -> Path:
    """The folder of a module's kernels.  For a module outside this package it depends on all kernels."""
    digest = _BY_MODULE.get(module) or version
    return base / f"{module}-{codedigests.sha256(f'{_COMPILER} {digest}')[:16]}"


version = codedigests.sha256(f"{_COMPILER} {sorted(_BY_MODULE.values())}")[:16]


def _mark_as_used() -> None:
    """Gives this version's folders today's date, by which old ones are recognised."""
    for module in _BY_MODULE:
        with contextlib.suppress(OSError):  # not compiled yet, or a read-only disk
            os.utime(folder_of(module))


_mark_as_used()
_turns = Turns(base / TURNS)


def _number_functions() -> None:
    """Starts Numba's numbers of functions at a random one.

    A symbol is made of a function's name, types and number, and the linker keeps one of two equal symbols.  Kernels of
    Fp and Fr have the same names and types.  If all processes counted from 1, one could give a kernel of Fp the number
    that another gave to its twin of Fr; a process that loads both from the cache would then run one in place of both.
    """
    numbers: Any = FunctionIdentity  # whose stub lacks the counter
    numbers._unique_ids = itertools.count(entropy.scalar(1 << 60))


def _after_fork() -> None:
    """In a forked child, which has none of its parent's locks and must not count on with its numbers."""
    global _turns
    _turns = Turns(base / TURNS)
    _number_functions()


_number_functions()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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
        return codedigests.sha256(identity)[:16]

    @classmethod
    def from_function(cls, function: Callable, file: str) -> "_Locator":
        return cls(function, file)


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]

    def rebuild(self, target_context: Any, payload: tuple) -> Any:
        return linking.rebuild(target_context, payload)


class _Files(IndexDataCacheFile):
    """The files of one kernel, of which only our own are read.  They are absent when they are damaged."""

    def load(self, key: Any) -> Any:
        """What was saved under the key, or None."""
        try:
            return pickle.loads(ownership.read_own(Path(self._data_path(self._load_index()[key]))))
        except Exception:  # unpickling damaged data may raise anything
            return None

    def _load_index(self) -> dict:
        try:
            data = io.BytesIO(ownership.read_own(Path(self._index_path)))
            if pickle.load(data) != self._version:
                return {}
            stamp, names = pickle.load(data)
        except Exception:
            return {}
        return names if stamp == self._source_stamp else {}


class KernelCache(FunctionCache):
    """Numba's cache of one function, stored in the folder of its module."""

    _impl_class = _Implementation

    def __init__(self, function: Callable):
        super().__init__(function)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or None: the caller then compiles it, calls `save_overload`, and always `end_turn`."""
        compiled = super().load_overload(sig, target_context)
        if compiled is None:
            _turns.take(self._identity(sig))
            compiled = super().load_overload(sig, target_context)
        return compiled

    def save_overload(self, sig: Any, data: Any) -> None:
        """Stores a compiled kernel.  One process at a time numbers the files in an index."""
        linking.set_environments(data)
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
