"""A stranger's WebAssembly, with limits: on its memory and its stack, on its time, and on what it may call.

It runs on a thread of its own.  The caller waits for it, and whatever ends the wait, the limit or Ctrl-C, ends the
program too: the engine's epoch is raised, and compiled code looks at that in every loop and function.  There are no
files, no clock and no randomness in it, for it is given none to import.
"""

import importlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from zk.errors import FormatError

MAX_PROGRAM_BYTES = 256 << 20
MAX_MEMORY_BYTES = 2 << 30
PAGE_BYTES = 1 << 16

_STACK_BYTES = 1 << 20
_MAX_TABLE = 1 << 20  # functions that may be called by their numbers
_LOOK_S = 0.1  # after which Ctrl-C is seen, even if the system told it to another thread
_INSTANCES = 2  # the program, and what speaks with it
_FOREIGN = ("wasm_threads", "wasm_memory64", "wasm_multi_memory")  # what circom's programs do without

Result = TypeVar("Result")


class Unavailable(Exception):
    """The package that runs WebAssembly is not installed.  The message says what to do."""


class Overdue(Exception):
    """A program did not end within its time."""


def library() -> Any:
    """The package wasmtime.  Raises Unavailable, naming the extra that brings it."""
    try:
        return importlib.import_module("wasmtime")
    except ImportError:
        raise Unavailable("circom's programs run on wasmtime: pip install 'zksettle[circom]'") from None


def engine() -> Any:
    """A wasmtime.Engine with these limits, for one program.  Raises Unavailable."""
    wasmtime = library()
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.max_wasm_stack = _STACK_BYTES
    for name in _FOREIGN:
        setattr(config, name, False)
    return wasmtime.Engine(config)


def store(engine: Any) -> Any:
    """A wasmtime.Store with these limits, for one run."""
    made = library().Store(engine)
    made.set_limits(MAX_MEMORY_BYTES, _MAX_TABLE, _INSTANCES, _INSTANCES, _INSTANCES)
    made.set_epoch_deadline(1)
    return made


def run(engine: Any, work: Callable[[], Result], limit_s: float, what: str) -> Result:
    """What `work` returns, which is called on a thread of its own and uses nothing but this engine.

    Raises Overdue, naming `what`, when that takes longer than `limit_s` seconds, FormatError when the program is none
    or breaks off, and what `work` raises.
    """
    wasmtime = library()
    future: Future[Result] = Future()
    threading.Thread(target=_fill, args=(future, work), daemon=True).start()
    end_s = time.monotonic() + limit_s
    try:
        while not future.done():
            if (left_s := end_s - time.monotonic()) <= 0:
                raise Overdue(f"{what} did not end within {limit_s:g} s")
            wait([future], min(left_s, _LOOK_S))
        return future.result()
    except wasmtime.Trap as trap:
        raise FormatError(f"{what} breaks off: {_reason(trap)}") from None
    except wasmtime.WasmtimeError:
        raise FormatError(f"{what} is not a program in WebAssembly that can be run here") from None
    finally:
        engine.increment_epoch()


def _fill(future: Future, work: Callable[[], Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


def _reason(trap: Any) -> str:
    """Why a program broke off, in words: "memory out of bounds"."""
    code = trap.trap_code
    return "for a reason of its own" if code is None else code.name.lower().replace("_", " ")
