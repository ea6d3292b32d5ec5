"""Addresses of payments: an owner and the key that openings are sealed to, as one line of text.

    zks1 ‖ base32(owner ‖ viewing ‖ checksum)      32 + 32 + 4 bytes, 109 characters after the prefix

The letters are bech32's (no 1, b, i, o), in lower case only; the checksum is the first four bytes of
SHA-256("zksettle/address" ‖ owner ‖ viewing).  One address has exactly one spelling.

Every address of a wallet has a key of its own (prover/trader/bases.py): two payers who compare what they were given
cannot tell that they pay the same wallet.
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import x25519

from prover.trader import bases, keys
from zk import domains, entropy
from zk.errors import FormatError
from zk.fields import prime

PREFIX = "zks1"
CHECKSUM_BYTES = 4
TEXT_LENGTH = len(PREFIX) + 109

_RFC4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
LETTERS = frozenset(_BECH32)
_TO_TEXT = str.maketrans(_RFC4648, _BECH32, "=")
_FROM_TEXT = str.maketrans(_BECH32, _RFC4648)


@dataclass(frozen=True)
class Address:
    """An owner (a field element) and the 32 bytes of the key that the wallet has on the owner's base; no secret."""

    owner: int
    viewing: bytes


def of(view: keys.View, index: int) -> Address:
    """The address of one account of a wallet.  Raises FormatError when a viewing key does not have that account."""
    own = keys.watched(view, index)
    if own is None:
        raise FormatError(f"the viewing key does not have the account of index {index}")
    return Address(own.owner, bases.multiply(keys.viewing_key(view), own.owner))


def throwaway() -> Address:
    """A random address: nobody has its keys."""
    owner, viewing = entropy.scalar(prime.R), x25519.X25519PrivateKey.from_private_bytes(entropy.token(32))
    return Address(owner, bases.multiply(viewing, owner))


def encode(address: Address) -> str:
    """The address as 113 characters of text."""
    body = prime.to_bytes(address.owner) + address.viewing
    return PREFIX + letters(body + _checksum(body))


def decode(text: str) -> Address:
    """The address in a text.

    Raises FormatError when the prefix, length, letters or checksum is wrong, when the owner is not a field element,
    and when the sealing key is a point of low order, to which nothing can be sealed (RFC 7748, section 6.1).
    """
    if not text.startswith(PREFIX):
        raise FormatError(f"the address does not begin with {PREFIX}")
    if len(text) != TEXT_LENGTH:
        raise FormatError(f"the address has {len(text)} characters instead of {TEXT_LENGTH}")
    coded = text[len(PREFIX):]
    if not set(coded) <= LETTERS:
        raise FormatError("the address contains a character that no address has")
    data = base64.b32decode(coded.translate(_FROM_TEXT) + "===")
    body, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if checksum != _checksum(body) or letters(data) != coded:
        raise FormatError("the address's checksum is wrong: a character is mistyped")
    owner, viewing = prime.from_bytes(body[:32], prime.R, "the address's owner"), body[32:]
    check_key(viewing)
    return Address(owner, viewing)


def letters(data: bytes) -> str:
    """Bytes in base32, in the letters of addresses."""
    return base64.b32encode(data).decode().translate(_TO_TEXT)


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(domains.ADDRESS + body).digest()[:CHECKSUM_BYTES]


def check_key(viewing: bytes) -> None:
    """Raises FormatError when the key is a point of low order: every shared secret with it is zero."""
    probe = x25519.X25519PrivateKey.from_private_bytes(bytes([8]) + bytes(30) + bytes([64]))
    try:
        probe.exchange(x25519.X25519PublicKey.from_public_bytes(viewing))
    except ValueError:
        raise FormatError("the address's sealing key is a point of low order") from None
