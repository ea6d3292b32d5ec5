"""The one byte encoding of legs and bundles: decode(encode(x)) is x, and encode(decode(b)) is b for every b it accepts.

    bundle  = "zkB2" │ ledger id 32 │ n │ n × (length 2 │ leg) │ condition 1 │ binding 96 │ attestation of each flow
    leg     = body │ proof 256 │ margin proof 256, where there is one │ signature 96
    body    = "zkL2" │ margin? 1 │ flow count 1 │ ciphertext count 1 │ key 32 │ public │ margin │ flows │ expiry 8
              │ ciphertexts, 210 each
    public  = root │ nullifier │ commitment │ value.x │ value.y │ rk.x │ rk.y, 32 each │ cash 1
    margin  = key 32 │ grid root 32 │ epoch 8 │ guardian 32
    flow    = asset 1 │ amount 8, signed │ party length 1 │ party │ reference length 1 │ reference
    attestation = 0, or 1 │ signature 96

Numbers are big-endian.  The condition byte and the guardian are reserved and 0.  The body is what a leg's id and
signature cover; proofs and signatures are not part of it.

Decoding reads the bytes once, from the front, and checks each count against its limit before it reads the items.
An error names the first field that is wrong: "leg 3: the nullifier is not below the modulus".
"""

from circuits import records
from circuits.records import Amount, GridRoot
from circuits.statements import leg as leg_statement
from settlement.bundle import (
    CIPHERTEXT_BYTES,
    MAX_AMOUNT,
    MAX_BUNDLE_FLOWS,
    MAX_CIPHERTEXTS,
    MAX_EPOCH,
    MAX_EXPIRY_MS,
    MAX_FLOWS,
    MAX_LEGS,
    MAX_PARTY_BYTES,
    MAX_REFERENCE_BYTES,
    Bundle,
    Flow,
    Leg,
    Margin,
)
from settlement.ids import KeyDigest, LedgerId
from zk import signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Proof
from zk.signature import Signature

BUNDLE_MAGIC = b"zkB2"
LEG_MAGIC = b"zkL2"
_OLD_MAGICS = (b"zkB1", b"zkL1")
DIGEST_BYTES = 32
NO_CONDITION = 0

_FLOW_BYTES = 1 + 8 + 1 + MAX_PARTY_BYTES + 1 + MAX_REFERENCE_BYTES
MAX_LEG_BYTES = (
    len(LEG_MAGIC) + 3 + DIGEST_BYTES + 7 * 32 + 1 + (DIGEST_BYTES + 32 + 8 + 32) + MAX_FLOWS * _FLOW_BYTES + 8
    + MAX_CIPHERTEXTS * CIPHERTEXT_BYTES + 2 * keys.PROOF_BYTES + signature.ENCODED_BYTES
)
_HEAD_BYTES = len(BUNDLE_MAGIC) + DIGEST_BYTES + 1
MAX_BUNDLE_BYTES = (
    _HEAD_BYTES + MAX_LEGS * (2 + MAX_LEG_BYTES) + 1 + signature.ENCODED_BYTES
    + MAX_BUNDLE_FLOWS * (1 + signature.ENCODED_BYTES)
)


class LimitExceeded(FormatError):
    """More bytes, legs, flows or ciphertexts than a bundle may have."""


def encode_body(leg: Leg) -> bytes:
    """A leg without its proofs and its signature."""
    public = leg.public
    elements = (public.root, public.nullifier, public.commitment,
                public.value_x, public.value_y, public.rk_x, public.rk_y)
    parts = [LEG_MAGIC, bytes([leg.margin is not None, len(leg.flows), len(leg.ciphertexts)]), leg.key]
    parts += [prime.to_bytes(element) for element in elements]
    parts.append(bytes([public.adds]))
    if leg.margin is not None:
        margin = leg.margin
        parts += [margin.key, prime.to_bytes(margin.grid_root), margin.epoch.to_bytes(8, "big")]
        parts.append(prime.to_bytes(margin.guardian))
    for flow in leg.flows:
        parts += [bytes([flow.asset]), flow.amount.to_bytes(8, "big", signed=True)]
        parts += [bytes([len(flow.party)]), flow.party, bytes([len(flow.reference)]), flow.reference]
    parts.append(leg.expiry_ms.to_bytes(8, "big"))
    return b"".join((*parts, *leg.ciphertexts))


