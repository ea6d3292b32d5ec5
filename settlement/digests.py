"""What is signed and what names a leg or a bundle: domain-separated digests of their canonical bytes.

Ids are over bodies, never over proofs or signatures, which anybody (a Groth16 proof) or their owner (a signature) can
make anew for the same content.  What is signed is SHA-512, 512 bits reduced mod r, so the bias is below 2^-250.
"""

import hashlib

from settlement import encoding
from settlement.bundle import Bundle, Leg
from zk import domains, signature
from zk.fields import prime


def leg_id(ledger_id: bytes, leg: Leg) -> bytes:
    """32 bytes that name a leg on one ledger; an order is named by its leg."""
    return hashlib.sha256(_framed(domains.LEG_ID, ledger_id, encoding.encode_body(leg))).digest()


def leg_message(ledger_id: bytes, leg: Leg) -> int:
    """What a leg's owner signs under rk: all of the leg but its proofs, for one ledger.  In [0, r)."""
    return _element(_framed(domains.LEG_MESSAGE, ledger_id, encoding.encode_body(leg)))


def bundle_id(settled: Bundle) -> bytes:
    """32 bytes that name a bundle by what it does."""
    bodies = (encoding.encode_body(leg) for leg in settled.legs)
    return hashlib.sha256(_framed(domains.BUNDLE_ID, settled.ledger_id, *bodies)).digest()


def bundle_message(settled: Bundle) -> int:
    """What whoever knows the sum of the blindings signs: every leg's body and signature, in order.  In [0, r).

    The bundle's own `binding` is no part of it, so a bundle may be made with any, and made again with the true one.
    """
    parts = []
    for leg in settled.legs:
        parts += [encoding.encode_body(leg), signature.encode(leg.signature)]
    return _element(_framed(domains.BUNDLE_MESSAGE, settled.ledger_id, *parts))


def _framed(*parts: bytes) -> bytes:
    """Every part behind its length, so that no two lists of parts share their bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _element(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "big") % prime.R
