"""The secret half of an order: the amounts that its leg sells and buys, and the blinding of its value commitment.

    kind 1 │ 16 changes of 9, signed │ blinding 32 │ group 16 │ lots 1            194 bytes, big-endian, zeros after
    kind 1 │ 16 changes of 9, signed │ blinding 32                                177 bytes, of an earlier version

A number after a field's name is its size in bytes.  The value of `kind` is KIND, or OLD_KIND of the earlier version.
A change is new − old balance, negative for what is sold; both are signed 64-bit, so it needs 65 bits.

An order may be one *lot* of a set of 2 to MAX_LOTS, each of them on an account of its own.  `group` is what they have
in common, 16 random bytes, and `lots` how many were placed; an order that stands alone has zeros and 1.  The board does
not learn which orders belong together.  A reader does, and could place an order of its own under the same group: so
`group` is how a set is shown, and never a reason to take an order at another price (prover/trader/lots/sets.py).

A reader learns exactly this, and all of it is needed to take the order: the changes, to make the opposite leg, and the
blinding, to sign the bundle with the sum of both.  Whether the leg is on margin and when it expires is in the leg
itself, which is public.  The terms say nothing about the maker's balances, address, or orders outside the set.  Who
has the blinding can prove to others what was traded, for as long as the leg exists, which after it settled is for ever:
so a reader who copies the terms can show them later.  The board forgets them when the order is taken, void or expired.
An order to everybody has the same terms, sealed to a key that everybody has: nothing in them could be left out, because
whoever takes it must be able to sign for both sides while its maker is offline.
"""

from dataclasses import dataclass

from circuits import records
from prover.trader import keys
from zk.curves import babyjubjub
from zk.fields import prime

OLD_KIND = 5
KIND = 6
CHANGE_BYTES = 9
GROUP_BYTES = 16
_OLD_BYTES = 1 + records.ASSETS * CHANGE_BYTES + 32
BYTES = _OLD_BYTES + GROUP_BYTES + 1
SIZES = {OLD_KIND: _OLD_BYTES, KIND: BYTES}
"""The number of bytes of the terms, by their kind."""

CHANGE_LIMIT = 1 << records.BALANCE_BITS
MAX_LOTS = 31
"""As many lots as one bundle can take, beside the one leg of whoever takes them."""
ALONE = bytes(GROUP_BYTES)
"""The group of an order that belongs to no set."""


@dataclass(frozen=True, repr=False)
class Terms(keys.Secret):
    """Changes in smallest units, 0 <= blinding < l, and the time in milliseconds after which the leg is void.

    `group` names the set of `lots` orders that this one belongs to; ALONE and 1 for an order by itself.
    """

    changes: tuple[int, ...]
    blinding: int
    expiry_ms: int
    group: bytes = ALONE
    lots: int = 1

    @property
    def is_lot(self) -> bool:
        """Whether the order says that it is one of a set."""
        return self.group != ALONE


def is_set(group: bytes, lots: int) -> bool:
    """Whether the two fit together: ALONE with 1, any other group with 2 to MAX_LOTS."""
    return lots == 1 if group == ALONE else 2 <= lots <= MAX_LOTS


def encode(terms: Terms) -> bytes:
    """The terms in 194 bytes, without the expiry, which is the leg's."""
    assert is_set(terms.group, terms.lots), "a set has 2 to 31 lots, and an order by itself has no group"
    changes = b"".join(change.to_bytes(CHANGE_BYTES, "big", signed=True) for change in terms.changes)
    return bytes([KIND]) + changes + prime.to_bytes(terms.blinding) + terms.group + bytes([terms.lots])


def decode(plaintext: bytes, expiry_ms: int) -> Terms | None:
    """The terms of a leg that expires at `expiry_ms`, or None when the plaintext is not an order's terms."""
    size = SIZES.get(plaintext[0])
    if size is None or any(plaintext[size:]):
        return None
    changes = tuple(
        int.from_bytes(plaintext[start : start + CHANGE_BYTES], "big", signed=True)
        for start in range(1, 1 + records.ASSETS * CHANGE_BYTES, CHANGE_BYTES)
    )
    blinding = int.from_bytes(plaintext[_OLD_BYTES - 32 : _OLD_BYTES], "big")
    is_old = plaintext[0] == OLD_KIND
    group, lots = (ALONE, 1) if is_old else (plaintext[_OLD_BYTES : BYTES - 1], plaintext[BYTES - 1])
    in_range = blinding < babyjubjub.ORDER and all(-CHANGE_LIMIT < change < CHANGE_LIMIT for change in changes)
    return Terms(changes, blinding, expiry_ms, group, lots) if in_range and is_set(group, lots) else None
