import numpy as np
import pytest

from zk.errors import FormatError
from zk.formats import symfile

TEXT = b"1,1,1,main.out[0]\n2,2,1,main.k\n3,-1,0,main.sub.x\n4,2,0,main.sub.y\n5,4,0,main.sub._$z9\n"


def test_a_wire_is_named_by_its_first_signal_or_by_its_number():
    found = symfile.decode(TEXT)
    assert found.names == ["main.out[0]", "main.k", "main.sub.x", "main.sub.y", "main.sub._$z9"]
    assert found.wire_indices.tolist() == [1, 2, -1, 2, 4]
    assert symfile.wire_names(found, 5) == ["1", "main.out[0]", "main.k", "wire 3", "main.sub._$z9"]
    assert symfile.numbered_names(3) == ["1", "wire 1", "wire 2"]


@pytest.mark.parametrize("data", [TEXT[:-1], TEXT.replace(b"\n", b"\r\n")])
def test_the_end_of_a_line_may_be_another_or_missing(data):
    assert symfile.decode(data).names == symfile.decode(TEXT).names


def test_a_circuit_without_signals_has_no_symbols():
    assert symfile.wire_names(symfile.decode(b""), 1) == ["1"]


LIES = {
    "a label less": (TEXT.replace(b"1,1,1,main.out[0]\n", b""), "line 1 is not `1,WIRE,COMPONENT,NAME`"),
    "a label twice": (TEXT.replace(b"4,2,0", b"3,2,0"), "line 4"),
    "an empty line": (TEXT.replace(b"\n3", b"\n\n3"), "line 3"),
    "three parts": (TEXT.replace(b"2,2,1,", b"2,2,"), "line 2"),
    "five parts": (TEXT.replace(b"2,2,1,", b"2,2,1,7,"), "line 2"),
    "no name": (TEXT.replace(b"main.k", b""), "line 2"),
    "a name with an escape": (TEXT.replace(b"main.k", b"main.\x1b[31m"), "line 2"),
    "a name that is long": (TEXT.replace(b"main.k", b"m" * 4097), "line 2"),
    "a name in another script": (TEXT.replace(b"main.k", "main.ключ".encode()), "line 2"),
    "another negative wire": (TEXT.replace(b"3,-1", b"3,-2"), "line 3"),
    "a wire of many digits": (TEXT.replace(b"2,2,1", b"2," + b"9" * 5000 + b",1"), "line 2"),
    "a wire beyond all circuits": (TEXT.replace(b"2,2,1", b"2,16777216,1"), "a wire that no circuit has"),
    "the wire one": (TEXT.replace(b"2,2,1", b"2,0,1"), "a wire that no circuit has"),
    "no text": (b"\xff\xfe", "line 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_symbols_with_one_lie_in_them_are_refused_by_line(name):
    data, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        symfile.decode(data)


def test_a_file_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(symfile, "MAX_SIGNALS", 4)
    with pytest.raises(FormatError, match="more than 4 lines"):
        symfile.decode(TEXT)
    monkeypatch.setattr(symfile, "MAX_SIGNALS", 5)
    assert len(symfile.decode(TEXT).names) == 5


def test_the_last_signal_may_have_a_wire():
    symfile.check(symfile.decode(b"1,1,0,main.x\n2,2,0,main.y\n"), np.array([0, 1, 2], dtype=np.uint64))


def test_symbols_of_another_circuit_are_noticed():
    found = symfile.decode(TEXT)
    symfile.check(found, np.array([0, 1, 2], dtype=np.uint64))
    symfile.check(found, np.array([0, 1, 4], dtype=np.uint64))
    for labels in ([0, 1, 3], [0, 2, 1], [0, 1, 2, 5], [0, 1, 6]):
        with pytest.raises(FormatError, match="another circuit: its signals are on other wires"):
            symfile.check(found, np.array(labels, dtype=np.uint64))
    with pytest.raises(FormatError, match="another circuit: one with more than 4 wires"):
        symfile.wire_names(found, 4)
