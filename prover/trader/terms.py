"""The secret half of an order: the amounts that its leg sells and buys, and the blinding of its value commitment.

    kind 1 │ 8 changes of 9, signed │ blinding 32 │ expiry_ms 8        113 bytes, big-endian, zeros after

A number after a field's name is its size in bytes.  The value of `kind` is KIND.
A change is new − old balance, negative for what is sold; both are signed 64-bit, so it needs 65 bits.
"""

from dataclasses import dataclass

from circuits import records
from prover.trader import keys
from zk.curves import babyjubjub
from zk.fields import prime

KIND = 2
CHANGE_BYTES = 9
BYTES = 1 + records.ASSETS * CHANGE_BYTES + 32 + 8
CHANGE_LIMIT = 1 << records.BALANCE_BITS


@dataclass(frozen=True, repr=False)
class Terms(keys.Secret):
    """Eight changes in smallest units, 0 <= blinding < l, and the time in milliseconds after which the leg is void."""

    changes: tuple[int, ...]
    blinding: int
    expiry_ms: int


def encode(terms: Terms) -> bytes:
    """The terms in 113 bytes."""
    changes = b"".join(change.to_bytes(CHANGE_BYTES, "big", signed=True) for change in terms.changes)
    return bytes([KIND]) + changes + prime.to_bytes(terms.blinding) + terms.expiry_ms.to_bytes(8, "big")


def decode(plaintext: bytes) -> Terms | None:
    """The terms, or None when the plaintext is not an order's terms."""
    changes = tuple(
        int.from_bytes(plaintext[start : start + CHANGE_BYTES], "big", signed=True)
        for start in range(1, 1 + records.ASSETS * CHANGE_BYTES, CHANGE_BYTES)
    )
    blinding = int.from_bytes(plaintext[BYTES - 40 : BYTES - 8], "big")
    in_range = blinding < babyjubjub.ORDER and all(-CHANGE_LIMIT < change < CHANGE_LIMIT for change in changes)
    if plaintext[0] != KIND or not in_range or any(plaintext[BYTES:]):
        return None
    return Terms(changes, blinding, int.from_bytes(plaintext[BYTES - 8 : BYTES], "big"))
