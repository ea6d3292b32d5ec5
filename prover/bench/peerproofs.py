"""The proofs of a comparison: where a command writes one, and whether it holds.

A prover that is fast because it proves something else, or nothing, is found out: every proof is verified, beside the
clock.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.bench.peerfiles import Unavailable
from zk.errors import FormatError, InvalidProof
from zk.formats import snarkjs
from zk.groth16.keys import VerifyingKey

SYSTEM = {"protocol": "groth16", "curve": "bn128"}  # which rapidsnark leaves out

Check = Callable[[str, Any], None]


def checker(verifying: VerifyingKey, public: Sequence[int]) -> Check:
    """A function of a prover's name and of its proof, as JSON values, that raises Unavailable unless it holds."""
    from zk.groth16 import verifier

    def check(name: str, proof: Any) -> None:
        try:
            document = SYSTEM | proof if isinstance(proof, dict) else proof
            verifier.verify(verifying, list(public), snarkjs.decode_proof(json.dumps(document).encode()))
        except (FormatError, InvalidProof) as error:
            raise Unavailable(f"{name} does not prove these files: {error}") from None

    return check


@dataclass(frozen=True)
class Outputs:
    """The files that a command writes."""

    proof: Path
    public: Path

    @property
    def words(self) -> tuple[str, str]:
        """Their names, in the order of snarkjs's arguments."""
        return str(self.proof), str(self.public)

    def checked(self, name: str, check: Check) -> Callable[[], None]:
        """A function that checks the proof that was written, and removes it lest it be taken for the next one."""

        def look() -> None:
            try:
                proof = json.loads(self.proof.read_bytes())
            except (OSError, ValueError) as error:
                raise Unavailable(f"{name} wrote no proof: {error}") from None
            self.proof.unlink()
            check(name, proof)

        return look


def outputs(running: ExitStack) -> Outputs:
    """Files in a new folder, which lives as long as `running`."""
    folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="zksettle-bench-")))
    return Outputs(folder / "proof.json", folder / "public.json")
