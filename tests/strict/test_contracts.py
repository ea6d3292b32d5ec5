"""The contracts agree with the Python verifier on every lie that can be expressed in calldata.

Where Python raises FormatError the contract reverts, where it raises InvalidProof the contract returns false.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.bn254 import P, R
from tests.strict import forms
from tests.strict.cases import CASES
from tests.zk.contracts import calls, deployments
from tests.zk.groth16 import known
from zk.curves import bn254
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.groth16 import keys, verifier

HEAD = calls.SELECTOR_BYTES
WORDS = keys.PROOF_BYTES // 32 + len(forms.PUBLIC)
PLACES = {"a": 0, "b": 2, "c": 6} | {f"public input {i}": 8 + i for i in range(len(forms.PUBLIC))}
ORDER = {1: [0], 2: [0, 1], 4: [1, 0, 3, 2]}  # of the numbers: in G2 the imaginary part comes first
EXPRESSIBLE = [case for case in CASES if case.field in PLACES and max(case.numbers) < 2**256]

both = pytest.mark.parametrize("language", ["solidity", "vyper"])


@pytest.fixture(scope="module")
def verdict(chain):
    """The verdict of a contract for the honest key on a call."""
    addresses = {language: chain.deploy(deployments.ours(language, forms.key())) for language in ("solidity", "vyper")}
    return lambda language, data: chain.call(addresses[language], data).verdict


def honest() -> bytes:
    return calls.encode(forms.proof(), forms.PUBLIC)


def written(data: bytes, word: int, numbers: tuple[int, ...]) -> bytes:
    start = HEAD + 32 * word
    new = b"".join(numbers[i].to_bytes(32, "big") for i in ORDER[len(numbers)])
    return data[:start] + new + data[start + len(new) :]


def in_python(data: bytes) -> str:
    """The verdict of our decoders and of our verifier on the same bytes."""
    proof_end = HEAD + keys.PROOF_BYTES
    try:
        proof = keys.decode_proof(data[HEAD:proof_end])
        words = (data[i : i + 32] for i in range(proof_end, len(data), 32))
        verifier.verify(forms.key(), [prime.from_bytes(word, R, "a public input") for word in words], proof)
    except FormatError:
        return "reverted"
    except InvalidProof:
        return "false"
    return "true"


def test_many_of_the_lies_can_be_expressed_in_calldata():
    assert {case.field for case in EXPRESSIBLE} == set(PLACES) and len(EXPRESSIBLE) > 30


@both
@pytest.mark.parametrize("case", EXPRESSIBLE, ids=[case.name for case in EXPRESSIBLE])
def test_a_lie_that_the_decoders_refuse_reverts(verdict, language, case):
    data = written(honest(), PLACES[case.field], case.numbers)
    assert verdict(language, data) == in_python(data) == "reverted"


PROOF = forms.proof()
NEGATED = [bn254.negate(point) for point in (PROOF.a, PROOF.b, PROOF.c)]
VERDICTS = [
    ("the proof", PROOF, forms.PUBLIC, "true"),
    ("the proof, A and B negated", keys.Proof(*NEGATED[:2], PROOF.c), forms.PUBLIC, "true"),
    ("another proof of it", known.proof(forms.PUBLIC, 17, 19), forms.PUBLIC, "true"),
    ("A negated", keys.Proof(NEGATED[0], PROOF.b, PROOF.c), forms.PUBLIC, "false"),
    ("B negated", keys.Proof(PROOF.a, NEGATED[1], PROOF.c), forms.PUBLIC, "false"),
    ("C turned over", keys.Proof(PROOF.a, PROOF.b, NEGATED[2]), forms.PUBLIC, "false"),
    ("A and C exchanged", keys.Proof(PROOF.c, PROOF.b, PROOF.a), forms.PUBLIC, "false"),
    ("the generators", keys.Proof(bn254.G1, bn254.G2, bn254.G1), forms.PUBLIC, "false"),
    ("the first input changed", PROOF, [0, 42], "false"),
    ("the second input changed", PROOF, [R - 1, 43], "false"),
    ("the inputs exchanged", PROOF, [42, R - 1], "false"),
    ("a proof of other inputs", known.proof([1, 2]), forms.PUBLIC, "false"),
]


@both
@pytest.mark.parametrize("proof, public, expected", [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_a_completed_verification_is_true_or_false(verdict, language, proof, public, expected):
    data = calls.encode(proof, public)
    assert verdict(language, data) == in_python(data) == expected


EDGES = [0, 1, 2, R - 1, R, R + 1, P - 1, P, P + 1, 2 * P, 2**255, 2**256 - 1]
numbers = st.sampled_from(EDGES) | st.integers(0, R - 1) | st.integers(0, 2**256 - 1)


@st.composite
def any_call(draw) -> bytes:
    """The honest call after one to three changes: a word that is another, a point turned over, another input."""
    data = honest()
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["word", "turn", "turn", "input", "input"]))
        if kind == "word":
            data = written(data, draw(st.integers(0, WORDS - 1)), (draw(numbers),))
        elif kind == "turn":
            words = [int.from_bytes(data[i : i + 32], "big") for i in range(HEAD, len(data), 32)]
            for place in draw(st.sampled_from([(1,), (4, 5), (7,)])):
                data = written(data, place, ((P - words[place]) % 2**256,))
        else:
            data = written(data, 8 + draw(st.integers(0, 1)), (draw(numbers | st.sampled_from(forms.PUBLIC)),))
    return data


@both
def test_on_random_changes_contract_and_python_agree_and_nothing_false_is_true(verdict, language):
    seen = set()

    @settings(max_examples=100, derandomize=True)
    @given(any_call())
    def agree(data):
        found = in_python(data)
        seen.add(found)
        assert verdict(language, data) == found
        if found == "true":
            assert data[HEAD + keys.PROOF_BYTES :] == honest()[HEAD + keys.PROOF_BYTES :]

    agree()
    assert seen >= {"reverted", "false"}
