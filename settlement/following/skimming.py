"""What the ledger's tables have of a bundle, read from its bytes without checking a signature, a proof or a point.

For a light mirror, which takes a bundle that validators have checked.  What names the bundle and what it writes is read
where settlement.bundles.encoding has it; the id is computed from the bodies, so it is this bundle and no other.  Of
what the tables need, everything is checked that a column or a kernel could not hold.  """

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from circuits.records import Commitment, Nullifier
from settlement.bundles import digests, flowencoding, seizureencoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, GUARD_BYTES, MAX_PERIOD, NO_DIGEST, PERIOD_BYTES, Flow
from settlement.bundles.encoding import BUNDLE_MAGIC, ESCROW_BODY_BYTES, LEG_MAGIC
from settlement.fieldreader import DIGEST_BYTES, FieldReader
from settlement.ids import BundleId, KeyDigest, LedgerId, OrderId
from zk import domains, framing, signature
from zk.errors import FormatError
from zk.fields.prime import R
from zk.groth16 import keys

_BARE_FLOW_BYTES = 1 + 1 + 8 + 1 + 1  # asset, account, amount, and two lengths that are 0
_COUNTS_AT = len(BUNDLE_MAGIC) + DIGEST_BYTES
_LEGS_AT = _COUNTS_AT + 3
_KEY_AT = len(LEG_MAGIC) + 4
_PUBLIC_AT = _KEY_AT + DIGEST_BYTES
_NULLIFIER_AT = _PUBLIC_AT + 32
_RK_AT = _PUBLIC_AT + 5 * 32
_ADDS_AT = _PUBLIC_AT + 7 * 32 + GUARD_BYTES
_AFTER_FLOWS_BYTES = 8 + 2 * DIGEST_BYTES
_SEIZURE_NULLIFIER_AT = len(seizureencoding.SEIZURE_MAGIC) + DIGEST_BYTES + 32
_SEIZURE_BODY_BYTES = seizureencoding.SEIZURE_BYTES - keys.PROOF_BYTES - signature.ENCODED_BYTES
_CONVERSION_BODY_BYTES = 1 + 2 * 32


class Skimmed(NamedTuple):
    """What a bundle writes: of its legs and then its seizures, in order; a flow with its leg's number and key."""

    bundle_id: BundleId
    nullifiers: tuple[Nullifier, ...]
    commitments: tuple[Commitment, ...]
    ciphertexts: tuple[tuple[bytes, ...], ...]
    top_ups: tuple[tuple[int, int], ...]
    flows: tuple[tuple[int, KeyDigest, Flow], ...]
    insurance: Commitment | None


class _Leg(NamedTuple):
    """What a leg writes, and where its body ends."""

    body_end: int
    nullifier: Nullifier
    commitment: Commitment
    ciphertexts: tuple[bytes, ...]
    top_up: tuple[int, int] | None
    flows: tuple[Flow, ...]
    key: KeyDigest
    is_insurance: bool
    companions_at: int


@dataclass(frozen=True)
class Outline:
    """Where a bundle has its legs, for who looks at few of them; nothing of them is read before it is asked for.

    `nullifiers` and `commitments` are those of the legs and then the seizures, in 32 bytes; `claims` are converted.
    """

    legs: tuple[bytes, ...]
    nullifiers: tuple[bytes, ...]
    commitments: tuple[bytes, ...]
    claims: tuple[int, ...]
    _read: dict[int, "_Leg"] = field(default_factory=dict, compare=False, repr=False)

    def is_naming(self, number: int) -> bool:
        """Whether a leg names its companions."""
        start = self._leg(number).companions_at
        return self.legs[number][start : start + DIGEST_BYTES] != NO_DIGEST

    def is_insured(self, number: int) -> bool:
        """Whether a leg is the insurance's."""
        return bool(self.legs[number][len(LEG_MAGIC) + 1])

    def flows(self, number: int) -> tuple[Flow, ...]:
        """The flows of a leg."""
        return self._leg(number).flows

    def ciphertexts(self, number: int) -> tuple[bytes, ...]:
        """The ciphertexts of a leg."""
        return self._leg(number).ciphertexts

    def leg_id(self, ledger_id: LedgerId, number: int) -> OrderId:
        """The id of a leg."""
        return digests.body_id(ledger_id, self.legs[number][: self._leg(number).body_end])

    def rk(self, number: int) -> bytes:
        """The key under which a leg is signed, as two elements of 32 bytes."""
        return self.legs[number][_RK_AT : _RK_AT + 64]

    def _leg(self, number: int) -> "_Leg":
        if number not in self._read:
            self._read[number] = _leg(self.legs[number], f"leg {number}")
        return self._read[number]


def outline(data: bytes, ledger_id: LedgerId) -> Outline:
    """The outline of the bundle in these bytes.  Raises FormatError as `skim`, as far as it looks."""
    num_legs, num_seizures, num_conversions = _counts(data, ledger_id)
    legs, pairs, at = list[bytes](), list[bytes](), _LEGS_AT
    for _ in range(num_legs):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        legs.append(data[at + 2 : end])
        pairs.append(legs[-1][_NULLIFIER_AT : _NULLIFIER_AT + 64])
        at = end
    for _ in range(num_seizures):
        pairs.append(data[at + _SEIZURE_NULLIFIER_AT : at + _SEIZURE_NULLIFIER_AT + 64])
        at += seizureencoding.SEIZURE_BYTES
    end = at + num_conversions * seizureencoding.CONVERSION_BYTES
    if not legs or end > len(data) or any(len(pair) < 64 for pair in pairs):
        raise FormatError("the bundle ends before what it counts")
    claims = tuple(data[at : end : seizureencoding.CONVERSION_BYTES])
    return Outline(tuple(legs), tuple(pair[:32] for pair in pairs), tuple(pair[32:] for pair in pairs), claims)


