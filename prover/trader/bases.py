"""The base point of each address: two addresses of one wallet share no key, and one exchange tries all of them.

    B     = hash-to-curve(owner)                       a point of Curve25519 that nobody knows a discrete logarithm of
    V     = X25519(x, B)                               the address's key; x is the wallet's one secret
    E     = X25519(e, B)                               what a sealing to (B, V) carries
    X25519(e, V) = X25519(x, E)                        the secret that both sides share, whichever address it was

So a wallet tries each sealing once, however many addresses it has.  To tell that (B, V) and (B', V') belong to one x is
the decisional Diffie-Hellman problem.  These are the diversified addresses of Zcash (protocol specification, sections
4.2.2 and 5.4.1.6).

The u of B is the first SHA-256(ADDRESS_BASE ‖ owner ‖ counter), without its top bit, that is the u of a point on the
curve and not on its twist.  A clamped scalar is a multiple of 8, so that X25519 leaves nothing of B outside the
subgroup of prime order.
"""

import hashlib
from functools import lru_cache

import gmpy2
from cryptography.hazmat.primitives.asymmetric import x25519

from zk import domains
from zk.fields import prime

P = 2**255 - 19
A = 486_662
KEY_BYTES = 32


@lru_cache(maxsize=8192)  # more than the accounts of a wallet: prover/trader/keeping.py
def of(owner: int) -> bytes:
    """The 32 bytes of the base point of this owner's address."""
    counter = 0
    while True:
        digest = hashlib.sha256(domains.ADDRESS_BASE + prime.to_bytes(owner) + counter.to_bytes(4, "big")).digest()
        u = int.from_bytes(digest, "little") & (1 << 255) - 1
        if u < P and gmpy2.legendre(u * (u * u + A * u + 1) % P, P) == 1:
            return u.to_bytes(KEY_BYTES, "little")
        counter += 1


def multiply(secret: x25519.X25519PrivateKey, owner: int) -> bytes:
    """The 32 bytes of X25519(secret, B) for the base point of this owner's address."""
    return secret.exchange(x25519.X25519PublicKey.from_public_bytes(of(owner)))
