"""One spelling of a reference: whatever people would read as the same payment is the same bytes, or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.bundles import references
from zk.errors import FormatError


@pytest.mark.parametrize("text", ["Wire 4711", "WIRE 4711", "wire 4711", "wIrE 4711"])
def test_capitals_make_no_other_reference(text):
    assert references.canonical(text) == b"wire 4711"


@pytest.mark.parametrize("text", [
    "", " ", "wire 7 ", " wire 7", "wire  7", "wire\u00a07", "wire\n7", "wire\t7", "w\u00efre 7", "wire 7\0", "\u212a7",
])  # fmt: skip
def test_what_cannot_be_told_apart_by_eye_is_refused(text):
    with pytest.raises(FormatError, match="is not plain: use small letters"):
        references.check(text.encode())


@given(st.text(max_size=20))
def test_every_accepted_reference_is_its_own_canonical_spelling(text):
    try:
        spelled = references.canonical(text)
    except FormatError:
        return
    assert references.canonical(spelled.decode()) == spelled
    assert spelled == spelled.lower() == b" ".join(spelled.split()) and spelled.isascii()
