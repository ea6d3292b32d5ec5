"""Heartbeats of the insurance: in every epoch it shows that its account survives the maintenance grid.

    heartbeat = "zkH1" │ key 32 │ epoch 8 │ commitment 32 │ proof 256

The insurance is one margined account, whose legs are marked and signed by the guardians, so the ledger knows its newest
commitment.  The proof is one of the margin statement for it.  Nobody signs it: only who can open the account can make
it, and it says nothing but what is true.  When the insurance falls silent, the pool restricts itself
(settlement.checks.margins).
"""

from dataclasses import dataclass

from circuits.records import Commitment
from settlement.bundles.bundle import MAX_EPOCH
from settlement.checks.state import State, VerifyProofs
from settlement.fieldreader import DIGEST_BYTES, FieldReader
from settlement.ids import KeyDigest
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Claim, Proof

MAGIC = b"zkH1"
HEARTBEAT_BYTES = len(MAGIC) + DIGEST_BYTES + 8 + 32 + keys.PROOF_BYTES


@dataclass(frozen=True)
class Heartbeat:
    """A proof, under the verifying key with this digest, that an account survives an epoch's maintenance grid."""

    key: KeyDigest
    epoch: int
    commitment: Commitment
    proof: Proof


def encode(heartbeat: Heartbeat) -> bytes:
    """A heartbeat's canonical bytes."""
    numbers = heartbeat.epoch.to_bytes(8, "big") + prime.to_bytes(heartbeat.commitment)
    return MAGIC + heartbeat.key + numbers + keys.encode_proof(heartbeat.proof)


def decode(data: bytes) -> Heartbeat:
    """The heartbeat in these bytes.  Raises FormatError for any other."""
    if len(data) != HEARTBEAT_BYTES:
        raise FormatError(f"the heartbeat has {len(data)} bytes instead of {HEARTBEAT_BYTES}")
    reader = FieldReader(data, "the heartbeat")
    reader.magic(MAGIC, {})
    key, epoch = KeyDigest(reader.digest("key")), reader.number(8, "epoch", most=MAX_EPOCH)
    return Heartbeat(key, epoch, Commitment(reader.commitment()), reader.proof("proof"))


def check(state: State, heartbeat: Heartbeat) -> None:
    """Raises Rejected, HEARTBEAT, unless it is the first of the newest epoch, and of the insurance's account."""
    newest = state.reader.grids(1)
    if not newest or heartbeat.epoch != newest[0].publication.epoch:
        raise Rejected(Rejection.HEARTBEAT, f"the heartbeat is of epoch {heartbeat.epoch}, which is not the newest")
    if state.reader.heartbeat() >= heartbeat.epoch:
        raise Rejected(Rejection.HEARTBEAT, f"there is a heartbeat of epoch {heartbeat.epoch} already")
    if heartbeat.commitment != state.reader.insurance():
        raise Rejected(Rejection.HEARTBEAT, "the heartbeat is of another account than the insurance's newest")


def check_proof(state: State, heartbeat: Heartbeat, verify: VerifyProofs) -> None:
    """Raises Rejected unless the proof verifies under the pool's key for the epoch's maintenance grid."""
    if heartbeat.key != state.pool.margin.digest:
        raise Rejected(Rejection.UNKNOWN_KEY, "the heartbeat is proved under a key that is not the pool's")
    grids = state.reader.epoch(heartbeat.epoch)
    assert grids is not None, "the epoch of a heartbeat is checked first"
    values = (value for row in grids.publication.maintenance.values for value in row)
    claim: Claim = (state.pool.margin.verifying, (heartbeat.commitment, *values), heartbeat.proof)
    try:
        verify([claim])
    except InvalidProof:
        raise Rejected(Rejection.INVALID_PROOF, "the heartbeat's proof does not verify") from None
