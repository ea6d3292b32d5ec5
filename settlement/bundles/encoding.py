"""The one byte encoding of legs and bundles: decode(encode(x)) is x, and encode(decode(b)) is b for every b it accepts.

    bundle  = "zkB4" │ ledger id 32 │ leg count 1 │ seizure count 1 │ conversion count 1 │ legs, each length 2 │ leg
              │ seizures │ conversions │ condition 1 │ binding 96 │ attestations of each flow and each insurance leg
    leg     = body │ proof 256 │ escrow proof 256, where there is an escrow │ 0, or 1 │ margin │ signature 96
    body    = "zkL4" │ escrow? 1 │ insurance? 1 │ flow count 1 │ ciphertext count 1 │ key 32 │ public │ flows
              │ expiry 8 │ companions 32 │ terms 32 │ ciphertexts, 274 each │ escrow
    public  = root │ nullifier │ commitment │ value.x │ value.y │ rk.x │ rk.y, 32 each │ guard 4 │ adds 1
              │ period 8 │ tag 32, both where it adds only
    escrow  = key 32 │ E.x │ E.y │ c_1 … c_8, 32 each
    margin  = key 32 │ epoch 8 │ proof 256
    attestation = 0, or 1 │ signature 96

Numbers are big-endian.  Flows are in settlement.bundles.flowencoding, seizures and conversions in
settlement.bundles.seizureencoding.  The condition byte is reserved and 0.  The body is what a leg's id and signature
cover; proofs, signatures and the margin are not part of it.

Decoding reads the bytes once, from the front, and checks each count against its limit before it reads the items.
An error names the first field that is wrong: "leg 3: the nullifier is not below the modulus".
"""

from settlement.bundles import flowencoding, legfields, seizureencoding
from settlement.bundles.bundle import (
    CIPHERTEXT_BYTES,
    ESCROW_ELEMENTS,
    GUARD_BYTES,
    MAX_BUNDLE_FLOWS,
    MAX_CIPHERTEXTS,
    MAX_CONVERSIONS,
    MAX_EXPIRY_MS,
    MAX_FLOWS,
    MAX_LEGS,
    MAX_SEIZURES,
    PERIOD_BYTES,
    Bundle,
    Escrow,
    Leg,
    Margin,
)
from settlement.fieldreader import DIGEST_BYTES, FieldReader, LimitExceeded, Points
from settlement.ids import KeyDigest, LedgerId
from zk import signature
from zk.errors import FormatError
from zk.fields import prime
from zk.groth16 import keys
from zk.signature import Signature

__all__ = [
    "LimitExceeded", "decode_bundle", "decode_leg", "decode_margin", "encode_body", "encode_bundle", "encode_leg",
    "encode_margin",
]  # fmt: skip

BUNDLE_MAGIC = b"zkB4"
LEG_MAGIC = b"zkL4"
_OLD_MAGICS = {
    b"zkB1": "without references", b"zkL1": "without references",
    b"zkB2": "in which held assets could be owed", b"zkL2": "in which held assets could be owed",
    b"zkB3": "in which top-ups are not counted", b"zkL3": "in which top-ups are not counted",
}  # fmt: skip
NO_CONDITION = 0
_BODY = "_body"  # no field, so that dataclasses.replace makes a leg without it

ESCROW_BODY_BYTES = DIGEST_BYTES + (2 + ESCROW_ELEMENTS) * 32
"""What a leg's body has of its escrow: all but the proof."""
MARGIN_BYTES = DIGEST_BYTES + 8 + keys.PROOF_BYTES
MAX_LEG_BYTES = (  # of a leg with a margin; one that adds has a period and a tag instead, which are shorter
    len(LEG_MAGIC) + 4 + DIGEST_BYTES + 7 * 32 + GUARD_BYTES + 1 + MAX_FLOWS * flowencoding.MAX_FLOW_BYTES + 8
    + 2 * DIGEST_BYTES + MAX_CIPHERTEXTS * CIPHERTEXT_BYTES + ESCROW_BODY_BYTES + 2 * keys.PROOF_BYTES
    + 1 + MARGIN_BYTES + signature.ENCODED_BYTES
)
_HEAD_BYTES = len(BUNDLE_MAGIC) + DIGEST_BYTES + 3
MAX_BUNDLE_BYTES = (
    _HEAD_BYTES + MAX_LEGS * (2 + MAX_LEG_BYTES) + MAX_SEIZURES * seizureencoding.SEIZURE_BYTES
    + MAX_CONVERSIONS * seizureencoding.CONVERSION_BYTES + 1 + signature.ENCODED_BYTES
    + (MAX_BUNDLE_FLOWS + MAX_LEGS) * (1 + signature.ENCODED_BYTES)
)


