"""The witness kernel agrees with the interpreter on ints, for programs over Fr."""

import itertools
import random

import numpy as np
import pytest

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk.fields import array
from zk.fields.prime import FR, R
from zk.r1cs import witness

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


def test_both_interpreters_number_the_operations_alike():
    names = ("MULTIPLY", "LINEAR", "QUOTIENT", "BITS")
    assert [getattr(witness, name) for name in names] == [getattr(program, name) for name in names]


@pytest.mark.parametrize("y", [0, 1, R - 1, 2**200 + 3])
@pytest.mark.parametrize("x", EDGES)
def test_the_kernel_agrees_with_the_interpreter_on_ints(x, y):
    code = every_operation()
    assert array.decode(FR, program.run(code, [x, y])) == program.run_ints(code, [x, y], R)


def quotients():
    """Consecutive quotients: independent ones, ones that read the previous on either side, and one as the last step."""
    b = Builder(R)
    x, y, z = b.private("x"), b.private("y"), b.private("z")
    first = b.hint_quotient(x + 1, y)
    second = b.hint_quotient(y - 1, z)
    third = b.hint_quotient(second + first, z + x)
    fourth = b.hint_quotient(first, third)
    b.hint_quotient(fourth - 3, x)
    b.hint_product(x, y)
    b.hint_quotient(fourth, z)
    return compiler.compile(b, "quotients").program


@pytest.mark.parametrize("inputs", list(itertools.product([0, 1, R - 1, 2**190 + 7], repeat=3)))
def test_consecutive_quotients_agree_with_each_computed_alone(inputs):
    code = quotients()
    assert array.decode(FR, program.run(code, inputs)) == program.run_ints(code, inputs, R)


@pytest.mark.parametrize("count", [1, 6, 7, 8, 13, 14, 15, 50])
def test_long_combinations_of_the_largest_values_agree(count):
    b = Builder(R)
    signals = [b.private(f"x{i}") for i in range(count)]
    for step in range(3):
        factors = [(R - 2 - step, 1, R - 1, R // 2)[i % 4 if step else 0] for i in range(count)]
        b.multiply(b.combine(factors, signals), b.combine(factors[::-1], signals))
    code = compiler.compile(b, "long").program
    batch = [[R - 1] * count, [1] * count, [R // 2 + 1] * count]
    for inputs, values in zip(batch, program.run_batch(code, batch), strict=True):
        assert array.decode(FR, values) == program.run_ints(code, inputs, R)
    assert array.decode(FR, program.run(code, batch[0])) == program.run_ints(code, batch[0], R)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 17])
def test_a_batch_of_any_size_agrees_with_one_witness_at_a_time(count):
    code = every_operation()
    source = random.Random(count)
    batch = [[source.choice(EDGES), source.choice([*EDGES, source.randrange(R)])] for _ in range(count)]
    witnesses = program.run_batch(code, batch)
    assert witnesses.shape == (count, code.num_wires, 4)
    for inputs, values in zip(batch, witnesses, strict=True):
        assert array.is_canonical(FR, values)
        assert array.decode(FR, values) == program.run_ints(code, inputs, R)


def test_a_zero_divisor_in_one_lane_does_not_affect_the_others():
    code = quotients()
    batch = [[i + 5, 3 * i + 1, i * i + 2] for i in range(8)]
    batch[3], batch[5] = [0, 7, 0], [7, 0, R - 7]
    for inputs, values in zip(batch, program.run_batch(code, batch), strict=True):
        assert array.decode(FR, values) == program.run_ints(code, inputs, R)


def test_a_batch_with_one_wrong_row_is_refused():
    with pytest.raises(ValueError):
        program.run_batch(every_operation(), [[1, 2], [1, R]])


def test_long_random_programs_agree():
    source = random.Random(5)
    b = Builder(R)
    signals = [b.private(f"x{i}") for i in range(5)]
    for _ in range(300):
        parts = source.sample(signals, min(len(signals), 12))
        factors = [source.choice([1, -1, 2, source.randrange(R)]) for _ in parts]
        signals.append(b.multiply(b.combine(factors, parts), source.choice(signals) - source.randrange(3)))
        if source.random() < 0.3:
            again = source.choice(signals[5:])
            signals.append(b.multiply(b.combine(factors, parts), b.combine(factors, parts)) + again)
    code = compiler.compile(b, "random").program
    batch = [[source.randrange(R) for _ in range(5)] for _ in range(3)]
    assert array.decode(FR, program.run(code, batch[0])) == program.run_ints(code, batch[0], R)
    for inputs, values in zip(batch, program.run_batch(code, batch), strict=True):
        assert array.decode(FR, values) == program.run_ints(code, inputs, R)


def test_running_a_program_does_not_change_it():
    code = every_operation()
    before = {name: values.copy() for name, values in program.to_arrays(code).items()}
    first = program.run(code, [3, 4])
    assert np.array_equal(first, program.run(code, [3, 4]))
    assert all(np.array_equal(before[name], values) for name, values in program.to_arrays(code).items())


@pytest.mark.parametrize("inputs", [[], [1], [1, 2, 3], [1, R], [-1, 2]])
def test_wrong_inputs_are_refused(inputs):
    with pytest.raises(ValueError):
        program.run(every_operation(), inputs)


def test_a_program_over_another_field_is_refused_before_the_kernel():
    b = Builder(31)
    b.private("x")
    with pytest.raises(ValueError, match="Fr"):
        program.run(compiler.compile(b, "toy").program, [1])
