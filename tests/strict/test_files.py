"""The Python API and the command line refuse every lie with the same sentence, before anything is computed."""

import pytest

from prover.upkeep import warmup
from tests.prover.cli.run import refused, zksettle
from tests.strict import forms
from tests.strict.cases import CASES, NAMES
from zk.errors import FormatError, InvalidProof
from zk.formats import snarkjs
from zk.groth16 import keys, verifier


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the honest files."""
    folder = tmp_path_factory.mktemp("strict")
    for name, data in forms.honest().items():
        (folder / name).write_bytes(data)
    return folder


def run(place):
    return zksettle(place / "home", "groth16", "verify", *(place / name for name in forms.FILES))


def test_the_honest_files_verify(place):
    verifier.verify(*(forms.READ[name](data) for name, data in forms.honest().items()))
    assert run(place).code == 0


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_lie_is_refused_with_its_sentence_in_python_and_on_the_command_line(case, place, monkeypatch):
    data = case.change(forms.honest()[case.file])
    with pytest.raises(FormatError, match=case.sentence) as said:
        forms.READ[case.file](data)
    monkeypatch.setattr(warmup, "compile_kernels", lambda: pytest.fail("the file was accepted"))
    path = place / case.file
    path.write_bytes(data)
    try:
        refused(run(place), 3, str(said.value) if len(data) <= snarkjs.MAX_BYTES else "is larger than")
    finally:
        path.write_bytes(forms.honest()[case.file])


def test_the_verifier_checks_the_number_of_inputs_too():
    """A caller may build the list of inputs without a decoder."""
    for public in ([], forms.PUBLIC[:1], [*forms.PUBLIC, 0]):
        with pytest.raises(InvalidProof, match=f"the key is for 2 public inputs, and there are {len(public)}$"):
            verifier.verify(forms.key(), public, forms.proof())


def test_the_table_has_a_lie_for_every_field_of_every_file():
    """Fails when a format gets a new field without a lie."""
    names = " ".join(NAMES)
    fields = {"vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC 0", "IC 1", "IC 2", "nPublic", "protocol"}
    fields |= {"curve", "vk_alphabeta_12", "pi_a", "pi_b", "pi_c", "public input 0", "public input 1"}
    assert [field for field in fields if field not in names] == []
    assert snarkjs._KEY_FIELDS | snarkjs._KEY_OPTIONAL | snarkjs._PROOF_FIELDS <= fields | {"IC"}
    assert keys.MAX_PUBLIC == 65_536
