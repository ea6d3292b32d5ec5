"""One kernel that runs a flat witness program (the format is described in circuits/frontend/program.py).

Values are Montgomery words of Fr.  The wires of a combination were all computed by earlier steps, so a step is two
sums of products and at most one more operation.  Indices are trusted here: a `Program` checks them when it is made.
"""

import numpy as np

from zk.fields import array, fr
from zk.fields.prime import FR
from zk.jit import kernel

MULTIPLY, LINEAR, QUOTIENT, BITS = range(4)
_ONE, _MINUS_ONE = 0, 1  # the places of 1 and -1 among the coefficients


@kernel
def combination(index, starts, terms, coefficients, witness):
    """Σ coefficient·wire over one combination.  1 mul a term, none where the coefficient is 1 or -1."""
    total = fr.ZERO
    for i in range(starts[index], starts[index + 1]):
        value = fr.load(witness, terms[i, 0])
        place = terms[i, 1]
        if place == _ONE:
            total = fr.add(total, value)
        elif place == _MINUS_ONE:
            total = fr.sub(total, value)
        else:
            total = fr.add(total, fr.mul(fr.load(coefficients, place), value))
    return total


@kernel
def _store_bits(witness, out, value, width):
    """witness[out + i] = bit i of the canonical integer of `value`, for i < width <= 256."""
    fr.store(witness, out, fr.from_montgomery(value))
    words = fr.load(witness, out)
    for i in range(width):
        bit = words[i >> 6] >> np.uint64(i & 63) & np.uint64(1)
        fr.store(witness, out + i, fr.ONE if bit else fr.ZERO)


@kernel
def _run(code, starts, terms, coefficients, witness):
    """Compute every wire after the inputs.  `coefficients` are plain words on entry, Montgomery words on return."""
    for i in range(coefficients.shape[0]):
        fr.store(coefficients, i, fr.to_montgomery(fr.load(coefficients, i)))
    for step in range(code.shape[0]):
        operation, out = code[step, 0], code[step, 1]
        value = combination(code[step, 2], starts, terms, coefficients, witness)
        if operation == BITS:
            _store_bits(witness, out, value, code[step, 3])
            continue
        if operation != LINEAR:
            other = value
            if code[step, 3] != code[step, 2]:
                other = combination(code[step, 3], starts, terms, coefficients, witness)
            if operation == QUOTIENT:
                other = fr.inverse(other)
            value = fr.mul(value, other)
        fr.store(witness, out, value)


def run(
    code: np.ndarray,
    starts: np.ndarray,
    terms: np.ndarray,
    coefficients: np.ndarray,
    wires: int,
    inputs: list[int],
) -> np.ndarray:
    """The witness, (wires, 4) Montgomery words, that a checked program computes from canonical inputs."""
    witness = np.zeros((wires, 4), dtype=np.uint64)
    witness[: len(inputs) + 1] = array.encode(FR, [1, *inputs])
    _run(code, starts, terms, coefficients.astype(np.uint64), witness)
    return witness
