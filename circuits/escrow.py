"""The opening of a margined account, encrypted to the guardians: what prover, ledger, guardian and circuit share.

ElGamal's shared point keys a one-time pad: one permutation of Poseidon, of width 9, whose element 0 never leaves.

    E = e B8                S = e GK                        (the guardians compute S = gk E)
    (k_0, k_1, ..., k_8) = Poseidon(TAG_STREAM, S.x, S.y, 0, ..., 0)
    c_i = m_i + k_i         m = (owner, rho, packed_0, ..., packed_5)
    packed_j = Σ_(k < 3) (b_(3j + k) + 2^63) 2^(64 k)       the last holds one balance only
    digest = H[ESCROW](GK.x, GK.y, E.x, E.y, c_1, ..., c_8)

The pad is secret under Diffie and Hellman's assumption on the subgroup of Baby Jubjub, as long as no e is used for two
accounts.  The guard is public in the leg and not encrypted.  The circuit only asks that GK is on the curve: that it is
the guardians' key, of prime order and not the identity, is checked by whoever compares the digest, with a key that
`babyjubjub.point` or `babyjubjub.unpack` has let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from circuits import records
from circuits.records import ASSETS, BALANCE_BITS, Account
from zk import domains
from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point
from zk.errors import FormatError
from zk.fields.prime import R
from zk.hashes import poseidon

STREAM_WIDTH = 9
BALANCES_EACH = 3
_PACKED = range(0, ASSETS, BALANCES_EACH)
CIPHERTEXT_ELEMENTS = 2 + len(_PACKED)
_HALF = 1 << BALANCE_BITS - 1

T = TypeVar("T")


@dataclass(frozen=True)
class Escrowed:
    """E and c_1 … c_8."""

    ephemeral: Point
    ciphertext: tuple[int, ...]


def message(owner: Any, rho: Any, shifted: Sequence[Any]) -> tuple[Any, ...]:
    """What is encrypted, signals or integers alike; `shifted` are the balances plus 2^63, so from 0 to 2^64 - 1."""
    packed = (
        sum(balance * (1 << BALANCE_BITS * k) for k, balance in enumerate(shifted[first : first + BALANCES_EACH]))
        for first in _PACKED
    )
    return owner, rho, *packed


def stream_state(tag: T, shared: tuple[T, T], zero: T) -> tuple[T, ...]:
    """The permutation's input."""
    return tag, *shared, *[zero] * (STREAM_WIDTH - 3)


def encrypt(account: Account[int], e: int, gk: Point) -> Escrowed:
    """The account's opening for the guardians' key, with the secret e, which must be fresh and uniform below l."""
    shifted = [balance + _HALF for balance in account.balances]
    stream = _stream(babyjubjub.multiply(e, gk))
    texts = zip(message(account.owner, account.rho, shifted), stream, strict=True)
    return Escrowed(babyjubjub.multiply(e, babyjubjub.BASE8), tuple((m + k) % R for m, k in texts))


def digest(
    gk: Point, ephemeral: Point, ciphertext: Sequence[int], hash: records.Hash[int] = poseidon.hash
) -> int:  # fmt: skip
    """The public input of the statement `escrow` that stands for the ciphertext and whom it is for."""
    return records.escrow_digest(hash, gk, ephemeral, ciphertext)


def decrypt(shared: Point, ciphertext: Sequence[int], guard: int) -> Account[int]:
    """The account in a ciphertext, by the shared point S = gk E.

    Compare its commitment with the leg's: that decides whether S was right.  Raises FormatError when what comes out is
    no account, so after a wrong S, or for a ciphertext that no proof of escrow stands behind.
    """
    owner, rho, *packed = ((c - k) % R for c, k in zip(ciphertext, _stream(shared), strict=True))
    shifted = []
    for first, number in zip(_PACKED, packed, strict=True):
        count = min(BALANCES_EACH, ASSETS - first)
        if number >> BALANCE_BITS * count:
            raise FormatError("the escrow's ciphertext does not hold an account under this key")
        shifted += [number >> BALANCE_BITS * k & (1 << BALANCE_BITS) - 1 for k in range(count)]
    return Account(owner, tuple(balance - _HALF for balance in shifted), guard, rho)


def _stream(shared: Point) -> tuple[int, ...]:
    """k_1 … k_8."""
    return poseidon.permutation(stream_state(domains.TAG_STREAM, shared, 0))[1:]
