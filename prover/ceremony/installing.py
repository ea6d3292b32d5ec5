"""A ceremony's keys, verified, into the keystore."""

from pathlib import Path

from prover.ceremony import contributing
from prover.proofs.keystore import Keystore
from settlement.ceremony.verifying import Step, Verified


def install(verified: Verified, folder: Path, now_ms: int, step: Step) -> list[str]:
    """Puts the key of every statement of the ceremony into the keystore of this folder.  Those that were not there.

    Raises InvalidProof when nobody has contributed.
    """
    from zk.groth16 import tables

    contributing.check_contributed(verified.transcript)
    keystore, made = Keystore(folder, now_ms, verified.transcript.digest), []
    for statement in verified.keys:
        with step(f"Installing the {statement} key", 0):
            if keystore.install(statement, tables.extend(verified.proving_key(statement))):
                made.append(statement)
    return made
