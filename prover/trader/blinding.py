"""The secrets of a leg that ends in one's own account: whoever has the wallet's phrase can compute them again.

    key_i    = HKDF-SHA256(seed, salt = KEYS, info = "blinding/" ‖ i)                   32 bytes (prover/trader/keys.py)
    blinding = HKDF-SHA256(key_i, salt = BLINDING, info = commitment)                   64 bytes, mod l
    spending = HKDF-SHA256(key_i, salt = RERANDOMISED, info = commitment)               64 bytes, mod l
    alpha    = spending − ask                                                           so that rk = spending·B8

i is the index of the account that the leg ends in, and the commitment is that account's new one, which has a fresh rho:
no commitment ever occurs twice, not even when the same action is planned again, so no blinding and no rk does.  HKDF's
outputs under other commitments say nothing about one of them, so an order's terms, which tell its takers the blinding
of one leg, tell nothing about another leg.  Alpha is as random as the spending secret of rk, which whoever has the
phrase can sign with again, whatever account the leg started from.  Reducing 512 bits modulo a 251-bit number leaves a
bias below 2^-260.

No viewing key has key_i.  Whoever had it and the opening of a leg could bind that leg into a bundle of his own.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prover.trader import keys
from zk import domains, entropy
from zk.curves import babyjubjub
from zk.fields import prime


def derive(key: bytes, commitment: int) -> int:
    """The blinding of the leg whose new account has this commitment, under the blinding key of that account."""
    return _scalar(key, domains.BLINDING, commitment)


def spending(key: bytes, commitment: int) -> int:
    """The secret of the rk of the leg whose new account has this commitment, under the blinding key of that account."""
    return _scalar(key, domains.RERANDOMISED, commitment)


def choose(key: bytes | None, commitment: int, ask: int) -> tuple[int, int]:
    """(blinding, alpha) of a leg about to be made with `ask`: recomputable, or random for somebody else's account."""
    if key is None:
        return entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    return derive(key, commitment), (spending(key, commitment) - ask) % babyjubjub.ORDER


def _scalar(key: bytes, salt: bytes, commitment: int) -> int:
    wide = HKDF(hashes.SHA256(), keys.WIDE_BYTES, salt=salt, info=prime.to_bytes(commitment)).derive(key)
    return int.from_bytes(wide, "big") % babyjubjub.ORDER
