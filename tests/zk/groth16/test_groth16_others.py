"""Groth16 with other programs: snarkjs accepts our proofs, and we accept the proofs of others."""

import json

import pytest

from tests import node, shared
from tests.reference import qap
from tests.zk.fields import cubic
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.formats import snarkjs
from zk.groth16 import generator, prover, verifier

CASES = [
    ("vectors/rapidsnark", "verification_key", "public", "proof"),
    ("vectors/privacy-pools-core", "build_commitment_groth16_vkey", "public_build", "proof_build"),
    ("cases/chain14", "verification_key", "public", "proof"),
    ("cases/joinsplit14", "verification_key", "public", "proof"),
]

CIRCUIT = """pragma circom 2.0.0;
template Power() {
    signal input x;
    signal input k;
    signal output y;
    signal square;
    square <== x * x;
    y <== square * x + 5 * k;
}
component main {public [k]} = Power();
"""


def check(key: bytes, public: bytes, proof: bytes) -> None:
    """The proof verifies, and with any public input changed it does not."""
    vk, inputs, point = snarkjs.decode_verifying_key(key), snarkjs.decode_public(public), snarkjs.decode_proof(proof)
    verifier.verify(vk, inputs, point)
    for index in range(len(inputs)):
        lie = [(value + (i == index)) % R for i, value in enumerate(inputs)]
        with pytest.raises(InvalidProof):
            verifier.verify(vk, lie, point)


def test_snarkjs_accepts_our_proof_and_refuses_it_for_another_statement(tmp_path):
    key = generator.generate(cubic.system())
    witness = qap.cubic_witness(1234567, 89)
    public, proof = witness[1:3], prover.prove(key, cubic.words(witness))
    (tmp_path / "key.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    (tmp_path / "public.json").write_text(snarkjs.encode_public(public))
    (tmp_path / "lie.json").write_text(snarkjs.encode_public([public[0] + 1, public[1]]))
    (tmp_path / "proof.json").write_text(snarkjs.encode_proof(proof))

    def verified(public_file: str) -> tuple[int, str]:
        return node.snarkjs("groth16", "verify", *(str(tmp_path / n) for n in ("key.json", public_file, "proof.json")))

    code, output = verified("public.json")
    assert code == 0 and "OK!" in output
    code, output = verified("lie.json")
    assert code != 0 and "Invalid proof" in output


def test_our_verifier_accepts_a_proof_that_snarkjs_made_for_a_circom_circuit(tmp_path):
    (tmp_path / "power.circom").write_text(CIRCUIT)
    (tmp_path / "input.json").write_text(json.dumps({"x": "12", "k": "7"}))
    node.circom(tmp_path / "power.circom", tmp_path)

    def run(*arguments: str) -> None:
        paths = [str(tmp_path / a) if "." in a or a == "power_js" else a for a in arguments]
        code, output = node.snarkjs(*paths)
        assert code == 0, output

    run("powersoftau", "new", "bn128", "4", "start.ptau")
    run("powersoftau", "contribute", "start.ptau", "second.ptau", "--name=test", "-e=tests only")
    run("powersoftau", "prepare", "phase2", "second.ptau", "final.ptau")
    run("groth16", "setup", "power.r1cs", "final.ptau", "start.zkey")
    run("zkey", "contribute", "start.zkey", "final.zkey", "-e=tests only")
    run("zkey", "export", "verificationkey", "final.zkey", "key.json")
    run("groth16", "fullprove", "input.json", "power_js/power.wasm", "final.zkey", "proof.json", "public.json")
    key, public, proof = ((tmp_path / name).read_bytes() for name in ("key.json", "public.json", "proof.json"))
    assert snarkjs.decode_public(public) == [12**3 + 35, 7]
    check(key, public, proof)
    again = snarkjs.encode_proof(snarkjs.decode_proof(proof))
    assert json.loads(again) == json.loads(proof)


@pytest.mark.parametrize("case", CASES)
def test_our_verifier_accepts_proofs_of_known_circuits(case):
    folder, *names = case
    files = shared.folder(folder)
    check(*((files / f"{name}.json").read_bytes() for name in names))