def skim(data: bytes, ledger_id: LedgerId) -> Skimmed:
    """What the bundle in these bytes writes to this ledger.

    Raises FormatError for bytes that are no bundle of the ledger, as far as they are looked at.
    """
    num_legs, num_seizures, num_conversions = _counts(data, ledger_id)
    legs, bodies, at = list[_Leg](), list[bytes]([ledger_id]), _LEGS_AT
    for number in range(num_legs):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        part = data[at + 2 : end]
        leg = _leg(part, f"leg {number}")
        legs.append(leg)
        bodies.append(part[: leg.body_end])
        at = end
    spent = [(leg.nullifier, leg.commitment) for leg in legs]
    for number in range(num_seizures):
        bodies.append(data[at : at + _SEIZURE_BODY_BYTES])
        spent.append(_pair(bodies[-1], _SEIZURE_NULLIFIER_AT, f"seizure {number}"))
        at += seizureencoding.SEIZURE_BYTES
    for _ in range(num_conversions):
        bodies.append(data[at : at + _CONVERSION_BODY_BYTES])
        at += seizureencoding.CONVERSION_BYTES
    if not legs or at > len(data):
        raise FormatError("the bundle ends before what it counts")
    insured = [leg.commitment for leg in legs if leg.is_insurance]
    return Skimmed(
        BundleId(hashlib.sha256(framing.framed(domains.BUNDLE_ID, *bodies)).digest()),
        tuple(nullifier for nullifier, _ in spent),
        tuple(commitment for _, commitment in spent),
        (*(leg.ciphertexts for leg in legs), *((),) * num_seizures),
        tuple(leg.top_up for leg in legs if leg.top_up is not None),
        tuple((number, leg.key, flow) for number, leg in enumerate(legs) for flow in leg.flows),
        insured[-1] if insured else None,
    )


def _counts(data: bytes, ledger_id: LedgerId) -> bytes:
    """The numbers of legs, seizures and conversions.  Raises FormatError for bytes of another ledger."""
    if data[:_COUNTS_AT] != BUNDLE_MAGIC + ledger_id or len(data) < _LEGS_AT:
        raise FormatError("the bundle is not one of this ledger")
    return data[_COUNTS_AT:_LEGS_AT]


def _leg(data: bytes, what: str) -> _Leg:
    if not data.startswith(LEG_MAGIC) or len(data) < _ADDS_AT + 1:
        raise FormatError(f"{what} is none")
    has_escrow, is_insurance, num_flows, num_ciphertexts = data[len(LEG_MAGIC) : _KEY_AT]
    nullifier, commitment = _pair(data, _NULLIFIER_AT, what)
    at, top_up = _ADDS_AT + 1, None
    flows: tuple[Flow, ...] = ()
    if data[_ADDS_AT]:
        top_up = _top_up(data[at:], what)
        at += PERIOD_BYTES + 32
    if num_flows == 1 and data[at + _BARE_FLOW_BYTES - 2 : at + _BARE_FLOW_BYTES] == bytes(2):
        flows = (_bare_flow(data[at : at + _BARE_FLOW_BYTES]),)
        at += _BARE_FLOW_BYTES
    elif num_flows:
        reader = FieldReader(data[at:], what)
        flows = tuple(flowencoding.read(reader, number) for number in range(num_flows))
        at += reader.taken
    companions_at = at + 8
    at += _AFTER_FLOWS_BYTES
    end = at + num_ciphertexts * CIPHERTEXT_BYTES
    ciphertexts = tuple(data[start : start + CIPHERTEXT_BYTES] for start in range(at, end, CIPHERTEXT_BYTES))
    body_end = end + (ESCROW_BODY_BYTES if has_escrow else 0)
    if body_end > len(data):
        raise FormatError(f"{what} ends inside its body")
    key = KeyDigest(data[_KEY_AT:_PUBLIC_AT])
    return _Leg(body_end, nullifier, commitment, ciphertexts, top_up, flows, key, bool(is_insurance), companions_at)


@lru_cache(maxsize=64)
def _bare_flow(data: bytes) -> Flow:
    """A flow without a party or a reference: of a pool, nearly all are its fee."""
    return flowencoding.read(FieldReader(data, "a leg"), 0)


def _pair(data: bytes, at: int, what: str) -> tuple[Nullifier, Commitment]:
    """The nullifier and the commitment, which stand next to each other."""
    nullifier, commitment = int.from_bytes(data[at : at + 32], "big"), int.from_bytes(data[at + 32 : at + 64], "big")
    if nullifier >= R or not 0 < commitment < R:
        raise FormatError(f"the nullifier or the commitment of {what} is out of range")
    return Nullifier(nullifier), Commitment(commitment)


def _top_up(data: bytes, what: str) -> tuple[int, int]:
    period = int.from_bytes(data[:PERIOD_BYTES], "big")
    tag = int.from_bytes(data[PERIOD_BYTES : PERIOD_BYTES + 32], "big")
    if period > MAX_PERIOD or tag >= R:
        raise FormatError(f"the period or the tag of {what} is out of range")
    return period, tag
