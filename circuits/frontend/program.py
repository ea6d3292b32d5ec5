"""The flat program that turns the inputs of a circuit into its whole witness.

A witness is one vector: wire 0 is one, then come the inputs, then the wires that the program computes, in order and
each exactly once.  A step is a row [operation, out, a, b]:

    MULTIPLY   w[out] = <combination a, w> · <combination b, w>
    LINEAR     w[out] = <combination a, w>
    QUOTIENT   w[out] = <combination a, w> / <combination b, w>, and 0 when the divisor is 0
    BITS       w[out + i] = bit i of the canonical integer <combination a, w>, for i < b

A combination is a run of terms (wire, index of a coefficient).  Coefficients are few and repeat often, so each is
stored once, as plain little-endian words; the first two are always 1 and -1.  The program is only data: the same rows
compute one witness or several side by side.

The kernels that run a program check no index, so the constructor of `Program` checks all of them: each step writes the
next wires and reads only wires written before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import mul

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, R

MULTIPLY, LINEAR, QUOTIENT, BITS = range(4)
MAX_BITS = 256
_ARRAYS = {
    "code": (np.int64, (4,)),
    "starts": (np.int64, ()),
    "terms": (np.int32, (2,)),
    "coefficients": (np.uint64, (4,)),
}


@dataclass(frozen=True)
class Program:
    """The steps from the inputs, wires 1..num_inputs, to a witness of `num_wires` wires."""

    modulus: int
    num_wires: int
    num_inputs: int
    code: np.ndarray  # int64 (steps, 4): operation, out, a, b
    starts: np.ndarray  # int64 (combinations + 1,)
    terms: np.ndarray  # int32 (n, 2): wire, coefficient
    coefficients: np.ndarray  # uint64 (distinct, 4): plain words; 1 and -1 first

    def __post_init__(self):
        for name, (dtype, row) in _ARRAYS.items():
            values = getattr(self, name)
            if values.dtype != dtype or values.shape[1:] != row or values.ndim != 1 + len(row):
                raise FormatError(f"the witness program's {name} have a wrong type or shape")
        _check_combinations(self)
        _check_steps(self)

    @cached_property
    def montgomery_coefficients(self) -> np.ndarray:
        """The coefficients as Montgomery words of Fr, converted once."""
        return array.encode(FR, array.from_plain(self.coefficients))

    @cached_property
    def combinations(self) -> list[tuple[list[int], list[int]]]:
        """The coefficients and the wires of each combination, as ints."""
        coefficients, starts = array.from_plain(self.coefficients), self.starts.tolist()
        wires, factors = self.terms[:, 0].tolist(), [coefficients[index] for index in self.terms[:, 1].tolist()]
        return [(factors[start:end], wires[start:end]) for start, end in pairwise(starts)]


def _check(condition: bool, what: str) -> None:
    if not condition:
        raise FormatError(f"the witness program is malformed: {what}")


def _check_combinations(program: Program) -> None:
    """Raises FormatError unless every combination is a run of terms, and every term names a coefficient."""
    starts, terms = program.starts, program.terms
    _check(len(starts) > 0 and starts[0] == 0 and starts[-1] == len(terms), "its combinations do not cover its terms")
    _check(bool((np.diff(starts) >= 0).all()), "a combination ends before it starts")
    _check(bool((terms >= 0).all()), "an index is negative")
    _check(bool((terms[:, 1] < len(program.coefficients)).all()), "a term names a coefficient that does not exist")
    ends = array.from_plain(program.coefficients[:2])
    _check(ends == [1, program.modulus - 1], "its first coefficients are not 1 and -1")


def _check_steps(program: Program) -> None:
    """Raises FormatError unless the steps write the wires after the inputs in order and read only written wires."""
    operation, out, a, b = program.code.T
    bits = operation == BITS
    _check(bool(((operation >= MULTIPLY) & (operation <= BITS)).all()), "an operation is unknown")
    _check(bool((~bits | ((b >= 1) & (b <= MAX_BITS))).all()), "a number of bits is not in 1..256")
    _check(program.num_inputs >= 0, "the number of inputs is negative")
    ends = program.num_inputs + 1 + np.cumsum(np.where(bits, b, 1))
    next_wires = np.concatenate(([program.num_inputs + 1], ends[:-1]))[: len(out)]
    _check(bool((out == next_wires).all()), "wires are written out of order")
    _check(program.num_wires == (ends[-1] if len(ends) else program.num_inputs + 1), "the number of wires is wrong")
    highest = _highest_wires(program)
    for side, reads in ((a, operation >= MULTIPLY), (b, (operation == MULTIPLY) | (operation == QUOTIENT))):
        combinations = side[reads]
        in_range = (combinations >= 0) & (combinations < len(highest))
        _check(bool(in_range.all()), "a step names a combination that does not exist")
        _check(bool((highest[combinations] < out[reads]).all()), "a wire is read before it is written")


def _highest_wires(program: Program) -> np.ndarray:
    """The highest wire of each combination, or -1 for an empty one."""
    starts = program.starts
    filled = np.diff(starts) > 0
    highest = np.full(len(starts) - 1, -1, dtype=np.int64)
    if filled.any():
        highest[filled] = np.maximum.reduceat(program.terms[:, 0], starts[:-1][filled])
    return highest


def to_arrays(program: Program) -> dict[str, np.ndarray]:
    """The program as named arrays, for one .npz file or a file for each."""
    sizes = np.array([program.num_wires, program.num_inputs], dtype=np.int64)
    modulus = array.plain([program.modulus])
    return {"sizes": sizes, "modulus": modulus} | {name: getattr(program, name) for name in _ARRAYS}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Program:
    """The program that `to_arrays` wrote.  Memory-mapped arrays are not copied.

    Raises FormatError when an array is missing, has a wrong type or shape, or has an index out of range.
    """
    missing = {"sizes", "modulus", *_ARRAYS} - set(arrays)
    _check(not missing, f"it lacks {', '.join(sorted(missing))}")
    have_shape = arrays["sizes"].shape == (2,) and arrays["modulus"].shape == (1, 4)
    _check(have_shape, "its sizes or modulus have a wrong shape")
    num_wires, num_inputs = map(int, arrays["sizes"])
    (modulus,) = array.from_plain(arrays["modulus"])
    return Program(modulus, num_wires, num_inputs, *(arrays[name] for name in _ARRAYS))


def run(program: Program, inputs: Sequence[int]) -> np.ndarray:
    """The witness as (num_wires, 4) Montgomery words of Fr.  Raises ValueError as `run_batch`."""
    return run_batch(program, [inputs])[0]


def run_batch(program: Program, batch: Sequence[Sequence[int]]) -> np.ndarray:
    """The witness of each list of inputs, (n, num_wires, 4) Montgomery words of Fr.  Eight cost about as much as one.

    Raises ValueError when the number of inputs is wrong, one is not reduced, or the program is not over Fr.
    """
    from zk.r1cs import witness

    if program.modulus != R:
        raise ValueError("the kernel runs only programs over Fr")
    for inputs in batch:
        check_inputs(program, inputs)
    factors = program.montgomery_coefficients
    return witness.run(program.code, program.starts, program.terms, factors, program.num_wires, batch)


def run_ints(program: Program, inputs: Sequence[int], modulus: int) -> list[int]:
    """The witness as canonical ints, for any modulus; slow and plain.

    Raises ValueError when the number of inputs is wrong, one is not reduced, or the modulus is not the program's.
    """
    if modulus != program.modulus:
        raise ValueError("the program was compiled for another modulus")
    check_inputs(program, inputs)
    combinations, witness = program.combinations, [1, *inputs]

    def value(index: int) -> int:
        factors, wires = combinations[index]
        return sum(map(mul, factors, map(witness.__getitem__, wires))) % modulus

    for operation, _, a, b in program.code.tolist():
        if operation == MULTIPLY:
            witness.append(value(a) * value(b) % modulus)
        elif operation == LINEAR:
            witness.append(value(a))
        elif operation == QUOTIENT:
            divisor = value(b)
            witness.append(value(a) * pow(divisor, -1, modulus) % modulus if divisor else 0)
        else:
            number = value(a)
            witness.extend(number >> i & 1 for i in range(b))
    return witness


def cones(program: Program) -> list[int]:
    """For each wire, the inputs it is computed from, as a number whose bit i represents wire i."""
    terms, starts = program.terms[:, 0].tolist(), program.starts.tolist()
    wire_cones = [0, *(1 << wire for wire in range(1, program.num_inputs + 1))]
    for operation, _, a, b in program.code.tolist():
        cone = 0
        for index in (a, b) if operation in (MULTIPLY, QUOTIENT) else (a,):
            for wire in terms[starts[index] : starts[index + 1]]:
                cone |= wire_cones[wire]
        wire_cones += [cone] * (b if operation == BITS else 1)
    return wire_cones


def check_inputs(program: Program, inputs: Sequence[int]) -> None:
    """Raises ValueError unless there is one canonical field element for each input."""
    if len(inputs) != program.num_inputs:
        raise ValueError(f"the circuit has {program.num_inputs} inputs, not {len(inputs)}")
    if not all(0 <= value < program.modulus for value in inputs):
        raise ValueError("every input must be a canonical field element")
