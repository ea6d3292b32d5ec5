"""CIRCUIT.wasm, the program to which circom 2 compiles a circuit's assignments: from inputs to a witness.

The program exports eight words of 32 bits, through which field elements pass, `setInputSignal`, which takes the
FNV-1a hash of a signal's name, and `getWitness`.  Setting the last input computes the circuit.  The program imports
four functions, through which it reports errors and what `log` prints (messages.py).  The reference is
witness_calculator.js, which circom writes beside each program.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from prover.circom import sandbox
from prover.circom.inputs import shown
from prover.circom.messages import Messages
from prover.circom.wasm_memory import Transfer
from prover.circom.witnesses import Witness
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, R
from zk.formats.sections import MAX_WIRES

DEFAULT_LIMIT_S = 60

_FIELD_WORDS = 8
_EXPORTS = {  # name: numbers of parameters and of results, all i32
    "getVersion": (0, 1), "getFieldNumLen32": (0, 1), "getRawPrime": (0, 0), "readSharedRWMemory": (1, 1),
    "writeSharedRWMemory": (2, 0), "init": (1, 0), "setInputSignal": (3, 0), "getInputSize": (0, 1),
    "getWitnessSize": (0, 1), "getWitness": (1, 0),
}  # fmt: skip
_LATER_EXPORTS = {"getInputSignalSize": (2, 1), "getMessageChar": (0, 1)}  # not in the first versions of circom 2
_IMPORTS = {"exceptionHandler": (1, 0), "printErrorMessage": (0, 0), "writeBufferMessage": (0, 0),
            "showSharedRWMemory": (0, 0)}  # fmt: skip
_INDICES = re.compile(r"(?:\[[0-9]+\])+$")


@dataclass(frozen=True, repr=False)
class Program:
    """A circuit's program, compiled for this machine; it takes `memory_bytes` to run."""

    engine: Any
    module: Any
    memory_bytes: int
    what: str

    def __repr__(self) -> str:
        return f"Program({self.what})"


def load(data: bytes, what: str = "the program", limit_s: float = DEFAULT_LIMIT_S) -> Program:
    """The program in the content of a .wasm file, compiled within `limit_s` seconds.  Needs the extra "circom".

    Raises FormatError when it is not a program of circom 2 or needs more than 2 GiB, sandbox.Overdue and
    sandbox.Unavailable.
    """
    if len(data) > sandbox.MAX_PROGRAM_BYTES:
        raise FormatError(f"{what} is larger than {sandbox.MAX_PROGRAM_BYTES} bytes")
    wasmtime, engine = sandbox.library(), sandbox.engine()
    module = sandbox.compile(engine, data, limit_s, what)
    _check_types(wasmtime, module, what)
    pages = sum(export.type.limits.min for export in module.exports if isinstance(export.type, wasmtime.MemoryType))
    return Program(engine, module, pages * sandbox.PAGE_BYTES + len(data), what)


def calculate(
    program: Program,
    inputs: Mapping[str, list[int]],
    *,
    limit_s: float = DEFAULT_LIMIT_S,
    names: Iterable[str] = (),
    what: str = "the inputs",
) -> Witness:
    """The witness of the circuit for these inputs, which `prover.circom.inputs` decodes.

    `names` are the names of all signals as a .sym file lists them; they are only read when an input is missing.  `what`
    is what messages call the inputs.

    Raises FormatError when the program is not for BN254's field, or an input is unknown, missing, or has another number
    of values; Unsatisfied, with circom's own words, when an assertion of the circuit fails; and sandbox.Overdue when it
    takes longer than `limit_s` seconds.
    """

    def work() -> Witness:
        instance = _Instance(program)
        instance.check_inputs(inputs, names, what)
        return Witness(instance.calculate(inputs), what, instance.log())

    return sandbox.run(program.engine, work, limit_s, program.what)


def signal_hash(name: str) -> tuple[int, int]:
    """The FNV-1a hash of a signal's name, its upper and its lower 32 bits, as signed numbers."""
    value = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return _signed(value >> 32), _signed(value % 2**32)


def _signed(word: int) -> int:
    return word - (word >> 31 << 32)


