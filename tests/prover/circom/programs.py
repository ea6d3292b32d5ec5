"""WebAssembly with circom's exports, in text, so that a test can change one function; the witness is (1, its input)."""

import wasmtime

from zk.fields.prime import R

SHARED, PRIME, KEPT = 0, 64, 128  # where a field element that comes or goes, the modulus, and the input lie

_COPY = """(local $k i32) (loop $more
  (i32.store (i32.add (i32.const %d) (local.get $k)) (i32.load (i32.add (i32.const %d) (local.get $k))))
  (local.set $k (i32.add (local.get $k) (i32.const 4))) (br_if $more (i32.lt_u (local.get $k) (i32.const 32))))"""

FUNCTIONS = {
    "getVersion": "(result i32) (i32.const 2)",
    "getFieldNumLen32": "(result i32) (i32.const 8)",
    "getRawPrime": _COPY % (SHARED, PRIME),
    "readSharedRWMemory": "(param $i i32) (result i32) (i32.load (i32.shl (local.get $i) (i32.const 2)))",
    "writeSharedRWMemory": "(param $i i32) (param i32)"
    " (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get 1))",
    "init": "(param i32)",
    "setInputSignal": "(param i32 i32 i32) " + _COPY % (KEPT, SHARED),
    "getInputSignalSize": "(param i32 i32) (result i32) (i32.const 1)",
    "getInputSize": "(result i32) (i32.const 1)",
    "getWitnessSize": "(result i32) (i32.const 2)",
    "getWitness": "(param $i i32) " + _COPY % (SHARED, KEPT) + """
        (if (i32.eqz (local.get $i)) (then
          (memory.fill (i32.const 0) (i32.const 0) (i32.const 32)) (i32.store (i32.const 0) (i32.const 1))))""",
    "getMessageChar": "(result i32) (i32.const 0)",
}  # fmt: skip
IMPORTS = """
  (import "runtime" "exceptionHandler" (func $fail (param i32)))
  (import "runtime" "printErrorMessage" (func $why))
  (import "runtime" "writeBufferMessage" (func $print))
  (import "runtime" "showSharedRWMemory" (func $number))"""


def program(
    *, pages: int = 1, prime: int = R, imports: str = IMPORTS, more: str = "", without: str = "", **changed: str
) -> bytes:
    """The program with functions changed, by their names; `more` is text after them, `without` the name of one less."""
    functions = {name: text for name, text in (FUNCTIONS | changed).items() if name != without}
    text = "".join(f'\n(func (export "{name}") {body})' for name, body in functions.items())
    data = "".join(f"\\{byte:02x}" for byte in prime.to_bytes(32, "little"))
    return bytes(wasmtime.wat2wasm(
        f'(module {imports} (memory (export "memory") {pages}) (data (i32.const {PRIME}) "{data}") {text} {more})'
    ))  # fmt: skip


def functions(count: int) -> bytes:
    """A program with this many empty functions."""
    def section(number: int, content: bytes) -> bytes:
        return bytes([number]) + leb128(len(content)) + content

    types, numbers = section(1, b"\1\x60\0\0"), section(3, leb128(count) + bytes(count))
    return b"\0asm\1\0\0\0" + types + numbers + section(10, leb128(count) + b"\2\0\x0b" * count)


def leb128(number: int) -> bytes:
    text = bytearray()
    while number > 127:
        text.append(number & 127 | 128)
        number >>= 7
    return bytes([*text, number])
