"""The text of a proof file, whose longest part is put into it ready-made."""

import json

import pytest

from circuits import registry, samples
from prover.proofs import prooffile
from prover.proofs.prooffile import ProofFile
from tests.zk.groth16 import known


def made(name, num_public):
    """A file of this statement with a key of its own, which has this number of public inputs."""
    public, _ = samples.honest(name)[0]
    return ProofFile(name, public, known.proof(range(num_public)), known.key(num_public))


@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize("num_public", [0, 3])
def test_the_text_is_the_json_with_an_indent_of_one(name, num_public):
    file = made(name, num_public)
    for _ in range(2):  # the second time its key is known
        assert prooffile.encode(file) == json.dumps(prooffile.to_json(file), indent=1) + "\n"


def test_each_file_has_its_own_key():
    for num_public in (2, 3, 2):
        file = made("leg", num_public)
        assert prooffile.decode(prooffile.encode(file).encode()) == file
