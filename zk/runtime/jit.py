"""The one door to Numba: the decorators of every kernel.

Compiled code is kept in folders that follow the source: see zk/runtime/kernelcache.py.

A kernel may close over numbers, never over another kernel: Numba cannot find such a kernel in its cache again.

NUMBA_BOUNDSCHECK=1 in the environment compiles kernels that raise IndexError where they would leave an array, into a
folder of their own: for tests, at several times the cost.
"""

from collections.abc import Callable

import numba
from numba.core import types
from numba.extending import intrinsic, overload

from zk.runtime import kernelcache

__all__ = ["by_type", "by_width", "inlined", "inner", "intrinsic", "is_checked", "kernel"]

_NO_DOOR = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
is_checked = kernelcache.is_checked


def _compile(function: Callable, **options: bool) -> Callable:
    dispatcher = numba.njit(nogil=True, error_model="numpy", boundscheck=False, **options)(function)
    dispatcher._cache = kernelcache.KernelCache(function)
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
