"""Hashes to scalars of Baby Jubjub: SHA-512 under a domain tag, modulo l; 512 bits leave a bias below 2^-250.

No two lists of parts are hashed alike (zk/framing.py).
"""

import hashlib

from zk import framing
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER, Point


def digest(tag: bytes, *parts: bytes) -> bytes:
    """64 bytes."""
    return hashlib.sha512(tag + framing.framed(*parts)).digest()


def scalar(tag: bytes, *parts: bytes) -> int:
    """A scalar in [0, l)."""
    return int.from_bytes(digest(tag, *parts), "big") % ORDER


def number(value: int) -> bytes:
    """An integer below 2^256 as a part."""
    return value.to_bytes(32, "big")


def points(*values: Point) -> bytes:
    """Points of the curve as one part: 32 bytes each."""
    return b"".join(map(babyjubjub.pack, values))
