"""The secret half of an order: the amounts that its leg sells and buys, and the blinding of its value commitment.

    kind 1 │ 16 changes of 9, signed │ blinding 32                     177 bytes, big-endian, zeros after

A number after a field's name is its size in bytes.  The value of `kind` is KIND.
A change is new − old balance, negative for what is sold; both are signed 64-bit, so it needs 65 bits.

A reader learns exactly this, and all of it is needed to take the order: the changes, to make the opposite leg, and the
blinding, to sign the bundle with the sum of both.  Whether the leg is on margin and when it expires is in the leg
itself, which is public.  The terms say nothing about the maker's balances, address, or other orders.  Who has the
blinding can prove to others what was traded, for as long as the leg exists, which after it settled is for ever: so a
reader who copies the terms can show them later.  The board forgets them when the order is taken, void or expired.
An order to everybody has the same terms, sealed to a key that everybody has: nothing in them could be left out, because
whoever takes it must be able to sign for both sides while its maker is offline.
"""

from dataclasses import dataclass

from circuits import records
from prover.trader import keys
from zk.curves import babyjubjub
from zk.fields import prime

KIND = 5
CHANGE_BYTES = 9
BYTES = 1 + records.ASSETS * CHANGE_BYTES + 32
CHANGE_LIMIT = 1 << records.BALANCE_BITS


@dataclass(frozen=True, repr=False)
class Terms(keys.Secret):
    """Changes in smallest units, 0 <= blinding < l, and the time in milliseconds after which the leg is void."""

    changes: tuple[int, ...]
    blinding: int
    expiry_ms: int


def encode(terms: Terms) -> bytes:
    """The terms in 177 bytes, without the expiry, which is the leg's."""
    changes = b"".join(change.to_bytes(CHANGE_BYTES, "big", signed=True) for change in terms.changes)
    return bytes([KIND]) + changes + prime.to_bytes(terms.blinding)


def decode(plaintext: bytes, expiry_ms: int) -> Terms | None:
    """The terms of a leg that expires at `expiry_ms`, or None when the plaintext is not an order's terms."""
    changes = tuple(
        int.from_bytes(plaintext[start : start + CHANGE_BYTES], "big", signed=True)
        for start in range(1, 1 + records.ASSETS * CHANGE_BYTES, CHANGE_BYTES)
    )
    blinding = int.from_bytes(plaintext[BYTES - 32 : BYTES], "big")
    in_range = blinding < babyjubjub.ORDER and all(-CHANGE_LIMIT < change < CHANGE_LIMIT for change in changes)
    if plaintext[0] != KIND or not in_range or any(plaintext[BYTES:]):
        return None
    return Terms(changes, blinding, expiry_ms)
