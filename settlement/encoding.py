"""The one byte encoding of legs and bundles: decode(encode(x)) is x, and encode(decode(b)) is b for all b it accepts.

    bundle  = "zkB1" │ ledger id 32 │ n │ n × (length 2 │ leg) │ condition 1 │ binding 96
    leg     = body │ proof 256 │ margin proof 256, where there is one │ signature 96
    body    = "zkL1" │ margin? 1 │ flow count 1 │ ciphertext count 1 │ key 32 │ public │ margin │ flows │ expiry 8
              │ ciphertexts, 210 each
    public  = root │ nullifier │ commitment │ value.x │ value.y │ rk.x │ rk.y, 32 each │ cash 1
    margin  = key 32 │ grid root 32 │ epoch 8 │ guardian 32
    flow    = asset 1 │ amount 8, signed │ party length 1 │ party

Numbers are big-endian.  The condition byte is 0; its place is kept.  The guardian is 0; its place is kept.  The body is
what a leg's id and signature cover, and proofs and signatures are no part of it.
"""

from circuits import records
from circuits.statements import leg as leg_statement
from settlement import bundle
from settlement.bundle import Bundle, Flow, Leg, Margin
from zk import signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.groth16 import keys

BUNDLE_MAGIC = b"zkB1"
LEG_MAGIC = b"zkL1"
DIGEST_BYTES = 32
NO_CONDITION = 0

_SHAPE_BYTES = len(LEG_MAGIC) + 3
_FLOW_BYTES = 1 + 8 + 1 + bundle.MAX_PARTY_BYTES
MAX_LEG_BYTES = (
    _SHAPE_BYTES + DIGEST_BYTES + 7 * 32 + 1 + (DIGEST_BYTES + 32 + 8 + 32) + bundle.MAX_FLOWS * _FLOW_BYTES + 8
    + bundle.MAX_CIPHERTEXTS * bundle.CIPHERTEXT_BYTES + 2 * keys.PROOF_BYTES + signature.ENCODED_BYTES
)
_HEAD_BYTES = len(BUNDLE_MAGIC) + DIGEST_BYTES + 1
MAX_BUNDLE_BYTES = _HEAD_BYTES + bundle.MAX_LEGS * (2 + MAX_LEG_BYTES) + 1 + signature.ENCODED_BYTES


class LimitExceeded(FormatError):
    """More bytes, legs, flows or ciphertexts than a bundle may have."""


def encode_body(leg: Leg) -> bytes:
    """A leg without its proofs and its signature."""
    public = leg.public
    elements = (public.root, public.nullifier, public.commitment,
                public.value_x, public.value_y, public.rk_x, public.rk_y)
    parts = [LEG_MAGIC, bytes([leg.margin is not None, len(leg.flows), len(leg.ciphertexts)]), leg.key]
    parts += [prime.to_bytes(element) for element in elements]
    parts.append(bytes([public.cash]))
    if leg.margin is not None:
        margin = leg.margin
        parts += [margin.key, prime.to_bytes(margin.grid_root), margin.epoch.to_bytes(8, "big")]
        parts.append(prime.to_bytes(margin.guardian))
    for flow in leg.flows:
        parts += [bytes([flow.asset]), flow.amount.to_bytes(8, "big", signed=True)]
        parts += [bytes([len(flow.party)]), flow.party]
    parts.append(leg.expiry_ms.to_bytes(8, "big"))
    return b"".join((*parts, *leg.ciphertexts))


def encode_leg(leg: Leg) -> bytes:
    """A leg's canonical bytes."""
    margin_proof = b"" if leg.margin is None else keys.encode_proof(leg.margin.proof)
    return encode_body(leg) + keys.encode_proof(leg.proof) + margin_proof + signature.encode(leg.signature)


def encode_bundle(settled: Bundle) -> bytes:
    """A bundle's canonical bytes."""
    parts = [BUNDLE_MAGIC, settled.ledger_id, bytes([len(settled.legs)])]
    for leg in settled.legs:
        data = encode_leg(leg)
        parts += [len(data).to_bytes(2, "big"), data]
    return b"".join((*parts, bytes([NO_CONDITION]), signature.encode(settled.binding)))


def check_leg_limits(data: bytes) -> None:
    """Raises LimitExceeded when a leg is too large or says it has too many parts, whatever else may be wrong."""
    if len(data) > MAX_LEG_BYTES:
        raise LimitExceeded(f"a leg has {len(data)} bytes, more than {MAX_LEG_BYTES}")
    flows, ciphertexts = data[_SHAPE_BYTES - 2 : _SHAPE_BYTES - 1], data[_SHAPE_BYTES - 1 : _SHAPE_BYTES]
    if flows > bytes([bundle.MAX_FLOWS]):
        raise LimitExceeded(f"a leg has {flows[0]} flows, more than {bundle.MAX_FLOWS}")
    if ciphertexts > bytes([bundle.MAX_CIPHERTEXTS]):
        raise LimitExceeded(f"a leg has {ciphertexts[0]} ciphertexts, more than {bundle.MAX_CIPHERTEXTS}")