def encode_leg(leg: Leg) -> bytes:
    """A leg's canonical bytes."""
    margin_proof = b"" if leg.margin is None else keys.encode_proof(leg.margin.proof)
    return encode_body(leg) + keys.encode_proof(leg.proof) + margin_proof + signature.encode(leg.signature)


def encode_bundle(bundle: Bundle) -> bytes:
    """A bundle's canonical bytes."""
    parts = [BUNDLE_MAGIC, bundle.ledger_id, bytes([len(bundle.legs)])]
    for leg in bundle.legs:
        data = encode_leg(leg)
        parts += [len(data).to_bytes(2, "big"), data]
    parts += [bytes([NO_CONDITION]), signature.encode(bundle.binding)]
    for attestation in bundle.attestations:
        parts.append(b"\0" if attestation is None else b"\1" + signature.encode(attestation))
    return b"".join(parts)


def decode_leg(data: bytes, what: str = "the leg") -> Leg:
    """The leg in these bytes.

    Raises LimitExceeded, or FormatError naming `what` and the field that the format does not allow: field elements are
    below r, points on their curve, in the subgroup and not the identity, and no byte is left over.
    """
    if len(data) > MAX_LEG_BYTES:
        raise LimitExceeded(f"{what} has {len(data)} bytes, more than {MAX_LEG_BYTES}")
    reader = _Reader(data, what)
    leg = _leg(reader)
    reader.finish()
    return leg


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises as decode_leg does, naming the leg by its number."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise LimitExceeded(f"the bundle has {len(data)} bytes, more than {MAX_BUNDLE_BYTES}")
    reader = _Reader(data, "the bundle")
    reader.magic(BUNDLE_MAGIC)
    ledger_id = LedgerId(reader.take(DIGEST_BYTES, "ledger id"))
    num_legs = reader.count("legs", MAX_LEGS)
    if num_legs == 0:
        raise FormatError("the bundle has no legs")
    legs = []
    for i in range(num_legs):
        length = reader.number(2, f"length of leg {i}")
        legs.append(decode_leg(reader.take(length, f"bytes of leg {i}"), f"leg {i}"))
    if reader.number(1, "condition") != NO_CONDITION:
        raise FormatError("the bundle has a condition, which this version does not know")
    binding = reader.signature("binding signature")
    num_flows = sum(len(leg.flows) for leg in legs)
    if num_flows > MAX_BUNDLE_FLOWS:
        raise LimitExceeded(f"the bundle has {num_flows} flows, more than {MAX_BUNDLE_FLOWS}")
    attestations = tuple(_attestation(reader, i) for i in range(num_flows))
    reader.finish()
    return Bundle(ledger_id, tuple(legs), binding, attestations)


class _Reader:
    """Reads bytes from the front.  Every method raises FormatError, naming the field, for missing or invalid bytes."""

    def __init__(self, data: bytes, what: str):
        self._data, self._start, self.what = data, 0, what

    def take(self, count: int, field: str) -> bytes:
        part = self._data[self._start : self._start + count]
        if len(part) != count:
            raise FormatError(f"{self.what} ends inside the {field}")
        self._start += count
        return part

    def magic(self, expected: bytes) -> None:
        found = self.take(len(expected), "first four bytes")
        if found in _OLD_MAGICS:
            raise FormatError(f"{self.what} has the old format {found.decode()}, without references: make it again")
        if found != expected:
            raise FormatError(f"{self.what} does not start with {expected.decode()}")

    def count(self, what: str, most: int) -> int:
        """A count of one byte.  Raises LimitExceeded when it is above `most`."""
        count = self.number(1, f"number of {what}")
        if count > most:
            raise LimitExceeded(f"{self.what} has {count} {what}, more than {most}")
        return count

    def number(self, size: int, field: str, *, most: int | None = None, signed: bool = False) -> int:
        value = int.from_bytes(self.take(size, field), "big", signed=signed)
        if most is not None and value > most:
            raise FormatError(f"{self.what}: the {field} is above {most}")
        return value

    def element(self, field: str) -> int:
        return prime.from_bytes(self.take(32, field), prime.R, f"{self.what}: the {field}")

    def point(self, field: str) -> babyjubjub.Point:
        return babyjubjub.point(self.element(f"{field}.x"), self.element(f"{field}.y"), f"{self.what}: the {field}")

    def proof(self, field: str) -> Proof:
        return keys.decode_proof(self.take(keys.PROOF_BYTES, field), f"{self.what}: the {field}")

    def signature(self, field: str) -> Signature:
        return signature.decode(self.take(signature.ENCODED_BYTES, field), f"{self.what}: the {field}")

    def finish(self) -> None:
        if self._start != len(self._data):
            raise FormatError(f"{self.what} is followed by {len(self._data) - self._start} bytes too many")


