"""The witness kernel against the slow interpreter, on programs over Fr."""

import random

import numpy as np
import pytest

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk import witness
from zk.fields import array
from zk.fields.prime import FR, R

EDGES = [0, 1, 2, R - 2, R - 1, 2**64 - 1, 2**64, 2**64 + 1, 2**128 - 1, 2**192 + 1, 2**253 - 1, 2**253, 2**253 + 1]


def every_operation():
    b = Builder(R)
    x, y = b.private("x"), b.private("y")
    product = b.multiply(x + 5, y)
    square = b.multiply(3 * x - y, 3 * x - y)
    quotient = b.hint_quotient(product - 7 * square, x)
    bits = b.hint_bits(quotient + 1, 256)
    b.hint_linear(bits[0] + 2 * bits[1] + R // 2 * bits[255] + 11)
    b.hint_linear(x - x)
    b.hint_product(b.constant(0), quotient)
    b.hint_quotient(x, b.constant(0))
    b.hint_bits(x, 1)
    return compiler.compile(b, "every operation").program


def test_the_two_interpreters_name_the_operations_alike():
    names = ("MULTIPLY", "LINEAR", "QUOTIENT", "BITS")
    assert [getattr(witness, name) for name in names] == [getattr(program, name) for name in names]


@pytest.mark.parametrize("y", [0, 1, R - 1, 2**200 + 3])
@pytest.mark.parametrize("x", EDGES)
def test_the_kernel_computes_what_the_slow_interpreter_computes(x, y):
    code = every_operation()
    assert array.decode(FR, program.run(code, [x, y])) == program.run_ints(code, [x, y], R)


def test_long_random_programs_agree():
    source = random.Random(5)
    b = Builder(R)
    signals = [b.private(f"x{i}") for i in range(5)]
    for _ in range(300):
        parts = source.sample(signals, min(len(signals), 12))
        factors = [source.choice([1, -1, 2, source.randrange(R)]) for _ in parts]
        signals.append(b.multiply(b.combine(factors, parts), source.choice(signals) - source.randrange(3)))
    code = compiler.compile(b, "random").program
    inputs = [source.randrange(R) for _ in range(5)]
    assert array.decode(FR, program.run(code, inputs)) == program.run_ints(code, inputs, R)


def test_running_changes_nothing_of_the_program():
    code = every_operation()
    before = {name: values.copy() for name, values in program.to_arrays(code).items()}
    first = program.run(code, [3, 4])
    assert np.array_equal(first, program.run(code, [3, 4]))
    assert all(np.array_equal(before[name], values) for name, values in program.to_arrays(code).items())


@pytest.mark.parametrize("inputs", [[], [1], [1, 2, 3], [1, R], [-1, 2]])
def test_wrong_inputs_are_refused(inputs):
    with pytest.raises(ValueError):
        program.run(every_operation(), inputs)


def test_a_program_over_another_field_does_not_reach_the_kernel():
    b = Builder(31)
    b.private("x")
    with pytest.raises(ValueError, match="Fr"):
        program.run(compiler.compile(b, "toy").program, [1])