def check_bundle_limits(data: bytes) -> None:
    """Raises LimitExceeded when a bundle is too large or says it has too many parts, whatever else may be wrong."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise LimitExceeded(f"the bundle has {len(data)} bytes, more than {MAX_BUNDLE_BYTES}")
    count = data[_HEAD_BYTES - 1] if len(data) >= _HEAD_BYTES else 0
    if count > bundle.MAX_LEGS:
        raise LimitExceeded(f"the bundle has {count} legs, more than {bundle.MAX_LEGS}")
    start = _HEAD_BYTES
    for _ in range(count):
        length = int.from_bytes(data[start : start + 2], "big")
        check_leg_limits(data[start + 2 : start + 2 + length])
        start += 2 + length


def decode_leg(data: bytes) -> Leg:
    """The leg in these bytes.

    Raises LimitExceeded as check_leg_limits does, and FormatError, naming the field, when anything is not what the
    format allows: field elements below r, points on their curve, in the subgroup and not the identity, no byte left over.
    """
    check_leg_limits(data)
    reader = _Reader(data, "the leg")
    leg = _leg(reader)
    reader.finish()
    return leg


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises as decode_leg does."""
    check_bundle_limits(data)
    reader = _Reader(data, "the bundle")
    reader.magic(BUNDLE_MAGIC)
    ledger_id = reader.take(DIGEST_BYTES, "ledger id")
    count = reader.number(1, "leg count")
    if count == 0:
        raise FormatError("the bundle has no legs")
    legs = tuple(decode_leg(reader.take(reader.number(2, "leg length"), "leg")) for _ in range(count))
    if reader.number(1, "condition") != NO_CONDITION:
        raise FormatError("the bundle has a condition that this version does not know")
    binding = signature.decode(reader.take(signature.ENCODED_BYTES, "binding"), "the binding signature")
    reader.finish()
    return Bundle(ledger_id, legs, binding)


class _Reader:
    """Reads bytes from the front.  Every method raises FormatError when they are too few or out of range."""

    def __init__(self, data: bytes, what: str):
        self._data, self._start, self._what = data, 0, what

    def take(self, count: int, field: str) -> bytes:
        taken = self._data[self._start : self._start + count]
        if len(taken) != count:
            raise FormatError(f"{self._what} ends inside its {field}")
        self._start += count
        return taken

    def magic(self, expected: bytes) -> None:
        if self.take(len(expected), "first four bytes") != expected:
            raise FormatError(f"{self._what} does not start with {expected.decode()}")

    def number(self, size: int, field: str, *, most: int | None = None, signed: bool = False) -> int:
        value = int.from_bytes(self.take(size, field), "big", signed=signed)
        if most is not None and value > most:
            raise FormatError(f"{self._what}'s {field} is above {most}")
        return value

    def element(self, field: str) -> int:
        return prime.from_bytes(self.take(32, field), prime.R, f"{self._what}'s {field}")

    def point(self, field: str) -> babyjubjub.Point:
        return babyjubjub.point(self.element(f"{field}.x"), self.element(f"{field}.y"), f"{self._what}'s {field}")

    def finish(self) -> None:
        if self._start != len(self._data):
            raise FormatError(f"{self._what} is followed by {len(self._data) - self._start} bytes too many")


def _leg(reader: _Reader) -> Leg:
    reader.magic(LEG_MAGIC)
    has_margin = reader.number(1, "margin mark", most=1)
    flow_count, ciphertext_count = reader.number(1, "flow count"), reader.number(1, "ciphertext count")
    key = reader.take(DIGEST_BYTES, "key")
    public = _public(reader)
    if has_margin and public.cash:
        raise FormatError("the leg is a cash leg and has a margin proof, which nothing would use")
    margin = _margin(reader) if has_margin else None
    flows = tuple(_flow(reader) for _ in range(flow_count))
    expiry_ms = reader.number(8, "expiry", most=bundle.MAX_EXPIRY_MS)
    ciphertexts = tuple(reader.take(bundle.CIPHERTEXT_BYTES, "ciphertext") for _ in range(ciphertext_count))
    proof = keys.decode_proof(reader.take(keys.PROOF_BYTES, "proof"))
    if margin is not None:
        margin = Margin(*margin, keys.decode_proof(reader.take(keys.PROOF_BYTES, "margin proof")))
    signed = signature.decode(reader.take(signature.ENCODED_BYTES, "signature"), "the leg's signature")
    return Leg(key, public, proof, margin, flows, expiry_ms, ciphertexts, signed)


def _public(reader: _Reader) -> leg_statement.Public:
    root, nullifier, commitment = (reader.element(field) for field in ("root", "nullifier", "commitment"))
    value, rk = reader.point("value"), reader.point("rk")
    cash = reader.number(1, "cash mark", most=1)
    if commitment == 0:
        raise FormatError("the leg's commitment is 0, which marks a place that is still empty")
    return leg_statement.Public(root, nullifier, commitment, *value, *rk, cash)


def _margin(reader: _Reader) -> tuple[bytes, int, int, int]:
    key, grid_root = reader.take(DIGEST_BYTES, "margin key"), reader.element("grid root")
    epoch = reader.number(8, "epoch", most=bundle.MAX_EPOCH)
    guardian = reader.element("guardian")
    if guardian != 0:
        raise FormatError("the leg's margin names a guardian, which this version does not know")
    return key, grid_root, epoch, guardian


def _flow(reader: _Reader) -> Flow:
    asset = reader.number(1, "flow's asset", most=records.ASSETS - 1)
    amount = reader.number(8, "flow's amount", signed=True)
    if amount == 0 or amount < -bundle.MAX_AMOUNT:
        raise FormatError("the leg has a flow of nothing, or of more than 2^63 - 1")
    return Flow(asset, amount, reader.take(reader.number(1, "party length", most=bundle.MAX_PARTY_BYTES), "party"))
