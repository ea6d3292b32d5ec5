"""A ceremony's keys, verified, into the keystore."""

from pathlib import Path

from prover.operator import contributing
from prover.proofs.keystores import Keystore
from settlement.ceremony.transcript import LEAST_PARTIES, Transcript
from settlement.ceremony.verifying import Step, Verified
from zk.errors import InvalidProof


def check_by_many(found: Transcript) -> None:
    """Raises InvalidProof when one party made the keys or the powers, for certain; nobody can tell it in every case."""
    contributing.check_contributed(found)
    if len(found.signers) < LEAST_PARTIES:
        raise InvalidProof(
            "one key signed every contribution, and its owner alone could forge: pass the folder on, for somebody else "
            "to contribute with a key of their own"
        )
    if not found.is_by_many:
        raise InvalidProof(
            "only one has contributed to the powers of tau, who alone could forge: begin a ceremony from the powers of "
            "many"
        )


def install(verified: Verified, folder: Path, now_ms: int, step: Step) -> list[str]:
    """Puts the key of every statement of the ceremony into the keystore of this folder.  Those that were not there.

    Raises InvalidProof as `check_by_many`.
    """
    from zk.groth16 import tables

    check_by_many(verified.transcript)
    keystore, made = Keystore(folder, now_ms, verified.transcript.digest), []
    for statement in verified.keys:
        with step(f"Installing the {statement} key", 0):
            if keystore.install(statement, tables.extend(verified.proving_key(statement))):
                made.append(statement)
    return made
