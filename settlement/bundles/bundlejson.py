"""A bundle as a JSON document, for people: the fields of settlement.bundles.bundle by their names.

    numbers of a field, amounts, periods     decimal strings          points and signatures    their coordinates
    digests and ciphertexts                  hexadecimal digits       account                  "outside", "fee", …
    party and reference                      text where they are printable ASCII, else "0x" and hexadecimal digits

A document stands for one bundle and for its canonical bytes (settlement.bundles.encoding), which is all that settles.
"""

from typing import Any

from circuits.statements import leg as leg_statement
from settlement.bundles import encoding
from settlement.bundles.bundle import (
    CIPHERTEXT_BYTES,
    ESCROW_ELEMENTS,
    GUARD_BYTES,
    MAX_AMOUNT,
    MAX_EPOCH,
    MAX_EXPIRY_MS,
    MAX_PERIOD,
    Account,
    Bundle,
    Conversion,
    ConversionProof,
    Escrow,
    Flow,
    Leg,
    Margin,
    Seizure,
    SeizurePublic,
)
from zk.curves import babyjubjub
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson
from zk.formats.dataclassjson import Codec, array, decimal, hexadecimal, integer, one_of, optional, record, row
from zk.groth16.keys import Proof
from zk.signature import Signature

MAX_VALUES = 1 << 14
"""More than the largest bundle's document has."""


def write(bundle: Bundle) -> dict[str, Any]:
    """The document of a bundle, for `json.dumps`."""
    return _BUNDLE.write(bundle)


def read(document: object) -> bytes:
    """The canonical bytes of the bundle in a document.

    Raises FormatError when a field is malformed, as the bundle's bytes would be, or would not be the same in them.
    """
    bundle = _BUNDLE.read(document, "the bundle")
    try:
        data = encoding.encode_bundle(bundle)
    except (OverflowError, ValueError):  # a count, a length or a small number that has no place in the bytes
        raise FormatError("the bundle has a number or a length that its bytes have no place for") from None
    if encoding.decode_bundle(data) != bundle:
        raise FormatError("the bundle has a field that its bytes leave out, such as the tag of a leg that does not add")
    return data


def _write_label(label: bytes) -> str:
    is_text = label.isascii() and all(0x20 <= byte < 0x7F for byte in label) and not label.startswith(b"0x")
    return label.decode() if is_text else f"0x{label.hex()}"


def _read_label(value: Any, place: str) -> bytes:
    if not isinstance(value, str):
        raise FormatError(f"{place} is not a string")
    label = dataclassjson.of(bytes).read(value[2:], place) if value.startswith("0x") else value.encode()
    if _write_label(label) != value:
        raise FormatError(f"{place} is neither printable ASCII nor the hexadecimal digits of what is not")
    return label


_ACCOUNT_NAMES = one_of(tuple(account.name.lower() for account in Account))
_ACCOUNT = Codec(
    lambda value, place: Account[_ACCOUNT_NAMES.read(value, place).upper()], lambda account: account.name.lower()
)
_ELEMENT = decimal(0, prime.R, "below the modulus")
_FP = decimal(0, prime.P, "below the modulus of the base field")
_POINT = row(_ELEMENT, _ELEMENT)
_LABEL = Codec(_read_label, _write_label)
_DIGEST = hexadecimal(32)
_EPOCH = decimal(0, MAX_EPOCH + 1)
_EXPIRY_MS = integer(0, MAX_EXPIRY_MS)
_SIGNATURE = record(Signature, {"r": _POINT, "s": decimal(0, babyjubjub.ORDER, "below the order of the group")})
_G1 = record(G1Point, dict.fromkeys("xy", _FP))
_G2 = record(G2Point, dict.fromkeys("xy", row(_FP, _FP)))
_PROOF = record(Proof, {"a": _G1, "b": _G2, "c": _G1})
_FLOW = record(
    Flow,
    {
        "asset": integer(0, 255), "amount": decimal(-MAX_AMOUNT, MAX_AMOUNT + 1), "account": _ACCOUNT, "party": _LABEL,
        "reference": _LABEL,
    },
)  # fmt: skip
_LEG_PUBLIC = record(
    leg_statement.Public,
    dict.fromkeys(("root", "nullifier", "commitment", "value_x", "value_y", "rk_x", "rk_y", "tag"), _ELEMENT)
    | {"guard": integer(0, 256**GUARD_BYTES - 1), "adds": integer(0, 1), "period": decimal(0, MAX_PERIOD + 1)},
)
_SEALED = array(_ELEMENT, ESCROW_ELEMENTS, ESCROW_ELEMENTS)
_LEG = record(
    Leg,
    {
        "key": _DIGEST, "public": _LEG_PUBLIC, "proof": _PROOF,
        "escrow": optional(
            record(Escrow, {"key": _DIGEST, "ephemeral": _POINT, "ciphertext": _SEALED, "proof": _PROOF})
        ),
        "margin": optional(record(Margin, {"key": _DIGEST, "epoch": _EPOCH, "proof": _PROOF})),
        "flows": array(_FLOW), "expiry_ms": _EXPIRY_MS, "companions": _DIGEST, "terms": _DIGEST,
        "ciphertexts": array(hexadecimal(CIPHERTEXT_BYTES)), "signature": _SIGNATURE,
    },
)  # fmt: skip
_SEIZURE_PUBLIC = record(
    SeizurePublic,
    dict.fromkeys(("root", "nullifier", "commitment", "value_x", "value_y"), _ELEMENT)
    | {"stale_before": integer(0, 256**GUARD_BYTES - 1)},
)
_SEIZURE = record(
    Seizure,
    {
        "key": _DIGEST, "public": _SEIZURE_PUBLIC, "epoch": _EPOCH, "proof": _PROOF, "expiry_ms": _EXPIRY_MS,
        "companions": _DIGEST, "signature": _SIGNATURE,
    },
)  # fmt: skip
_SCALAR = decimal(0, babyjubjub.ORDER, "below the order of the group")
_CONVERSION = record(
    Conversion,
    {
        "claim": integer(0, 255), "point": _POINT,
        "proof": record(ConversionProof, {"r": _POINT, "z_amount": _SCALAR, "z_blinding": _SCALAR}),
    },
)  # fmt: skip
_BUNDLE = record(
    Bundle,
    {
        "ledger_id": _DIGEST, "legs": array(_LEG, 1), "seizures": array(_SEIZURE), "conversions": array(_CONVERSION),
        "binding": _SIGNATURE, "attestations": array(optional(_SIGNATURE)),
    },
)  # fmt: skip
