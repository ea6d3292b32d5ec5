"""Moves field elements between Python and a circom program, two thousand in one call.

The program itself hands over one word at a time, and a call from Python into WebAssembly takes some ten microseconds, a
call within it a nanosecond.  So the loops over wires and words are in a module of our own, which is linked with the
program and has one page of memory, which Python reads and writes.
"""

from typing import Any

import numpy as np

from zk.fields.prime import WORDS

VALUES = 2048  # of 32 bytes, which fill the page

_LOOP = """
    (local $i i32) (local $j i32)
    (loop $each (if (i32.lt_u (local.get $i) (local.get $count)) (then
      %s
      (local.set $j (i32.const 0))
      (loop $word
        %s
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $word (i32.lt_u (local.get $j) (i32.const 8))))
      %s
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $each))))
"""
_PLACE = "(i32.add (i32.shl (local.get $i) (i32.const 5)) (i32.shl (local.get $j) (i32.const 2)))"
_INDEX = "(i32.add (local.get $first) (local.get $i))"
_WRITE = f"(call $write (local.get $j) (i32.load {_PLACE}))"
_READ = f"(i32.store {_PLACE} (call $read (local.get $j)))"
_SET = f"(call $set (local.get $high) (local.get $low) {_INDEX})"
_GET = f"(call $get {_INDEX})"

SOURCE = f"""(module
  (import "circuit" "writeSharedRWMemory" (func $write (param i32 i32)))
  (import "circuit" "readSharedRWMemory" (func $read (param i32) (result i32)))
  (import "circuit" "setInputSignal" (func $set (param i32 i32 i32)))
  (import "circuit" "getWitness" (func $get (param i32)))
  (memory (export "memory") 1 1)
  (func (export "give") (param $high i32) (param $low i32) (param $first i32) (param $count i32)
    {_LOOP % ("", _WRITE, _SET)})
  (func (export "take") (param $first i32) (param $count i32)
    {_LOOP % (_GET, _READ, "")}))
"""


class Transfer:
    """An instance of the loops, linked with an instance of a circom program in the same store."""

    def __init__(self, wasmtime: Any, store: Any, circuit: Any):
        linker = wasmtime.Linker(store.engine)
        linker.define_instance(store, "circuit", circuit)
        self._store = store
        exports = linker.instantiate(store, wasmtime.Module(store.engine, wasmtime.wat2wasm(SOURCE))).exports(store)
        self._memory, self._give, self._take = (exports[name] for name in ("memory", "give", "take"))

    def set_input(self, high: int, low: int, values: np.ndarray) -> None:
        """Sets the input signal whose name has this hash, in halves, to (n, 4) plain words."""
        for first in range(0, len(values), VALUES):
            part = values[first : first + VALUES]
            self._memory.write(self._store, part.tobytes(), 0)
            self._give(self._store, high, low, first, len(part))

    def witness(self, num_wires: int) -> np.ndarray:
        """(num_wires, 4) plain words of the witness."""
        parts = []
        for first in range(0, num_wires, VALUES):
            length = min(VALUES, num_wires - first)
            self._take(self._store, first, length)
            parts.append(bytes(self._memory.read(self._store, 0, length * 8 * WORDS)))
        return np.frombuffer(b"".join(parts), dtype="<u8").reshape(-1, WORDS)
