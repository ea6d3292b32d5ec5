import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.circom import inputs
from zk.errors import FormatError
from zk.fields.prime import R


def decode(text: str) -> dict[str, list[int]]:
    return inputs.decode(text.encode())


@pytest.mark.parametrize("text, value", [
    ("0", 0), ("7", 7), ("-1", R - 1), (str(2**53 - 1), 2**53 - 1), (str(1 - 2**53), R + 1 - 2**53),
    ('"0"', 0), ('"7"', 7), ('"-1"', R - 1), (f'"{2**53}"', 2**53), (f'"{R - 1}"', R - 1), (f'"{R}"', 0),
    (f'"{R + 5}"', 5), (f'"{-R - 5}"', R - 5), ('"' + "9" * 80 + '"', (10**80 - 1) % R),
])  # fmt: skip
def test_numbers_are_reduced_modulo_r(text, value):
    assert decode(f'{{"a": {text}}}') == {"a": [value]}


def test_arrays_are_read_row_by_row_and_may_be_empty():
    assert decode('{"a": [[1, "2"], [3, 4]], "b": [[[5]]], "c": []}') == {"a": [1, 2, 3, 4], "b": [5], "c": []}
    assert decode("{}") == {}


def test_buses_are_objects_or_names_with_dots():
    nested = decode('{"p": [{"x": 1, "y": [2, 3]}, {"x": 4, "y": [5, 6]}], "q": {"r": {"s": 7}}}')
    assert nested == {"p[0].x": [1], "p[0].y": [2, 3], "p[1].x": [4], "p[1].y": [5, 6], "q.r.s": [7]}
    assert decode('{"p[0].x": 1, "q.r.s": 7}') == {"p[0].x": [1], "q.r.s": [7]}


@settings(max_examples=30)
@given(st.dictionaries(st.text("ab$_1", min_size=1), st.lists(st.integers(-(2**260), 2**260), min_size=1)))
def test_numbers_in_strings_are_exact(values):
    text = json.dumps({name: list(map(str, row)) for name, row in values.items()})
    assert decode(text) == {name: [value % R for value in row] for name, row in values.items()}


NUMBER = "is not a whole number"
LIES = [
    ("[1]", "is not an object with a key for each input signal"),
    ('{"a": 1', "is not JSON"),
    ('{"a": 1, "a": 1}', "the key 'a' twice"),
    ('{"p.x": 1, "p": {"x": 2}}', "p.x is given twice"),
    ('{"a": 1.0}', "a number with a fraction or an exponent"),
    ('{"a": 1e3}', "a number with a fraction or an exponent"),
    ('{"a": NaN}', "a number with a fraction or an exponent"),
    (f'{{"a": {2**53}}}', "the inputs: a is a number beyond 2\\^53"),
    (f'{{"a": [0, [{-(2**53)}]]}}', "the inputs: a\\[1\\]\\[0\\] is a number beyond 2\\^53"),
    (f'{{"a": {"1" * 81}}}', "a number of 81 digits"),
    (f'{{"a": "{"1" * 81}"}}', NUMBER),
    *((f'{{"a": {text}}}', NUMBER) for text in ("true", "false", "null", '""', '" 1"', '"1 "', '"+1"', '"-0"', '"01"',
                                               '"0x10"', '"1.0"', '"1e3"', '"1_000"', '"one"', '"१"')),
    ('{"a": [1, {"x": 2}]}', "the inputs: a mixes objects and values"),
    ('{"a": [[{"x": 2}], 1]}', "the inputs: a mixes objects and values"),
    ('{"a": {}}, ', "is not JSON"),
    ('{"a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}', "nests deeper than 32"),
]  # fmt: skip


@pytest.mark.parametrize("text, why", LIES)
def test_anything_but_a_plain_whole_number_is_refused(text, why):
    with pytest.raises(FormatError, match=why):
        decode(text)


def test_control_characters_in_a_name_are_escaped():
    with pytest.raises(FormatError) as caught:
        decode('{"a\\u001b[31m": null}')
    assert "\x1b" not in str(caught.value) and "a\\x1b[31m" in str(caught.value)


def test_inputs_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(inputs, "MAX_BYTES", 8)
    with pytest.raises(FormatError, match="8 is the limit"):
        decode('{"a": 10}')
