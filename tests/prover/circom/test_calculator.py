"""Witnesses from the programs that circom2 compiles are those that snarkjs calculates, byte for byte."""

import json

import numpy as np
import pytest

from prover.circom import calculator, inputs, siblings
from prover.circom.witnesses import Witness
from tests import shared
from tests.circoms import CASES
from zk.errors import FormatError, Unsatisfied
from zk.fields import array
from zk.formats import symfile, wtns


@pytest.fixture
def program(circom_folders):
    """Loads the program of a case."""
    return lambda name: calculator.load((circom_folders[name] / "circuit_js" / "circuit.wasm").read_bytes(), "c.wasm")


def calculate(program: calculator.Program, given: dict, **more: object) -> Witness:
    return calculator.calculate(program, inputs.decode(json.dumps(given).encode()), **more)


@pytest.mark.parametrize("name", CASES)
def test_a_witness_is_that_of_snarkjs(circom_folders, program, name):
    found = calculate(program(name), CASES[name].inputs)
    assert wtns.encode(found.values) == (circom_folders[name] / "witness.wtns").read_bytes()
    assert found.log == (("k is 4", "1") if name == "words" else ())


def test_a_program_is_used_again(program):
    loaded = program("an unused wire")
    witnesses = [calculate(loaded, {"x": x, "k": 7, "unused": 99}).values for x in (12, 1, 12)]
    assert np.array_equal(witnesses[0], witnesses[2]) and not np.array_equal(witnesses[0], witnesses[1])


def test_a_bus_may_be_given_as_an_object(program):
    nested = {"p": [{"x": 2, "y": [3, 4]}, {"x": 5, "y": [6, 7]}]}
    flat, found = (calculate(program("a bus"), given).values for given in (CASES["a bus"].inputs, nested))
    assert np.array_equal(flat, found)


def test_many_values_are_transferred_in_several_calls(monkeypatch, program):
    expected = calculate(program("many public"), CASES["many public"].inputs).values
    monkeypatch.setattr("prover.circom.wasm_memory.VALUES", 7)
    assert np.array_equal(calculate(program("many public"), CASES["many public"].inputs).values, expected)


def test_the_repr_of_a_witness_shows_no_value():
    secret = Witness(np.array([[424242, 0, 0, 0]], np.uint64), log=("434343",))
    assert "424242" not in repr(secret) and "434343" not in repr(secret)


STOPS = r"c\.wasm stops: Assert Failed\. Error in template"
WORDS = CASES["words"].inputs
LIES = {
    "unknown": (WORDS | {"b": 1}, FormatError, "^the inputs: b is not an input signal of c.wasm$"),
    "a signal that is no input": (WORDS | {"s": 14}, FormatError, "s is not an input signal"),
    "with its template": (WORDS | {"main.k": 4}, FormatError, "main.k is not an input signal"),
    "a name of another script": (WORDS | {"ключ": 4}, FormatError, r"'\\u043a\\u043b\\u044e\\u0447' is not an input"),
    "too many values": (WORDS | {"a": [1, 2, 3, 4, 5]}, FormatError, "^the inputs: a has 5 values instead of 4$"),
    "too few values": (WORDS | {"a": [[1, 2], [3]]}, FormatError, "a has 3 values instead of 4"),
    "no values": (WORDS | {"a": []}, FormatError, "a has 0 values instead of 4"),
    "missing": ({"k": 4, "a": [1, 2, 3, 20]}, FormatError, "^the inputs: 1 of 6 values are missing, .* those of left$"),
    "missing array": ({"k": 4, "left": 0}, FormatError, "4 of 6 values are missing, among them those of a$"),
    "nothing": ({}, FormatError, "6 of 6 values are missing, among them those of a$"),
    "a constraint": (WORDS | {"a": [1, 2, 3, 21]}, Unsatisfied, f"^{STOPS} Words_1 line: 8$"),
    "an assertion": (WORDS | {"k": 9}, Unsatisfied, f"^{STOPS} Words_1 line: 7$"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_wrong_inputs_are_refused_by_the_name_of_the_signal(circom_folders, program, name):
    given, kind, why = LIES[name]
    names = symfile.decode((circom_folders["words"] / "circuit.sym").read_bytes()).names
    with pytest.raises(kind, match=why):
        calculate(program("words"), given, names=names)


def test_a_missing_field_of_a_bus_is_named(circom_folders, program):
    given = {name: value for name, value in CASES["a bus"].inputs.items() if name != "p[1].y"}
    names = siblings.signals(circom_folders["a bus"] / "circuit.sym").names
    with pytest.raises(FormatError, match=r"2 of 6 values are missing, among them those of p\[1\]\.y$"):
        calculate(program("a bus"), given, names=names)


def test_the_witness_of_an_older_circom_round_trips():
    data = (shared.folder("vectors/circom-compat") / "witness.wtns").read_bytes()
    assert wtns.encode(wtns.decode(data)) == data
    assert array.from_plain(wtns.decode(data))[:4] == [1, 33, 3, 11]


def test_the_hash_of_a_name_is_fnv_1a():
    assert calculator.signal_hash("") == (0xCBF29CE4 - 2**32, 0x84222325 - 2**32)
    assert calculator.signal_hash("a") == (0xAF63DC4C - 2**32, 0x8601EC8C - 2**32)
