"""The same randomness gives the same proof on eight lanes and on one, and others accept it."""

import pytest

from circuits import samples
from circuits.frontend import program
from circuits.statements import statement
from prover.proofs.keystores import Keystore
from tests import node, other
from zk.formats import snarkjs
from zk.groth16 import prover, second_opinion, verifier

BLINDING = (2**200 + 3, 2**251 + 5)
TIMEOUT_S = 900

SOURCE = """import sys
from pathlib import Path
from prover.proofs.keystores import Keystore
from tests.prover.circom.test_other_path import prove
sys.stdout.write(prove(sys.argv[1], Keystore(Path(sys.argv[2]), now_ms=0)))
"""


def prove(name: str, keystore: Keystore) -> str:
    """A proof of an honest sample of the statement, as snarkjs writes it, by this process's path."""
    public, private = samples.honest(name)[0]
    key = keystore.open(name)
    wires = program.run(key.program, statement.inputs(public) + statement.inputs(private))
    return snarkjs.encode_proof(prover.prove(key.proving, wires, insecure_blinding=BLINDING))


@other.needed
@pytest.mark.parametrize("name", ["leg", "escrow"])  # one for each size of domain
def test_both_paths_make_the_same_proof_which_py_ecc_and_snarkjs_accept(name, keystore, tmp_path):
    here = prove(name, keystore)
    assert other.run(["-c", SOURCE, name, str(keystore.folder(name).parent)], TIMEOUT_S) == here

    public, _ = samples.honest(name)[0]
    key, inputs, proof = keystore.open(name).verifying, statement.inputs(public), snarkjs.decode_proof(here.encode())
    verifier.verify(key, inputs, proof)
    second_opinion.verify(key, inputs, proof)
    (tmp_path / "key.json").write_text(snarkjs.encode_verifying_key(key))
    (tmp_path / "public.json").write_text(snarkjs.encode_public(inputs))
    (tmp_path / "proof.json").write_text(here)
    code, output = node.snarkjs(
        "groth16", "verify", *(str(tmp_path / f"{file}.json") for file in ("key", "public", "proof"))
    )
    assert code == 0 and "OK!" in output