def _leg(reader: _Reader) -> Leg:
    reader.magic(LEG_MAGIC)
    has_margin = reader.number(1, "margin mark", most=1)
    num_flows, num_ciphertexts = reader.count("flows", MAX_FLOWS), reader.count("ciphertexts", MAX_CIPHERTEXTS)
    key = KeyDigest(reader.take(DIGEST_BYTES, "key"))
    public = _public(reader)
    if has_margin and public.cash:
        raise FormatError(f"{reader.what} is a cash leg and has a margin proof, which nothing would use")
    claim = _margin_claim(reader) if has_margin else None
    flows = tuple(_flow(reader, i) for i in range(num_flows))
    expiry_ms = reader.number(8, "expiry", most=MAX_EXPIRY_MS)
    ciphertexts = tuple(reader.take(CIPHERTEXT_BYTES, f"ciphertext {i}") for i in range(num_ciphertexts))
    proof = reader.proof("proof")
    margin = None if claim is None else Margin(*claim, reader.proof("margin proof"))
    return Leg(key, public, proof, margin, flows, expiry_ms, ciphertexts, reader.signature("signature"))


def _public(reader: _Reader) -> leg_statement.Public[int]:
    root, nullifier, commitment = (reader.element(field) for field in ("root", "nullifier", "commitment"))
    value, rk = reader.point("value"), reader.point("rk")
    cash = reader.number(1, "cash mark", most=1)
    if commitment == 0:
        raise FormatError(f"{reader.what}: the commitment is 0, which marks an empty leaf")
    return leg_statement.Public(root, nullifier, commitment, *value, *rk, cash)


def _margin_claim(reader: _Reader) -> tuple[KeyDigest, GridRoot, int, int]:
    """The key, grid root, epoch and guardian of a margin, whose proof comes later."""
    key, grid_root = KeyDigest(reader.take(DIGEST_BYTES, "margin key")), GridRoot(reader.element("grid root"))
    epoch = reader.number(8, "epoch", most=MAX_EPOCH)
    guardian = reader.element("guardian")
    if guardian != 0:
        raise FormatError(f"{reader.what}: the margin names a guardian, which this version does not know")
    return key, grid_root, epoch, guardian


def _flow(reader: _Reader, number: int) -> Flow:
    asset = reader.number(1, f"asset of flow {number}", most=records.ASSETS - 1)
    amount = reader.number(8, f"amount of flow {number}", signed=True)
    if amount == 0 or amount < -MAX_AMOUNT:
        raise FormatError(f"{reader.what}: the amount of flow {number} is zero, or more than 2^63 - 1 in size")
    party_length = reader.number(1, f"party length of flow {number}", most=MAX_PARTY_BYTES)
    party = reader.take(party_length, f"party of flow {number}")
    reference_length = reader.number(1, f"reference length of flow {number}", most=MAX_REFERENCE_BYTES)
    if reference_length == 0:
        raise FormatError(f"{reader.what}: flow {number} has no reference")
    return Flow(asset, Amount(amount), party, reader.take(reference_length, f"reference of flow {number}"))


def _attestation(reader: _Reader, number: int) -> Signature | None:
    if reader.number(1, f"mark of attestation {number}", most=1) == 0:
        return None
    return reader.signature(f"attestation {number}")