def encode_body(leg: Leg) -> bytes:
    """A leg without its proofs, its margin and its signature.

    A leg never changes, so its body stays beside it: the ids and messages of one bundle take it three times.
    """
    beside = vars(leg)
    if _BODY not in beside:
        beside[_BODY] = _body(leg)
    return beside[_BODY]


def _body(leg: Leg) -> bytes:
    public, escrow = leg.public, leg.escrow
    elements = (public.root, public.nullifier, public.commitment,
                public.value_x, public.value_y, public.rk_x, public.rk_y)
    marks = bytes([escrow is not None, leg.is_insurance, len(leg.flows), len(leg.ciphertexts)])
    parts = [LEG_MAGIC, marks, leg.key, *map(prime.to_bytes, elements)]
    parts += [public.guard.to_bytes(GUARD_BYTES, "big"), bytes([public.adds])]
    if public.adds:
        parts += [public.period.to_bytes(PERIOD_BYTES, "big"), prime.to_bytes(public.tag)]
    parts += map(flowencoding.encode, leg.flows)
    parts += [leg.expiry_ms.to_bytes(8, "big"), leg.companions, leg.terms, *leg.ciphertexts]
    if escrow is not None:
        parts += [escrow.key, *map(prime.to_bytes, (*escrow.ephemeral, *escrow.ciphertext))]
    return b"".join(parts)


def encode_leg(leg: Leg) -> bytes:
    """A leg's canonical bytes."""
    escrow_proof = b"" if leg.escrow is None else keys.encode_proof(leg.escrow.proof)
    margin = b"\0" if leg.margin is None else b"\1" + encode_margin(leg.margin)
    proofs = keys.encode_proof(leg.proof) + escrow_proof
    return encode_body(leg) + proofs + margin + signature.encode(leg.signature)


def encode_margin(margin: Margin) -> bytes:
    """MARGIN_BYTES bytes."""
    return margin.key + margin.epoch.to_bytes(8, "big") + keys.encode_proof(margin.proof)


def encode_bundle(bundle: Bundle) -> bytes:
    """A bundle's canonical bytes."""
    counts = bytes([len(bundle.legs), len(bundle.seizures), len(bundle.conversions)])
    parts = [BUNDLE_MAGIC, bundle.ledger_id, counts]
    for leg in bundle.legs:
        data = encode_leg(leg)
        parts += [len(data).to_bytes(2, "big"), data]
    parts += map(seizureencoding.encode_seizure, bundle.seizures)
    parts += map(seizureencoding.encode_conversion, bundle.conversions)
    parts += [bytes([NO_CONDITION]), signature.encode(bundle.binding)]
    for attestation in bundle.attestations:
        parts.append(b"\0" if attestation is None else b"\1" + signature.encode(attestation))
    return b"".join(parts)


def decode_leg(data: bytes, what: str = "the leg") -> Leg:
    """The leg in these bytes.

    Raises LimitExceeded, or FormatError naming `what` and the field that the format does not allow: field elements are
    below r, points on their curve, in the subgroup and not the identity, and no byte is left over.
    """
    return _whole_leg(FieldReader(data, what), len(data))


def decode_leg_unchecked(data: bytes, points: Points, what: str = "the leg") -> Leg:
    """As decode_leg, but nothing looks at the leg's points: their bytes go to `points`."""
    return _whole_leg(FieldReader(data, what, points), len(data))


