"""Whatever is done to an honest file, it is refused, or it still says exactly what it said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strict import forms
from zk.errors import FormatError, InvalidProof
from zk.formats import snarkjs
from zk.groth16 import verifier

PIECES = [b'"', b"0", b"1", b"-", b" ", b"[", b"]", b"{", b"}", b",", b":", b"null", b"true", b"1e3", b"\\u0030",
          b"\xff"]  # fmt: skip


@st.composite
def changed(draw, file: str) -> bytes:
    """The file with one or two runs of bytes replaced by a piece, by a run from elsewhere, or by nothing."""
    data = forms.honest()[file]
    for _ in range(draw(st.integers(1, 2))):
        start, other = (draw(st.integers(0, len(data))) for _ in range(2))
        end = start + draw(st.integers(0, 3) | st.integers(0, 400))
        piece = draw(st.sampled_from(PIECES) | st.just(data[other : other + end - start]) | st.binary(max_size=3))
        data = data[:start] + piece + data[end:]
    return data


@pytest.mark.parametrize("file", forms.FILES)
def test_a_changed_file_is_refused_or_says_the_same(file):
    honest = {name: forms.READ[name](data) for name, data in forms.honest().items()}

    @settings(max_examples=150)
    @given(changed(file))
    def hold(data):
        try:
            found = honest | {file: forms.READ[file](data)}
            verifier.verify(*found.values())
        except (FormatError, InvalidProof):
            return
        assert found == honest

    hold()


@pytest.mark.parametrize("file", forms.FILES)
def test_white_space_does_not_change_the_meaning_of_a_file(file):
    data = forms.honest()[file]
    assert forms.READ[file](b"\n " + data.replace(b",", b" ,\t\r\n") + b"  \n") == forms.READ[file](data)


def test_files_that_are_written_are_read_again():
    key, public, proof = (forms.READ[name](data) for name, data in forms.honest().items())
    texts = (snarkjs.encode_verifying_key(key), snarkjs.encode_public(public), snarkjs.encode_proof(proof))
    again = [forms.READ[name](text.encode()) for name, text in zip(forms.FILES, texts, strict=True)]
    assert again == [key, public, proof]
