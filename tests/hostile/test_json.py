"""JSON that is built to cost time or memory is refused at once, even at the size of the largest good file."""

import tracemalloc

import pytest

from tests.patience import cheaply
from zk.errors import FormatError
from zk.formats import snarkjs, strictjson

SIZE = 4 << 20  # the limit of the command line; that of the reader is four times as much
LARGEST = snarkjs.MAX_BYTES
MOST_S = 1.0
MOST_MEMORY = 4  # times the size; a good key of 2^16 inputs takes that much


def filled(start: bytes, piece: bytes, end: bytes = b"") -> bytes:
    """The start, as many pieces as fit, and the end."""
    return start + piece * ((SIZE - len(start) - len(end)) // len(piece)) + end


CASES = {
    "nested lists": filled(b"", b"["),
    "nested objects": filled(b"", b'{"a":'),
    "empty lists": filled(b"[", b"[],", b"[]]"),
    "empty objects": filled(b"[", b"{},", b"{}]"),
    "brackets that close first": filled(b"", b"]["),
    "zeros": filled(b"[", b"0,", b"0]"),
    "empty strings": filled(b"[", b'"",', b'""]'),
    "strings without commas": filled(b"", b'"" '),
    "a string without an end": filled(b'"', b"a"),
    "a string of escapes without an end": filled(b'"', b'\\"'),
    "a string of backslashes without an end": filled(b'"', b"\\"),
    "many beginnings of one string": filled(b"", b'"\\\\\\'),
    "one long string": filled(b'"', b"a", b'"'),
    "one long number": filled(b"", b"9"),
    "keys": filled(b'{"a":0', b',"a":0', b"}"),
    "spaces": filled(b"", b" "),
    "zero bytes": bytes(SIZE),
    "no UTF-8": filled(b"", b"\xff"),
}


@pytest.mark.parametrize("name", CASES)
def test_expensive_json_is_refused_at_once(name):
    data = CASES[name]

    def refused():
        with pytest.raises(FormatError):
            snarkjs.decode_verifying_key(data)

    cheaply(refused, MOST_S)
    tracemalloc.start()
    refused()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY * SIZE


def test_json_within_the_limits_is_read():
    depth, values = strictjson.MAX_DEPTH, strictjson.MAX_VALUES
    assert strictjson.loads(b"[" * depth + b"]" * depth, "it", 99) is not None
    with pytest.raises(FormatError, match="nests deeper than 32"):
        strictjson.loads(b"[" * (depth + 1) + b"]" * (depth + 1), "it", 99)
    assert len(strictjson.loads(b"[" + b"0," * (values - 1) + b"0]", "it", LARGEST)) == values
    with pytest.raises(FormatError, match="has more than 524288 values"):
        strictjson.loads(b"[" + b"0," * values + b"0]", "it", LARGEST)
    assert strictjson.loads(b'["]]]][[[[", "\\"[[["]', "it", 99) == ["]]]][[[[", '"[[[']
