"""CIRCUIT.wasm: the program that circom 2 compiles a circuit's assignments to, from inputs to a witness.

It exports a field element's words, eight of 32 bits, by which values come and go; `setInputSignal` with the FNV-1a hash
of a signal's name; and `getWitness`.  The circuit is computed when the last input is set.  It imports four functions,
by which it says what went wrong and what `log` prints.  (circom, "witness_calculator.js", which it writes beside it.)
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prover.circom import sandbox
from prover.circom.inputs import shown
from prover.circom.messages import Messages
from prover.circom.wasm_memory import Shuttle
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
    """A circuit's program, compiled for this machine; `memory_bytes` is what it takes to run."""

    engine: Any
    module: Any
    memory_bytes: int
    what: str

    def __repr__(self) -> str:
        return f"Program({self.what})"


def load(data: bytes, what: str = "the program", limit_s: float = DEFAULT_LIMIT_S) -> Program:
    """The program in a .wasm file.  Needs the extra "circom"; takes no longer than `limit_s` seconds.

    Raises FormatError when it is not circom 2's, or needs more than 2 GiB; sandbox.Overdue and sandbox.Unavailable.
    """
    if len(data) > sandbox.MAX_PROGRAM_BYTES:
        raise FormatError(f"{what} is larger than {sandbox.MAX_PROGRAM_BYTES} bytes")
    wasmtime, engine = sandbox.library(), sandbox.engine()
    module = sandbox.compile(engine, data, limit_s, what)
    _check_types(wasmtime, module, what)
    pages = sum(e.type.limits.min for e in module.exports if isinstance(e.type, wasmtime.MemoryType))
    return Program(engine, module, pages * sandbox.PAGE_BYTES + len(data), what)


def calculate(
    program: Program,
    inputs: Mapping[str, list[int]],
    *,
    limit_s: float = DEFAULT_LIMIT_S,
    names: Iterable[str] = (),
    given: str = "the inputs",
) -> Witness:
    """The witness of the circuit for these inputs, as `prover.circom.inputs` reads them.

    `names` are those of all signals as a .sym file has them, which are asked for when an input is missing; `given` is
    what sentences call the inputs.

    Raises FormatError when the program is not for BN254's field, or an input is unknown, missing, or has another number
    of values; Unsatisfied, with circom's own words, when an assertion of the circuit fails; sandbox.Overdue when that
    takes longer than `limit_s` seconds.
    """

    def work() -> Witness:
        circuit = _Circuit(program)
        circuit.check_inputs(inputs, names, given)
        return circuit.calculate(inputs, given)

    return sandbox.run(program.engine, work, limit_s, program.what)


def signal_hash(name: str) -> tuple[int, int]:
    """The FNV-1a hash of a signal's name, its upper and its lower 32 bits, as signed numbers."""
    value = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return _signed(value >> 32), _signed(value % 2**32)


def _signed(word: int) -> int:
    return word - (word >> 31 << 32)


class _Circuit:
    """An instance of the program.  Lives on the sandbox's thread."""

    def __init__(self, program: Program):
        wasmtime, store = sandbox.library(), sandbox.store(program.engine)
        self._store, self._what = store, program.what
        is_buffered = any(found.name == "writeBufferMessage" for found in program.module.imports)
        self._messages = Messages(program.what, is_buffered)
        linker = wasmtime.Linker(program.engine)
        for name, function in self._messages.functions().items():
            shape = wasmtime.FuncType(*([wasmtime.ValType.i32()] * count for count in _IMPORTS[name]))
            linker.define(store, "runtime", name, wasmtime.Func(store, shape, function, access_caller=True))
        self._instance = linker.instantiate(store, program.module)
        self._exports = self._instance.exports(store)
        self._check_field()

    def check_inputs(self, inputs: Mapping[str, list[int]], names: Iterable[str], given: str) -> None:
        """Raises FormatError unless every input signal of the circuit has its number of values."""
        if "getInputSignalSize" in self._exports:
            for name, values in inputs.items():
                wanted = self._call("getInputSignalSize", *signal_hash(name))
                if wanted <= 0 < len(values):
                    raise FormatError(f"{given}: {shown(name)} is not an input signal of {self._what}")
                if wanted > 0 and len(values) != wanted:
                    raise FormatError(f"{given}: {shown(name)} has {len(values)} values instead of {wanted}")
        found, wanted = sum(map(len, inputs.values())), self._call("getInputSize")
        if found < wanted:
            missing = self._missing(inputs, names)
            called = f", among them those of {shown(missing)}" if missing else ""
            raise FormatError(f"{given}: {wanted - found} of {wanted} values are missing{called}")

    def calculate(self, inputs: Mapping[str, list[int]], name: str) -> Witness:
        """Sets the inputs, which computes the circuit, and fetches the witness."""
        shuttle = Shuttle(sandbox.library(), self._store, self._instance)
        self._call("init", 0)
        for name, values in inputs.items():
            shuttle.give(*signal_hash(name), array.plain(values))
        wires = self._call("getWitnessSize")
        if not 1 <= wires <= MAX_WIRES:
            raise FormatError(f"{self._what} has a witness of {wires} wires")
        witness = shuttle.take(wires)
        if not array.is_canonical(FR, witness) or witness[0].tolist() != [1, 0, 0, 0]:
            raise FormatError(f"{self._what} makes no witness: its values are not reduced, or the first is not 1")
        return Witness(witness, name, self._messages.log())

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
        """An input signal that is not given, by the program's own answer to a name."""
        if "getInputSignalSize" not in self._exports:
            return None
        for name in (_INDICES.sub("", full.removeprefix("main.")) for full in names):
            if name not in inputs and self._call("getInputSignalSize", *signal_hash(name)) > 0:
                return name
        return None


def _check_types(wasmtime: Any, module: Any, what: str) -> None:
    """Raises FormatError unless the program imports and exports what circom's do, and fits into its memory."""
    for found in module.imports:
        if found.module != "runtime" or _shape(wasmtime, found.type) != _IMPORTS.get(found.name, "nothing"):
            called = shown(f"{found.module}.{found.name}")
            raise FormatError(f"{what} is not a program of circom 2: it asks for {called}")
    types = {found.name: found.type for found in module.exports}
    wanted = _EXPORTS | {name: shape for name, shape in _LATER_EXPORTS.items() if name in types}
    for name, shape in wanted.items():
        if _shape(wasmtime, types.get(name)) != shape:
            raise FormatError(f"{what} is not a program of circom 2: it has no {name}")
    for found in types.values():
        if isinstance(found, wasmtime.MemoryType) and found.limits.min * sandbox.PAGE_BYTES > sandbox.MAX_MEMORY_BYTES:
            raise FormatError(f"{what} asks for more than {sandbox.MAX_MEMORY_BYTES} bytes of memory")


def _shape(wasmtime: Any, found: Any) -> tuple[int, int] | None:
    """How many parameters and results a function has; None for what is no function of 32-bit integers."""
    if not isinstance(found, wasmtime.FuncType):
        return None
    kinds = {str(kind) for kind in (*found.params, *found.results)}
    return (len(found.params), len(found.results)) if kinds <= {"i32"} else None
