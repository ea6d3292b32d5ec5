"""Poseidon inside a circuit: three constraints for each S-box; everything else is linear.

The input of an S-box is a fixed linear combination of the outputs of earlier S-boxes: in a full round, of the t outputs
of the round before; in a partial round, of the t outputs of the last full round and every partial output so far.  The
combinations depend only on the instance, so `_template` computes them once, and each hash fills in its own wires.  The
tag and constant inputs are numbers known when the circuit is built, so their first S-boxes are evaluated then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul

from gmpy2 import mpz

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.records import Hash
from zk.hashes import poseidon
from zk.hashes.poseidon import Parameters


@dataclass(frozen=True)
class _Combination:
    """Σ coefficients[i]·output[outputs[i]] + added.  No coefficient is zero."""

    outputs: tuple[int, ...]
    coefficients: tuple[int, ...]
    added: int


def _combination(first: int, coefficients: Iterable[int], added: int, modulus: int) -> _Combination:
    """The combination of the outputs `first`, first + 1, ... with these coefficients."""
    terms = [(first + i, int(c % modulus)) for i, c in enumerate(coefficients) if c % modulus]
    return _Combination(tuple(i for i, _ in terms), tuple(c for _, c in terms), int(added % modulus))


@cache
def _template(instance: Parameters) -> tuple[tuple[_Combination, ...], tuple[_Combination, ...]]:
    """The input of every S-box after the first round, in order, and the last state, over S-box outputs from 0 on.

    The partial rounds use the moving basis of `zk.hashes.poseidon`: z starts as u, a combination of the last full
    round's outputs, and partial output k only adds columns[k] to it.
    """
    p, t, half = instance.modulus, instance.width, instance.full_rounds // 2
    constants, matrix = instance.constants, instance.matrix
    combinations = []

    def full_rounds(first_round: int, first_output: int) -> None:
        for i in range(half - 1):
            for row, constant in zip(matrix, constants[first_round + i], strict=True):
                combinations.append(_combination(first_output + i * t, row, constant, p))

    full_rounds(1, 0)
    base = (half - 1) * t
    partial = poseidon.partial_rounds(instance)
    combinations.append(_combination(base, matrix[0], constants[half][0], p))
    z = [[mpz(c) for c in row] for row in matrix[1:]]
    for row, column, shift in zip(partial.rows, partial.columns, partial.shifts, strict=True):
        coefficients = [sum(map(mul, row[1:], outputs)) % p for outputs in zip(*z, strict=True)]
        combinations.append(_combination(base, [*coefficients, row[0]], shift, p))
        z = [[*form, entry] for form, entry in zip(z, column, strict=True)]
    for row, closing in zip(partial.power, partial.closing, strict=True):
        coefficients = [sum(map(mul, row, outputs)) for outputs in zip(*z, strict=True)]
        combinations.append(_combination(base, coefficients, closing, p))
    after = base + t + instance.partial_rounds
    full_rounds(half + instance.partial_rounds + 1, after)
    return tuple(combinations), tuple(_combination(after + base, row, 0, p) for row in matrix)


def _fill(b: Builder, combination: _Combination, outputs: list[int], known: dict[int, int]) -> Signal:
    """The combination as a signal.  `known` are the outputs of the first round that are numbers; others are wires."""
    indices, coefficients, added = combination.outputs, combination.coefficients, combination.added
    if indices and indices[0] in known:
        terms = list(zip(indices, coefficients, strict=True))
        added = (added + sum(c * known[i] for i, c in terms if i in known)) % b.modulus
        indices = tuple(i for i, _ in terms if i not in known)
        coefficients = tuple(c for i, c in terms if i not in known)
    return b.linear([outputs[i] for i in indices], coefficients, added)


def _fifth_power(b: Builder, x: Signal) -> int:
    """The wire that is x^5.  3 constraints."""
    square = b.multiply(x, x, "square")
    wire = b.multiply(b.multiply(square, square, "fourth power"), x, "fifth power").wire()
    assert wire is not None, "constants must be hashed outside the circuit"
    return wire


def permutation(b: Builder, state: Sequence[Signal], *, instance: Parameters | None = None) -> tuple[Signal, ...]:
    """Poseidon's permutation, equal to zk.hashes.poseidon.permutation.  The first element must be a constant.

    3 (t R_F + R_P - k) constraints for t elements of which k are constants.  They cannot all be.
    """
    instance = instance or poseidon.parameters(len(state))
    boxes, last = _template(instance)
    outputs, known = _outputs(b, state, instance, boxes)
    return tuple(_fill(b, combination, outputs, known) for combination in last)


def _outputs(
    b: Builder, state: Sequence[Signal], instance: Parameters, boxes: tuple[_Combination, ...]
) -> tuple[list[int], dict[int, int]]:
    """The wires of all S-boxes' outputs, with 0 in the place of those that are `known` numbers."""
    assert instance.modulus == b.modulus and instance.width == len(state)
    outputs, known = [], {}
    for i, (x, constant) in enumerate(zip(state, instance.constants[0], strict=True)):
        number = (x + constant).constant()
        if number is not None:
            known[i] = pow(number, 5, b.modulus)
        outputs.append(0 if number is not None else _fifth_power(b, x + constant))
    assert 0 in known, "the first element holds a tag"
    for combination in boxes:
        outputs.append(_fifth_power(b, _fill(b, combination, outputs, known)))
    return outputs, known


def hash(b: Builder, inputs: Sequence[Signal], tag: int = 0, *, instance: Parameters | None = None) -> Signal:
    """Poseidon of signals, equal to zk.hashes.poseidon.hash.  3 (t R_F + R_P - 1) constraints, t = inputs + 1.

    3 fewer for each input that is a constant.  They cannot all be.
    """
    instance = instance or poseidon.parameters(len(inputs) + 1)
    with b.scope("poseidon"):
        boxes, last = _template(instance)
        outputs, known = _outputs(b, (b.constant(tag), *inputs), instance, boxes)
        return _fill(b, last[0], outputs, known)


def hasher(b: Builder) -> Hash[Signal]:
    """The hash that circuits/records.py takes, inside this circuit."""
    return lambda inputs, tag: hash(b, inputs, tag)
