"""The byte encoding of what stands in a bundle beside its legs: seizures and conversions, each of fixed length.

    seizure         = body │ proof 256 │ signature 96
    body            = "zkS3" │ key 32 │ root │ nullifier │ commitment │ value.x │ value.y, 32 each
                      │ stale before 4 │ epoch 8 │ expiry 8 │ companions 32
    conversion      = conversion body │ R.x 32 │ R.y 32 │ response for the amount 32 │ response for the blinding 32
    conversion body = claim 1 │ point.x 32 │ point.y 32
"""

from circuits import records
from settlement.bundles.bundle import (
    GUARD_BYTES,
    MAX_EPOCH,
    MAX_EXPIRY_MS,
    NO_DIGEST,
    Conversion,
    ConversionProof,
    Seizure,
    SeizurePublic,
)
from settlement.fieldreader import DIGEST_BYTES, FieldReader
from settlement.ids import KeyDigest
from zk import signature
from zk.errors import FormatError
from zk.fields import prime
from zk.groth16 import keys

SEIZURE_MAGIC = b"zkS3"
SEIZURE_BYTES = (
    len(SEIZURE_MAGIC) + DIGEST_BYTES + 5 * 32 + GUARD_BYTES + 2 * 8 + DIGEST_BYTES + keys.PROOF_BYTES
    + signature.ENCODED_BYTES
)
CONVERSION_BYTES = 1 + 6 * 32


def encode_seizure_body(seizure: Seizure) -> bytes:
    """A seizure without its proof and its signature."""
    public = seizure.public
    elements = (public.root, public.nullifier, public.commitment, public.value_x, public.value_y)
    numbers = seizure.epoch.to_bytes(8, "big") + seizure.expiry_ms.to_bytes(8, "big")
    parts = (*map(prime.to_bytes, elements), public.stale_before.to_bytes(GUARD_BYTES, "big"), numbers)
    return b"".join((SEIZURE_MAGIC, seizure.key, *parts, seizure.companions))


def encode_seizure(seizure: Seizure) -> bytes:
    """A seizure's canonical bytes."""
    return encode_seizure_body(seizure) + keys.encode_proof(seizure.proof) + signature.encode(seizure.signature)


def read_seizure(reader: FieldReader) -> Seizure:
    """The next seizure.  Raises FormatError for what the format does not allow, and when it names no companions."""
    reader.magic(SEIZURE_MAGIC, {})
    key = KeyDigest(reader.digest("key"))
    root, nullifier, commitment = reader.element("root"), reader.element("nullifier"), reader.commitment()
    value = reader.point("value")
    public = SeizurePublic(root, nullifier, commitment, *value, reader.number(GUARD_BYTES, "retired guards"))
    epoch = reader.number(8, "epoch", most=MAX_EPOCH)
    expiry_ms = reader.number(8, "expiry", most=MAX_EXPIRY_MS)
    companions = reader.digest("companions")
    if companions == NO_DIGEST:
        raise FormatError(f"{reader.what} does not name its companions, so anybody could take over what it seizes")
    return Seizure(key, public, epoch, reader.proof("proof"), expiry_ms, companions, reader.signature("signature"))


def encode_conversion_body(conversion: Conversion) -> bytes:
    """A conversion without its proof."""
    return bytes([conversion.claim]) + b"".join(map(prime.to_bytes, conversion.point))


def encode_conversion(conversion: Conversion) -> bytes:
    """A conversion's canonical bytes."""
    proof = conversion.proof
    return encode_conversion_body(conversion) + b"".join(
        map(prime.to_bytes, (*proof.r, proof.z_amount, proof.z_blinding))
    )


def read_conversion(reader: FieldReader) -> Conversion:
    """The next conversion, of a claim.  Raises FormatError for what the format does not allow."""
    claim = reader.number(1, "claim", most=records.ASSETS - 1)
    if claim < records.HELD:
        raise FormatError(f"{reader.what} is of asset {claim}, which is held and never converted")
    point, r = reader.point("point"), reader.point("proof's R")
    responses = reader.scalar("response for the amount"), reader.scalar("response for the blinding")
    return Conversion(claim, point, ConversionProof(r, *responses))
