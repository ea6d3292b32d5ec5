"""Programs as data: every kind of malformed program is refused, and a good one survives a round trip."""

from dataclasses import replace

import numpy as np
import pytest

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from zk.errors import FormatError

P = 31


def good():
    b = Builder(P)
    x, y = b.public("x"), b.private("y")
    product = b.multiply(x + 5 * y, y - 1)
    quotient = b.hint_quotient(product, x + 2)
    b.hint_bits(product - quotient, 4)
    b.hint_linear(product)
    return compiler.compile(b, "good").program


def with_step(step, column, value):
    code = good().code.copy()
    code[step, column] = value
    return {"code": code}


def with_term(place, column, value):
    terms = good().terms.copy()
    terms[place, column] = value
    return {"terms": terms}


def with_starts(change):
    starts = good().starts.copy()
    change(starts)
    return {"starts": starts}


def swap_first(starts):
    starts[1], starts[2] = starts[2], starts[1]


def drop_end(starts):
    starts[-1] -= 1


MALFORMED = [
    (with_step(0, 0, 4), "operation is unknown"),
    (with_step(0, 0, -1), "operation is unknown"),
    (with_step(2, 3, 0), "number of bits"),
    (with_step(2, 3, 257), "number of bits"),
    (with_step(1, 1, 9), "out of order"),
    (with_step(0, 2, 99), "combination that does not exist"),
    (with_step(0, 3, -1), "combination that does not exist"),
    (with_step(0, 2, 4), "read before"),
    (with_term(0, 0, 3), "read before"),
    (with_term(0, 0, -1), "index is negative"),
    (with_term(0, 1, -1), "index is negative"),
    (with_term(0, 1, 99), "coefficient that does not exist"),
    (with_starts(swap_first), "ends before it starts"),
    (with_starts(drop_end), "do not cover"),
    ({"starts": np.array([], dtype=np.int64)}, "do not cover"),
    ({"num_wires": 99}, "number of wires is wrong"),
    ({"num_inputs": 1}, "out of order"),
    ({"num_inputs": -1}, "number of inputs is negative"),
    ({"coefficients": good().coefficients[::-1].copy()}, "not 1 and -1"),
    ({"modulus": 37}, "not 1 and -1"),
    ({"code": good().code.astype(np.int32)}, "type or shape"),
    ({"code": good().code[:, :3].copy()}, "type or shape"),
    ({"terms": good().terms.ravel()}, "type or shape"),
]


@pytest.mark.parametrize("change, why", MALFORMED)
def test_a_malformed_program_is_refused_by_its_fault(change, why):
    with pytest.raises(FormatError, match=why):
        replace(good(), **change)


def test_a_program_survives_a_round_trip_to_disk(tmp_path):
    original = good()
    np.savez(tmp_path / "program.npz", **program.to_arrays(original))
    loaded = program.from_arrays(np.load(tmp_path / "program.npz"))
    for name, values in program.to_arrays(original).items():
        assert np.array_equal(values, program.to_arrays(loaded)[name])
    assert program.run_ints(loaded, [3, 4], P) == program.run_ints(original, [3, 4], P)


def test_a_missing_array_is_named():
    arrays = program.to_arrays(good())
    del arrays["starts"]
    with pytest.raises(FormatError, match="it lacks starts"):
        program.from_arrays(arrays)


def test_a_program_without_steps_returns_its_inputs():
    b = Builder(P)
    b.public("x")
    assert program.run_ints(compiler.compile(b, "empty").program, [9], P) == [1, 9]


@pytest.mark.parametrize("inputs", [[], [1], [1, 2, 3], [1, 31], [-1, 2]])
def test_wrong_inputs_are_refused(inputs):
    with pytest.raises(ValueError):
        program.run_ints(good(), inputs, P)


def test_the_cone_of_a_wire_holds_the_inputs_it_is_computed_from():
    b = Builder(P)
    x, y, z = b.public("x"), b.private("y"), b.private("z")
    product = b.multiply(x, y)
    b.hint_bits(product + 1, 2)
    b.hint_quotient(1, z)
    b.hint_linear(y - 3)
    b.equal(z, product, "a comparison computes nothing")
    cones = program.cones(compiler.compile(b, "cones").program)
    assert cones == [0, 0b0010, 0b0100, 0b1000, 0b0110, 0b0110, 0b0110, 0b1000, 0b0100]
