"""Who may say that a worker lied: nobody, but its own signature under a proof that does not verify.

A worker signs each result:  Ed25519(its identity, FARM_RESULT ‖ job ‖ key's digest ‖ digest of public inputs ‖ proof).
It signs only what it has verified itself.  So a signed proof that does not verify shows that the worker lies or its
machine computes wrongly, and whoever sees that lays it into the table `quarantine`, the public inputs beside it.  Each
reader checks the evidence before believing it: a submitter that lies can accuse nobody, and neither can the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.farm import farmkey, sealing
from prover.farm.farmkey import FarmPublic, Identity
from zk import domains
from zk.errors import FormatError, InvalidProof
from zk.groth16 import keys
from zk.groth16.keys import Claim, Proof, VerifyingKey


@dataclass(frozen=True)
class Signed:
    """A proof in the database, as bytes, with its worker's signature and certificate."""

    job: bytes
    key: bytes
    digest: bytes  # of the public inputs
    proof: bytes
    worker: bytes
    signature: bytes
    certificate: bytes


@dataclass(frozen=True)
class Evidence:
    """A signed result, and the public inputs for which its proof should not verify."""

    signed: Signed
    public: tuple[int, ...] = field(repr=False)


class NotOfTheFarm(Exception):
    """A result that no worker of this farm has signed."""


def sign(identity: Identity, job: bytes, key: bytes, digest: bytes, proof: bytes) -> bytes:
    """The worker's signature under a result."""
    return identity.secret.sign(domains.FARM_RESULT + job + key + digest + proof)


def check_signed(signed: Signed, farm: FarmPublic) -> None:
    """Raises NotOfTheFarm unless a worker that the farm has certified signed this result."""
    parts = domains.FARM_RESULT, signed.job, signed.key, signed.digest, signed.proof
    try:
        farmkey.check_certificate(farm, signed.worker, signed.certificate)
        farmkey.check_signature(signed.worker, signed.signature, parts, "the result's signature")
    except InvalidProof as error:
        raise NotOfTheFarm(str(error)) from None


def proof(signed: Signed) -> Proof:
    """The proof, not verified yet.  Raises InvalidProof when it is malformed."""
    try:
        return keys.decode_proof(signed.proof)
    except FormatError as error:
        raise InvalidProof(str(error)) from None


def verify(made: Proof, public: Sequence[int], verifying: VerifyingKey) -> None:
    """Raises InvalidProof unless the proof verifies for these inputs."""
    from zk.groth16 import verifier  # loads the kernels

    verifier.verify(verifying, public, made)


def all_verify(claims: Sequence[Claim]) -> bool:
    """Whether all of these proofs verify: eight at once take a quarter of the time of eight alone."""
    from zk.groth16 import verifier  # loads the kernels

    try:
        verifier.verify_batch(claims)
    except InvalidProof:
        return False
    return True


def shows_a_lie(evidence: Evidence, farm: FarmPublic, verifying: VerifyingKey) -> bool:
    """Whether the worker signed this result, for these public inputs, and its proof does not verify."""
    signed = evidence.signed
    if sealing.public_digest(signed.key, evidence.public) != signed.digest:
        return False
    try:
        check_signed(signed, farm)
        verify(proof(signed), evidence.public, verifying)
    except NotOfTheFarm:
        return False
    except InvalidProof:
        return len(evidence.public) == verifying.num_public  # else no proof could verify
    return False
