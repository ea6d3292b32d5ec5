"""Changes of a pool's parameters: signed by its governors, announced in the log, and in force after a delay.

    change  = "zkG1" │ effective_ms 8 │ n 1 │ n × (governor 1 │ signature 96) │ the parameters (pool.poolfile)
    message = the first 31 bytes of SHA-256(tag, ledger id, effective_ms, parameters), each after its length

The delay is for everybody else: from its event on, the whole world can read what the parameters will be, and whoever
does not like them can leave.  Which parameters are in force is a function of the time alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from settlement.bundles.bundle import MAX_EXPIRY_MS
from settlement.fieldreader import FieldReader
from settlement.ids import LedgerId
from settlement.pool import parameters as records
from settlement.pool import poolfile
from settlement.pool.parameters import MAX_GOVERNORS, Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import domains, framing, signature
from zk.errors import FormatError, InvalidProof
from zk.signature import Signature

MAGIC = b"zkG1"
_HEAD_BYTES = len(MAGIC) + 8 + 1
MAX_CHANGE_BYTES = (
    _HEAD_BYTES + MAX_GOVERNORS * (1 + signature.ENCODED_BYTES) + poolfile.MAX_PARAMETERS_BYTES
)  # fmt: skip
MAX_NOTICE_MS = 366 * 24 * 3_600_000
"""No change is in force before its predecessor, so one that is announced for a far future would be the last."""

_MESSAGE_BYTES = 31


@dataclass(frozen=True)
class Change:
    """The next parameters, the time from which they are in force, and signatures by index of governor, ascending."""

    parameters: Parameters
    effective_ms: int
    signatures: tuple[tuple[int, Signature], ...]


def encode(change: Change) -> bytes:
    """A change's canonical bytes."""
    parts = [MAGIC, change.effective_ms.to_bytes(8, "big"), bytes([len(change.signatures)])]
    for governor, each in change.signatures:
        parts += [bytes([governor]), signature.encode(each)]
    return b"".join([*parts, poolfile.encode_parameters(change.parameters)])


@lru_cache(maxsize=4)  # the change in force is asked for with every bundle, and its keys are checked
def decode(data: bytes) -> Change:
    """The change in these bytes.  Raises FormatError unless they are exactly what `encode` writes."""
    what, signatures = "the change", list[tuple[int, Signature]]()
    if len(data) > MAX_CHANGE_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes, more than {MAX_CHANGE_BYTES}")
    reader = FieldReader(data, what)
    reader.magic(MAGIC, {})
    effective_ms = reader.number(8, "time", most=MAX_EXPIRY_MS)
    for _ in range(reader.count("signatures", MAX_GOVERNORS)):
        governor = reader.number(1, "governor", most=MAX_GOVERNORS - 1)
        if signatures and governor <= signatures[-1][0]:
            raise FormatError(f"{what} has signatures that are not in the order of the governors")
        signatures.append((governor, reader.signature(f"signature of governor {governor + 1}")))
    record = data[_HEAD_BYTES + len(signatures) * (1 + signature.ENCODED_BYTES) :]
    return Change(poolfile.decode_parameters(record, f"{what}'s parameters"), effective_ms, tuple(signatures))


def message(ledger_id: LedgerId, parameters: Parameters, effective_ms: int) -> int:
    """The message that governors sign.  In [0, r)."""
    time, record = effective_ms.to_bytes(8, "big"), poolfile.encode_parameters(parameters)
    digest = hashlib.sha256(framing.framed(domains.PARAMETERS, ledger_id, time, record)).digest()
    return int.from_bytes(digest[:_MESSAGE_BYTES], "big")


def sign(pool: Pool, change: Change, secrets: Sequence[int]) -> Change:
    """The change with the signatures of the governors with these secrets, in place of any they made before.

    Raises FormatError for a secret that is no governor's.
    """
    signed = dict(change.signatures)
    number = message(poolfile.ledger_id(pool), change.parameters, change.effective_ms)
    for secret in secrets:
        key = signature.public(secret)
        if key not in pool.governance.keys:
            raise FormatError("the key is not one of the pool's governors'")
        signed[pool.governance.keys.index(key)] = signature.sign(secret, number)
    return replace(change, signatures=tuple(sorted(signed.items())))


def check(pool: Pool, newest: Parameters, newest_effective_ms: int, change: Change, now_ms: int) -> None:
    """Checks a change that is announced at `now_ms` after the newest announced parameters.

    Raises Rejected: MALFORMED when the pool cannot have the parameters, or not so late, VERSION, GOVERNANCE_EARLY or
    GOVERNANCE.
    """
    earliest_ms = max(now_ms + pool.governance.delay_ms, newest_effective_ms)
    try:
        records.check_for(pool.assets, change.parameters)
        check_successor(newest, change.parameters)
        _check_notice(change.effective_ms, earliest_ms)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
    if change.parameters.version != newest.version + 1:
        raise Rejected(
            Rejection.VERSION,
            f"the parameters have version {change.parameters.version}, and {newest.version + 1} is next",
        )
    if change.effective_ms < earliest_ms:
        raise Rejected(
            Rejection.GOVERNANCE_EARLY,
            f"the parameters would be in force {earliest_ms - change.effective_ms} ms too early",
        )
    count, quorum = len(signers(pool, change)), pool.governance.quorum
    if count < quorum:
        raise Rejected(Rejection.GOVERNANCE, f"{count} of the {quorum} governors that it takes have signed the change")


def check_successor(before: Parameters, after: Parameters) -> None:
    """Raises FormatError when guardians would lose an account that is sealed to them, or be replaced unnoticed."""
    if before.guardians is None:
        return
    if after.guardians is None:
        raise FormatError("the parameters name no guardians, and accounts are sealed to those that the pool has")
    has_new_keys = (before.guardians.encryption_key, before.guardians.signing_key) != (
        after.guardians.encryption_key, after.guardians.signing_key,
    )  # fmt: skip
    if after.guardians.number != before.guardians.number + has_new_keys:
        raise FormatError("the guardians' number does not count their keys: it grows by one with new keys alone")
    if after.guardians.stale_before < before.guardians.stale_before:
        raise FormatError("stale_before goes back, and the guardians' retired keys with it")


def _check_notice(effective_ms: int, earliest_ms: int) -> None:
    if effective_ms > earliest_ms + MAX_NOTICE_MS:
        late_ms = effective_ms - earliest_ms
        raise FormatError(
            f"the parameters would be in force {late_ms} ms later than they could be, and no others until then: "
            f"at most {MAX_NOTICE_MS} ms are allowed"
        )


def signers(pool: Pool, change: Change) -> list[int]:
    """The governors who signed the change.  Raises Rejected, GOVERNANCE, for a signature that is not a governor's."""
    number, found = message(poolfile.ledger_id(pool), change.parameters, change.effective_ms), []
    for governor, each in change.signatures:
        if governor >= len(pool.governance.keys):
            raise Rejected(Rejection.GOVERNANCE, f"the pool has no governor {governor + 1}")
        try:
            signature.verify(pool.governance.keys[governor], number, each)
        except InvalidProof:
            raise Rejected(Rejection.GOVERNANCE, f"governor {governor + 1} did not sign this change") from None
        found.append(governor)
    return found
