"""Installs the keys of a verified ceremony in the keystore."""

from pathlib import Path

from prover.operator import contributing
from prover.proofs.keystores import Keystore
from settlement.ceremony.transcript import LEAST_PARTIES, Transcript
from settlement.ceremony.verifying import Step, Verified
from zk.errors import InvalidProof


def check_by_many(ceremony: Transcript) -> None:
    """Raises InvalidProof when a single party certainly made the keys or the powers; not every case can be detected."""
    contributing.check_contributed(ceremony)
    if len(ceremony.signers) < LEAST_PARTIES:
        raise InvalidProof(
            "a single key signed every contribution, so its owner alone could forge proofs: pass the folder on to "
            "others, who contribute with keys of their own"
        )
    if not ceremony.is_by_many:
        raise InvalidProof(
            "the powers of tau have a single contributor, who alone could forge proofs: begin a ceremony from powers "
            "with several contributors"
        )


def install(verified: Verified, folder: Path, now_ms: int, step: Step) -> list[str]:
    """Installs every statement's key in the keystore of this folder; returns the statements whose key is new.

    Raises InvalidProof like `check_by_many`.
    """
    from zk.groth16 import tables

    check_by_many(verified.transcript)
    keystore, new = Keystore(folder, now_ms, verified.transcript.digest), []
    for statement in verified.keys:
        with step(f"Installing the {statement} key", 0):
            if keystore.install(statement, tables.extend(verified.proving_key(statement))):
                new.append(statement)
    return new
