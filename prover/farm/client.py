"""Proofs from the farm for those who have inputs and want a proof: a keystore, and the witness of a circom circuit."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from circuits.statements import statement
from prover.circom.witnesses import Witness
from prover.farm import keycontents
from prover.farm.jobs import Job, NotProved, Result, State
from prover.farm.keycontents import FarmKey
from prover.farm.submitter import Submitter
from prover.proofs import keyfolder, nearby
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from settlement.errors import Unavailable
from zk import entropy
from zk.errors import FormatError
from zk.fields import array
from zk.groth16.keys import Proof

PATIENCE_MS = 60_000
QUIET_S = 60.0
"""How long no proof is asked for after one did not come."""
SALT_BYTES = 16


class Farm:
    """The farm as a keystore uses it (keystores.Farm): where no proof comes within `patience_ms`, it returns None.

    It asks for none for QUIET_S then, so that a desk goes on with its own cores, and tells so in one sentence.  A farm
    that `is_only` raises NotProved instead.
    """

    def __init__(
        self, submitter: Submitter, keystore: Keystore, patience_ms: int = PATIENCE_MS,
        tell: Callable[[str], None] = lambda sentence: None, *, is_only: bool = False,
    ):  # fmt: skip
        self._is_only = is_only
        self._submitter, self._keystore, self._patience_ms, self._tell = submitter, keystore, patience_ms, tell
        self._keys: dict[str, FarmKey] = {}
        self._salt = entropy.token(SALT_BYTES)
        self._quiet_until_s = 0.0

    def prove(
        self, key: keyfolder.Key, public: Any, private: Any, purpose: Purpose, verify: Callable[[Proof], None]
    ) -> Proof | None:
        """A proof that `verify` has accepted, or None when none came: it is to be made here."""
        if time.monotonic() < self._quiet_until_s:
            return None
        try:
            farm_key = self._key(key.statement)
            inputs = statement.inputs(public)
            job = Job(
                farm_key.digest, inputs + statement.inputs(private), tuple(inputs), purpose,
                deadline_ms=self._patience_ms, replaces=self._replaces(key.statement, public, purpose),
            )  # fmt: skip
            self._submitter.submit([job], lambda _, proof: verify(proof))
            (result,) = self._submitter.wait([job.id], self._patience_ms / 1000)
            if result.is_late:
                self._submitter.withdraw([job.id])
        except (Unavailable, NotProved) as error:
            self._pause(str(error))
            return None
        except FormatError as error:  # the queue is another one than before, for example
            if self._is_only:
                raise
            self._pause(str(error))
            return None
        if result.proof is None and result.state != State.REPLACED:
            self._pause(sentence(result))
        return result.proof

    def _key(self, name: str) -> FarmKey:
        if name not in self._keys:
            found = keycontents.of_statement(self._keystore, name)
            self._submitter.offer(found)
            self._keys[name] = found
        return self._keys[name]

    def _replaces(self, name: str, public: Any, purpose: Purpose) -> str | None:
        """What a quote replaces: an older margin of the same account.  It tells nobody which account that is."""
        if purpose != Purpose.QUOTE or name != "margin":
            return None
        about = nearby.WHAT_IS_NEAR[name](public, None)
        return hashlib.sha256(self._salt + f"{name} {about}".encode()).hexdigest()

    def _pause(self, why: str) -> None:
        if self._is_only:
            raise NotProved(f"the queue made no proof: {why}")
        if time.monotonic() >= self._quiet_until_s:
            self._tell(f"the queue made no proof ({why}); proving here for a while")
        self._quiet_until_s = time.monotonic() + QUIET_S


def prove_zkey(
    submitter: Submitter, key_path: Path, witness: Witness, purpose: Purpose, deadline_ms: int
) -> tuple[Proof, list[int]]:
    """A verified proof of a circom circuit's witness, and its public inputs.

    Raises FormatError when the key's file is malformed or for another circuit, NotProved when no proof came in time or
    none of the witness verifies, and Unavailable.
    """
    from prover.circom import proofs

    proofs.check_fits(key_path, witness)
    key = keycontents.of_zkey(key_path)
    public = array.from_plain(witness.values[1 : key.verifying.num_public + 1])
    submitter.offer(key)
    elements = witness.values.astype("<u8", copy=False).tobytes()
    job = Job(key.digest, elements, tuple(public), purpose, deadline_ms)
    return one(submitter, job), public


def one(submitter: Submitter, job: Job) -> Proof:
    """The proof of one job, which is withdrawn when it does not come in time.

    Raises NotProved, in words for the user, and Unavailable.
    """
    submitter.submit([job])
    try:
        (result,) = submitter.wait([job.id], job.deadline_ms / 1000)
    except BaseException:  # Ctrl-C
        submitter.withdraw([job.id])
        raise
    if result.is_late:
        submitter.withdraw([job.id])
    if result.proof is None:
        raise NotProved(sentence(result))
    return result.proof


def sentence(result: Result) -> str:
    """Why there is no proof, in words."""
    match result.state:
        case State.QUEUED | State.OVERDUE:
            return "no worker proved the job in time"
        case State.PARKED:
            return f"the job was parked after {result.attempts} attempts: {result.reason}"
        case State.REPLACED:
            return "a newer job has replaced this one"
        case _:
            return "the job was withdrawn"
