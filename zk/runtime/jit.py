"""The decorators of every kernel: the only module that calls Numba's compiler.

Compiled code is cached on disk in folders that follow the source (zk/runtime/kernelcache.py).  A kernel may close over
numbers, never over another kernel: Numba could not find such a kernel in its cache again.

NUMBA_BOUNDSCHECK=1 in the environment compiles kernels that raise IndexError instead of accessing memory outside an
array.  They have a cache folder of their own and run several times slower: for tests.

A `kernel` is called from Python, so its parameters and result are annotated.  Inner kernels take field elements, words
or vectors alike, and Numba infers their types: they carry no annotations.
"""

import os
from collections.abc import Callable
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import numba
from numba import extending
from numba.core import types
from numba.core.compiler_lock import global_compiler_lock

from zk.runtime import kernelcache
from zk.runtime.linking import LinkedCompiler

__all__ = ["by_type", "by_width", "inlined", "inner", "intrinsic", "is_checked", "kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])
Parameters = ParamSpec("Parameters")

_LINKED_ONLY = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": LinkedCompiler}
_Tuple: Any = types.BaseTuple  # whose stub lacks indexing
is_checked = kernelcache.is_checked

if hasattr(os, "register_at_fork"):  # a child forked while another thread compiles would wait for that thread for ever
    _release = global_compiler_lock.release
    os.register_at_fork(before=global_compiler_lock.acquire, after_in_parent=_release, after_in_child=_release)


def _compile(function: Callable, **options: Any) -> Any:
    compiler: Any = numba.njit  # whose stub lacks the wrapper options
    options = {"forceinline": False} | options  # else inherited from the caller that happens to be compiled first
    dispatcher = compiler(nogil=True, error_model="numpy", boundscheck=False, **options)(function)
    if not hasattr(dispatcher, "compile"):
        return dispatcher  # NUMBA_DISABLE_JIT: Numba compiles nothing
    cache = dispatcher._cache = kernelcache.KernelCache(function)
    compile_or_load = dispatcher.compile

    def compile_in_turn(sig: Any) -> Any:
        try:
            return compile_or_load(sig)
        finally:
            cache.end_turn(sig)

    dispatcher.compile = compile_in_turn
    return dispatcher


def _without_python_entry(dispatcher: Any) -> Any:
    """The dispatcher, which now raises TypeError when Python calls it: its wrapper for Python was not compiled."""
    dispatcher._compile_for_args = _refuse
    return dispatcher


def _refuse(*arguments: object) -> NoReturn:
    raise TypeError("only kernels call this")


def kernel(function: Function) -> Function:
    """Compile `function` with Numba on its first call and cache the machine code on disk; it runs without the GIL.

    Kernels divide as NumPy does.  They check no bounds unless the environment asks for it: the caller checks indices.
    """
    return _compile(function, no_cfunc_wrapper=True)


def inner(function: Function) -> Function:
    """A kernel that only kernels call.

    It has no Python wrapper: for elements of 48 words, packing and unpacking Python's tuples takes three times as long
    to compile as the arithmetic.
    """
    return _without_python_entry(_compile(function, **_LINKED_ONLY))


def inlined(function: Function) -> Function:
    """An inner kernel that LLVM copies into every kernel that calls it.

    For the body of a hot loop, where passing elements through memory would cost as much as the arithmetic.
    """
    return _without_python_entry(_compile(function, forceinline=True, **_LINKED_ONLY))


def intrinsic(function: Callable[Concatenate[Any, Parameters], Any]) -> Callable[Parameters, Any]:
    """Numba's decorator of this name, typed as kernels call the result: without the typing context."""
    decorator: Any = extending.intrinsic
    return decorator(function)


def _depth(type_: Any) -> int:
    """The nesting depth of a tuple type.  For an array (n, 4) of Fp elements 1, and 1 more for each dimension more."""
    if hasattr(type_, "ndim"):
        return type_.ndim - 1
    depth = 0
    while isinstance(type_, _Tuple):
        type_, depth = type_[0], depth + 1
    return depth


def _innermost(type_: Any) -> types.Type:
    """The type of the first scalar in nested tuples."""
    while isinstance(type_, _Tuple):
        type_ = type_[0]
    return type_


def _dispatched(pick: Callable[[tuple], Any]) -> Any:
    """A function for use inside kernels that calls the kernel which `pick` returns for the types of its arguments.

    Numba gives one set of options to all implementations of a function, so inlined ones are registered separately.
    """

    def stub(*arguments):
        _refuse()

    def implementations(is_inlined):
        def choose(*arguments):
            kernel = pick(arguments)
            return kernel.py_func if kernel.targetoptions.get("forceinline", False) == is_inlined else None

        return choose

    for is_inlined in (False, True):
        options: Any = _LINKED_ONLY | {"forceinline": is_inlined}
        extending.overload(stub, strict=False, jit_options=options)(implementations(is_inlined))
    vars(stub)["pick"] = pick  # for _resolved
    return stub


def _resolved(kernel: Any, arguments: tuple) -> Any:
    """The kernel itself, or the one that a dispatched function picks."""
    return kernel.pick(arguments) if hasattr(kernel, "pick") else kernel


def by_type(*kernels: Function) -> Function:
    """A function for use inside kernels that calls one of `kernels` by the nesting depth of its first nested argument.

    A tuple of words, or an array (n, 4) of them, selects the first kernel, a tuple of such tuples, or an array
    (n, k, 4), the second, and so on.  So one implementation of an algorithm serves Fp and Fp2.
    """

    def pick(arguments):
        return _resolved(kernels[next(filter(None, map(_depth, arguments))) - 1], arguments)

    return _dispatched(pick)


def by_width(scalar: Function, lanes: Function) -> Function:
    """A function for use inside kernels that calls `scalar` for an element made of words, `lanes` for one of vectors.

    The type of its last argument decides.  So one implementation of an algorithm serves one element and eight at once.
    """
    return _dispatched(lambda arguments: scalar if _innermost(arguments[-1]) is types.uint64 else lanes)
