"""Makes and verifies single proofs in files, for `zksettle prove` and `zksettle verify`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prover.machine import tasks
from prover.proofs import pipeline, prooffile
from prover.proofs.keystores import Keystore
from prover.proofs.prooffile import ProofFile
from zk.errors import InvalidProof
from zk.groth16 import keys
from zk.groth16.keys import Proof, VerifyingKey


@dataclass(frozen=True)
class TrustedKey:
    """The verifier's own key, and its origin in words."""

    key: VerifyingKey
    origin: str


def prove_file(name: str, public: Any, private: Any, keystore: Keystore) -> ProofFile:
    """A proof under this keystore's key, as a file.  Raises as `pipeline.prove`."""
    proof = pipeline.prove(name, public, private, keystore)
    return prooffile.ProofFile(name, public, proof, keystore.open(name).verifying)


def own_key(name: str, keystore: Keystore) -> TrustedKey:
    """This home's key of a statement.  Raises InvalidProof when there is none."""
    folder = keystore.folder(name)
    if not folder.exists():  # a fresh key would refuse every proof
        raise InvalidProof(
            f"there is no {name} key in {folder.parent} to verify with: give the key you trust with --verification-key"
        )
    return TrustedKey(keystore.open(name).verifying, f"this home's {name} key, {keystore.origin}")


def verify_file(file: ProofFile, trusted: TrustedKey, is_paranoid: bool = False) -> None:
    """Verifies the file's proof.  Raises InvalidProof when it is invalid, or was not made under the trusted key."""
    if file.key != trusted.key:
        raise InvalidProof(
            f"the proof was made under key {keys.digest(file.key).hex()[:16]}, and {trusted.origin} is "
            f"{keys.digest(trusted.key).hex()[:16]}: if you trust the other key, give it with --verification-key"
        )
    verify(trusted.key, file.inputs, file.proof, is_paranoid)


def verify(key: VerifyingKey, inputs: Sequence[int], proof: Proof, is_paranoid: bool = False) -> None:
    """Verifies a proof of any circuit, with `is_paranoid` also by py_ecc.  Raises InvalidProof when it is invalid."""
    from zk.groth16 import verifier

    with tasks.task("Verifying"):
        verifier.verify(key, inputs, proof)
    if is_paranoid:
        from zk.groth16 import second_opinion  # py_ecc, which takes a second to import

        with tasks.task("Verifying again with py_ecc"):
            second_opinion.verify(key, inputs, proof)
