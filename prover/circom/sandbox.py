"""Runs untrusted WebAssembly with limits on its memory, stack, time and imports.

A small program is compiled in this process.  A larger one is compiled in a separate process with limited memory,
because a few bytes of WebAssembly may take kilobytes to compile.  A program runs on its own thread.  The caller waits
for it, and the end of the wait, by the limit or by Ctrl-C, ends the program too: the engine's epoch is raised, and
compiled code checks that in every loop and function.  The program has no files, no clock and no randomness, because it
can import none.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from zk.errors import FormatError

MAX_PROGRAM_BYTES = 256 << 20
MAX_MEMORY_BYTES = 2 << 30
PAGE_BYTES = 1 << 16

_SMALL_BYTES = 1 << 16  # of a program that is compiled here: no such program takes more than 64 MB to compile
_COMPILING_PER_BYTE = 60  # bytes of memory to compile each byte of a program
_COMPILING_BYTES = 64 << 20  # of memory that a separate process takes in addition
_COMPILING_LIMIT = 4  # the limit is this many times the estimate: one long function takes more than many short ones
_STACK_BYTES = 1 << 20
_MAX_TABLE = 1 << 20  # functions that may be called by their numbers
_POLL_S = 0.1  # after which Ctrl-C is seen, even if the system delivered it to another thread
_INSTANCES = 2  # the program, and the loops of wasm_memory
_CONFIG = {
    "epoch_interruption": True,
    "max_wasm_stack": _STACK_BYTES,
    # circom's programs do without these.
    "wasm_threads": False,
    "wasm_memory64": False,
    "wasm_multi_memory": False,
}
_NOT_WEBASSEMBLY, _NO_MEMORY = 3, 4
_COMPILER = f"""
import json, sys
try:
    import resource
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[5]) * resource.getpagesize()  # of data and stack
    limit = used + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
except (ImportError, OSError, ValueError):
    pass  # a system without such limits
try:
    import wasmtime
    config = wasmtime.Config()
    for name, value in json.loads(sys.argv[1]).items():
        setattr(config, name, value)
    module = wasmtime.Module(wasmtime.Engine(config), sys.stdin.buffer.read())
    sys.stdout.buffer.write(module.serialize())
except MemoryError:
    sys.exit({_NO_MEMORY})
except wasmtime.WasmtimeError:
    sys.exit({_NOT_WEBASSEMBLY})
"""

Result = TypeVar("Result")


class Unavailable(Exception):
    """WebAssembly cannot be run here: its package is missing or failed.  The message says what to do."""


class Overdue(Exception):
    """A program did not end within its time limit."""


def library() -> Any:
    """The package wasmtime.  Raises Unavailable, naming the extra that installs it."""
    try:
        return importlib.import_module("wasmtime")
    except ImportError:
        raise Unavailable("circom's programs run on wasmtime: pip install 'zksettle[circom]'") from None


def engine() -> Any:
    """A wasmtime.Engine with these limits, for one program.  Raises Unavailable."""
    wasmtime = library()
    config = wasmtime.Config()
    for name, value in _CONFIG.items():
        setattr(config, name, value)
    return wasmtime.Engine(config)


def store(engine: Any) -> Any:
    """A wasmtime.Store with these limits, for one run."""
    new_store = library().Store(engine)
    new_store.set_limits(MAX_MEMORY_BYTES, _MAX_TABLE, _INSTANCES, _INSTANCES, _INSTANCES)
    new_store.set_epoch_deadline(1)
    return new_store


def compiling_bytes(size: int) -> int:
    """The estimated memory to compile a program of `size` bytes; four times as much is the limit."""
    return _COMPILING_PER_BYTE * size + (_COMPILING_BYTES if size > _SMALL_BYTES else 0)


def compile(engine: Any, data: bytes, limit_s: float, what: str) -> Any:
    """The wasmtime.Module of a program.

    Raises Overdue, naming `what`, when compiling takes longer than `limit_s` seconds, and FormatError when the program
    is not WebAssembly or takes more than four times `compiling_bytes` to compile.
    """
    wasmtime = library()
    if len(data) > _SMALL_BYTES:
        data = _serialized(data, limit_s, what)
        return run(engine, lambda: wasmtime.Module.deserialize(engine, data), limit_s, what)
    return run(engine, lambda: wasmtime.Module(engine, data), limit_s, what)


def _serialized(data: bytes, limit_s: float, what: str) -> bytes:
    """Compiles a program in a separate process.  Returns it in wasmtime's form for `Module.deserialize`."""
    limit = _COMPILING_LIMIT * compiling_bytes(len(data))
    # -P: a wasmtime.py in the current folder, which may come with the program, must not run
    command = [sys.executable, "-P", "-c", _COMPILER, json.dumps(_CONFIG), str(limit)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        process = subprocess.run(
            command, input=data, capture_output=True, timeout=limit_s, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise Overdue(f"compiling {what} did not end within {limit_s:g} s") from None
    if process.returncode == _NOT_WEBASSEMBLY:
        raise _not_webassembly(what)
    if process.returncode > 0 and process.returncode != _NO_MEMORY:
        reason = process.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise Unavailable(f"the process that compiles {what} failed: {reason or f'exit code {process.returncode}'}")
    if process.returncode:  # wasmtime aborts when it is refused memory
        raise FormatError(
            f"compiling {what} takes more than {limit >> 20} MiB of memory, four times what programs of its size take"
        )
    return process.stdout


def _not_webassembly(what: str) -> FormatError:
    return FormatError(f"{what} is not a program in WebAssembly that can be run here")


def run(engine: Any, work: Callable[[], Result], limit_s: float, what: str) -> Result:
    """The result of `work`, which is called on its own thread and uses nothing but this engine.

    Raises Overdue, naming `what`, when that takes longer than `limit_s` seconds, FormatError when the program is not
    WebAssembly or crashes, and what `work` raises.
    """
    wasmtime = library()
    future: Future[Result] = Future()
    threading.Thread(target=_fill, args=(future, work), daemon=True).start()
    end_s = time.monotonic() + limit_s
    try:
        while not future.done():
            if (left_s := end_s - time.monotonic()) <= 0:
                raise Overdue(f"{what} did not end within {limit_s:g} s")
            wait([future], min(left_s, _POLL_S))
        return future.result()
    except wasmtime.Trap as trap:
        raise FormatError(f"{what} crashed: {_reason(trap)}") from None
    except wasmtime.WasmtimeError:
        raise _not_webassembly(what) from None
    finally:
        engine.increment_epoch()


def _fill(future: Future, work: Callable[[], Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


def _reason(trap: Any) -> str:
    """Why a program crashed, in words: "memory out of bounds"."""
    code = trap.trap_code
    return "for an unknown reason" if code is None else code.name.lower().replace("_", " ")