class _Instance:
    """An instance of the program.  Only the sandbox's thread uses it."""

    def __init__(self, program: Program):
        wasmtime, store = sandbox.library(), sandbox.store(program.engine)
        self._store, self._what = store, program.what
        is_buffered = any(entry.name == "writeBufferMessage" for entry in program.module.imports)
        self._messages = Messages(program.what, is_buffered)
        linker = wasmtime.Linker(program.engine)
        for name, function in self._messages.functions().items():
            signature = wasmtime.FuncType(*([wasmtime.ValType.i32()] * count for count in _IMPORTS[name]))
            linker.define(store, "runtime", name, wasmtime.Func(store, signature, function, access_caller=True))
        self._instance = linker.instantiate(store, program.module)
        self._exports = self._instance.exports(store)
        self._check_field()

    def check_inputs(self, inputs: Mapping[str, list[int]], names: Iterable[str], what: str) -> None:
        """Raises FormatError unless every input signal of the circuit has the right number of values."""
        if "getInputSignalSize" in self._exports:
            for name, values in inputs.items():
                size = self._call("getInputSignalSize", *signal_hash(name))
                if size <= 0 < len(values):
                    raise FormatError(f"{what}: {shown(name)} is not an input signal of {self._what}")
                if size > 0 and len(values) != size:
                    raise FormatError(f"{what}: {shown(name)} has {len(values)} values instead of {size}")
        num_values, num_required = sum(map(len, inputs.values())), self._call("getInputSize")
        if num_values < num_required:
            missing = self._missing(inputs, names)
            example = f", among them those of {shown(missing)}" if missing else ""
            raise FormatError(f"{what}: {num_required - num_values} of {num_required} values are missing{example}")

    def calculate(self, inputs: Mapping[str, list[int]]) -> np.ndarray:
        """Sets the inputs, which computes the circuit; returns (num_wires, 4) plain words."""
        transfer = Transfer(sandbox.library(), self._store, self._instance)
        self._call("init", 0)
        for name, values in inputs.items():
            transfer.set_input(*signal_hash(name), array.plain(values))
        num_wires = self._call("getWitnessSize")
        if not 1 <= num_wires <= MAX_WIRES:
            raise FormatError(f"{self._what} has a witness of {num_wires} wires")
        witness = transfer.witness(num_wires)
        if not array.is_canonical(FR, witness) or witness[0].tolist() != [1, 0, 0, 0]:
            raise FormatError(f"{self._what} gives no valid witness: a value is not reduced, or the first is not 1")
        return witness

    def log(self) -> tuple[str, ...]:
        """The lines that the circuit has printed."""
        return self._messages.log()

    def _call(self, name: str, *arguments: int) -> int:
        return self._exports[name](self._store, *arguments)

    def _check_field(self) -> None:
        """Raises FormatError unless the program is circom 2's, over BN254's scalars."""
        if self._call("getVersion") != 2:
            raise FormatError(f"{self._what} is not a program of circom 2")
        words = []
        if self._call("getFieldNumLen32") == _FIELD_WORDS:
            self._call("getRawPrime")
            words = [self._call("readSharedRWMemory", i) % 2**32 for i in range(_FIELD_WORDS)]
        if sum(word << 32 * i for i, word in enumerate(words)) != R:
            raise FormatError(f"{self._what} is for a field that is not BN254's")

    def _missing(self, inputs: Mapping[str, list[int]], names: Iterable[str]) -> str | None:
        """An input signal without values: the first name that the program knows as an input and `inputs` lacks."""
        if "getInputSignalSize" not in self._exports:
            return None
        for name in (_INDICES.sub("", full.removeprefix("main.")) for full in names):
            if name not in inputs and self._call("getInputSignalSize", *signal_hash(name)) > 0:
                return name
        return None


def _check_types(wasmtime: Any, module: Any, what: str) -> None:
    """Raises FormatError unless the program imports and exports what circom's do, within the limit of memory."""
    for entry in module.imports:
        if entry.module != "runtime" or _signature(wasmtime, entry.type) != _IMPORTS.get(entry.name, "nothing"):
            name = shown(f"{entry.module}.{entry.name}")
            raise FormatError(f"{what} is not a program of circom 2: it imports {name}")
    types = {export.name: export.type for export in module.exports}
    required = _EXPORTS | {name: signature for name, signature in _LATER_EXPORTS.items() if name in types}
    for name, signature in required.items():
        if _signature(wasmtime, types.get(name)) != signature:
            raise FormatError(f"{what} is not a program of circom 2: it has no {name}")
    for kind in types.values():
        if isinstance(kind, wasmtime.MemoryType) and kind.limits.min * sandbox.PAGE_BYTES > sandbox.MAX_MEMORY_BYTES:
            raise FormatError(f"{what} needs more than {sandbox.MAX_MEMORY_BYTES} bytes of memory")


def _signature(wasmtime: Any, kind: Any) -> tuple[int, int] | None:
    """The numbers of a function's parameters and results; None for anything but a function of 32-bit integers."""
    if not isinstance(kind, wasmtime.FuncType):
        return None
    kinds = {str(value) for value in (*kind.params, *kind.results)}
    return (len(kind.params), len(kind.results)) if kinds <= {"i32"} else None
