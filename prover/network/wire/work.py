"""Proof of work (hashcash): what a request costs its sender while many wait, and nothing at other times.

    SHA-256("zksettle/work" │ SHA-256(body) │ nonce, 8 bytes) begins with so many zero bits

The work is for one body, so it is of no use for another, and what is sent again needs none anew.  The sender tries
2^bits nonces on average, the service hashes once.
"""

import hashlib
from itertools import count

from zk import domains
from zk.errors import FormatError

HEADER = "Work"
"""Of a refusal: how many bits are wanted.  Of a request: the nonce, in 16 hexadecimal digits."""
MAX_BITS = 22  # a few seconds in Python
NONCE_BYTES = 8

_HASH_BITS = 256


def find(body: bytes, bits: int) -> str:
    """A nonce for this body.  Raises FormatError when more is asked for than anybody should do."""
    if not 0 <= bits <= MAX_BITS:
        raise FormatError(f"the service asks for {bits} bits of work, more than {MAX_BITS}")
    start = _start(body)
    for nonce in count():
        data = nonce.to_bytes(NONCE_BYTES, "big")
        if _zeros(start, data) >= bits:
            return data.hex()
    raise AssertionError("count never ends")


def is_done(body: bytes, nonce: str, bits: int) -> bool:
    """Whether the nonce, which may be any text, shows this much work for the body."""
    is_hex = nonce.isascii() and nonce.isalnum() and len(nonce) == 2 * NONCE_BYTES
    try:
        return is_hex and _zeros(_start(body), bytes.fromhex(nonce)) >= bits
    except ValueError:
        return False


def _start(body: bytes) -> bytes:
    return domains.WORK + hashlib.sha256(body).digest()


def _zeros(start: bytes, nonce: bytes) -> int:
    return _HASH_BITS - int.from_bytes(hashlib.sha256(start + nonce).digest(), "big").bit_length()
