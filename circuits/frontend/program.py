"""The flat program that turns the inputs of a circuit into its whole witness.

A witness is one vector: wire 0 is one, then the inputs, then the wires the program computes, in order, each
exactly once.  A step is a row [operation, out, a, b]:

    MULTIPLY   w[out] = <combination a, w> · <combination b, w>
    LINEAR     w[out] = <combination a, w>
    QUOTIENT   w[out] = <combination a, w> / <combination b, w>, and 0 when the divisor is 0
    BITS       w[out + i] = bit i of the canonical integer <combination a, w>, for i < b

A combination is a run of terms (wire, index of a coefficient).  Coefficients are few and repeat often, so they
are kept once, as canonical little-endian words; the first two are always 1 and -1.  The program is data only: the
same rows drive one witness or several side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MULTIPLY, LINEAR, QUOTIENT, BITS = range(4)
WORDS = 4


@dataclass(frozen=True)
class Program:
    """The steps from `inputs` input wires (wires 1..inputs) to a witness of `wires` wires."""

    modulus: int
    wires: int
    inputs: int
    code: np.ndarray  # int64 (steps, 4): operation, out, a, b
    starts: np.ndarray  # int64 (combinations + 1,)
    terms: np.ndarray  # int32 (n, 2): wire, coefficient
    coefficients: np.ndarray  # uint64 (distinct, 4): canonical words; 1 and -1 first


def words(values: Sequence[int]) -> np.ndarray:
    """Each integer below 2^256 as four little-endian 64-bit words: a (n, 4) array."""
    data = b"".join(value.to_bytes(8 * WORDS, "little") for value in values)
    return np.frombuffer(data, dtype="<u8").reshape(-1, WORDS)


def integers(array: np.ndarray) -> list[int]:
    """The integers whose words are the rows of `array`."""
    data = np.ascontiguousarray(array, dtype="<u8").tobytes()
    size = 8 * WORDS
    return [int.from_bytes(data[i : i + size], "little") for i in range(0, len(data), size)]


def run_ints(program: Program, inputs: Sequence[int], modulus: int) -> list[int]:
    """The witness as canonical ints, computed slowly and plainly, for any modulus.

    Raises ValueError when the number of inputs is wrong, one is not reduced, or the modulus is not the program's.
    """
    if modulus != program.modulus:
        raise ValueError("the program was compiled for another modulus")
    check_inputs(program, inputs)
    coefficients = integers(program.coefficients)
    terms, starts = program.terms.tolist(), program.starts.tolist()
    witness = [1, *inputs]

    def value(index: int) -> int:
        run = terms[starts[index] : starts[index + 1]]
        return sum(coefficients[coefficient] * witness[wire] for wire, coefficient in run) % modulus

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


def check_inputs(program: Program, inputs: Sequence[int]) -> None:
    """Raises ValueError unless there is one canonical field element for each input."""
    if len(inputs) != program.inputs:
        raise ValueError(f"the circuit has {program.inputs} inputs, not {len(inputs)}")
    if not all(0 <= value < program.modulus for value in inputs):
        raise ValueError("an input is not a canonical field element")