def decode_margin(data: bytes, what: str = "the margin") -> Margin:
    """Inverts `encode_margin`.  Raises FormatError naming `what` and the field that the format does not allow."""
    reader = FieldReader(data, what)
    margin = legfields.margin(reader)
    reader.finish()
    return margin


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises as decode_leg does, naming the leg by its number."""
    return _bundle(data, None)


def decode_bundle_unchecked(data: bytes, points: Points) -> Bundle:
    """As decode_bundle, but nothing looks at the bundle's points: their bytes go to `points`."""
    return _bundle(data, points)


def _bundle(data: bytes, points: Points | None) -> Bundle:
    if len(data) > MAX_BUNDLE_BYTES:
        raise LimitExceeded(f"the bundle has {len(data)} bytes, more than {MAX_BUNDLE_BYTES}")
    reader = FieldReader(data, "the bundle", points)
    reader.magic(BUNDLE_MAGIC, _OLD_MAGICS)
    ledger_id = LedgerId(reader.digest("ledger id"))
    num_legs = reader.count("legs", MAX_LEGS)
    num_seizures = reader.count("seizures", MAX_SEIZURES)
    num_conversions = reader.count("conversions", MAX_CONVERSIONS)
    if num_legs == 0:
        raise FormatError("the bundle has no legs")
    legs = []
    for i in range(num_legs):
        length = reader.number(2, f"length of leg {i}")
        legs.append(_whole_leg(reader.within(length, f"bytes of leg {i}", f"leg {i}"), length))
    seizures, conversions = [], []
    for i in range(num_seizures):
        part = reader.within(seizureencoding.SEIZURE_BYTES, f"bytes of seizure {i}", f"seizure {i}")
        seizures.append(seizureencoding.read_seizure(part))
    for i in range(num_conversions):
        part = reader.within(seizureencoding.CONVERSION_BYTES, f"bytes of conversion {i}", f"conversion {i}")
        conversions.append(seizureencoding.read_conversion(part))
    if reader.number(1, "condition") != NO_CONDITION:
        raise FormatError("the bundle has a condition, which this version does not know")
    binding = reader.signature("binding signature")
    num_flows = sum(len(leg.flows) for leg in legs)
    if num_flows > MAX_BUNDLE_FLOWS:
        raise LimitExceeded(f"the bundle has {num_flows} flows, more than {MAX_BUNDLE_FLOWS}")
    num_attestations = num_flows + sum(leg.is_insurance for leg in legs)
    attestations = tuple(_attestation(reader, i) for i in range(num_attestations))
    reader.finish()
    return Bundle(ledger_id, tuple(legs), tuple(seizures), tuple(conversions), binding, attestations)


def _whole_leg(reader: FieldReader, size: int) -> Leg:
    if size > MAX_LEG_BYTES:
        raise LimitExceeded(f"{reader.what} has {size} bytes, more than {MAX_LEG_BYTES}")
    leg = _leg(reader)
    reader.finish()
    return leg


def _leg(reader: FieldReader) -> Leg:
    reader.magic(LEG_MAGIC, _OLD_MAGICS)
    has_escrow, is_insurance = reader.mark("escrow mark"), reader.mark("insurance mark")
    num_flows, num_ciphertexts = reader.count("flows", MAX_FLOWS), reader.count("ciphertexts", MAX_CIPHERTEXTS)
    key, public = KeyDigest(reader.digest("key")), legfields.public(reader)
    flows = tuple(flowencoding.read(reader, i) for i in range(num_flows))
    expiry_ms = reader.number(8, "expiry", most=MAX_EXPIRY_MS)
    companions, terms = reader.digest("companions"), reader.digest("terms")
    ciphertexts = tuple(reader.take(CIPHERTEXT_BYTES, f"ciphertext {i}") for i in range(num_ciphertexts))
    sealed = legfields.escrow(reader) if has_escrow else None
    proof = reader.proof("proof")
    escrow = None if sealed is None else Escrow(*sealed, reader.proof("escrow proof"))
    margin = legfields.margin(reader) if reader.mark("margin mark") else None
    leg = Leg(key, public, proof, escrow, margin, flows, expiry_ms, companions, terms, ciphertexts, is_insurance,
              reader.signature("signature"))  # fmt: skip
    legfields.check_marks(reader.what, leg)
    return leg


def _attestation(reader: FieldReader, number: int) -> Signature | None:
    return reader.signature(f"attestation {number}") if reader.mark(f"mark of attestation {number}") else None
