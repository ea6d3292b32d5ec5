"""The blinding of an own leg, by RFC 5869 and RFC 2104 written out.  Imports nothing of ours."""

import hashlib
import hmac

L = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""The order of Baby Jubjub's subgroup (EIP-2494)."""


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256, RFC 5869, sections 2.2 and 2.3."""
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        output, counter = output + block, counter + 1
    return output[:length]


def blinding(seed: bytes, index: int, commitment: int) -> int:
    """The blinding of the leg that ends in account `index` with this new commitment."""
    return _scalar(seed, index, b"zksettle/blinding", commitment)


def spending(seed: bytes, index: int, commitment: int) -> int:
    """The secret of that leg's rk."""
    return _scalar(seed, index, b"zksettle/re-randomised", commitment)


def _scalar(seed: bytes, index: int, salt: bytes, commitment: int) -> int:
    key = hkdf(seed, b"zksettle/keys", b"blinding/" + index.to_bytes(4, "big"), 32)
    wide = hkdf(key, salt, commitment.to_bytes(32, "big"), 64)
    return int.from_bytes(wide, "big") % L
