"""How much a peer may ask: a bucket of tokens for each, which fills at a steady rate.

A peer is an IPv4 address, or the /64 of an IPv6 address, which is what one customer gets.  Buckets lie in memory only,
which all processes of the service share, and one that is not in use makes room for another peer's:

    tag │ thousandths of a token │ when it had them, in ms          three numbers, in one of the WAYS places of its set

The tag is a hash of the peer under a key that nobody else knows, so nobody can choose whose bucket makes room.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

from prover.network.service.together import Shared

READ_COST, WRITE_COST, FALSE_PROOF_COST = 1, 10, 500
SETS, WAYS = 4_096, 4
MAX_PEERS = SETS * WAYS
FORWARDED = "zksettle-forwarded"
"""The header of a request that the service of a copy passed on for somebody else."""

_ON_BEHALF = "/forwarded"
_WORDS = 3
BUCKET_WORDS = MAX_PEERS * _WORDS
_PER_S = 1000  # buckets count thousandths of a token, and clocks milliseconds
_TAG_BYTES = 7  # below 2^63 with a bit more


@dataclass(frozen=True)
class Rate:
    """The size of a peer's bucket, and how many tokens flow into it in a second."""

    capacity: int = 2_000
    per_second: int = 1_000


class Peers:
    """The buckets of all peers, as one process sees them.  Belongs to one thread."""

    def __init__(
        self, rate: Rate, now_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
        shared: Shared | None = None,
    ):  # fmt: skip
        self._rate, self._now_ms = rate, now_ms
        self._shared = shared or Shared(1, BUCKET_WORDS)

    def take(self, address: str | None, cost: int) -> int:
        """Takes tokens from a peer's bucket and returns 0, or takes none and returns how many seconds to wait."""
        with self._shared.lock:
            place, thousandths = self._filled(address)
            missing = cost * _PER_S - thousandths
            if missing > 0:
                return -(-missing // (self._rate.per_second * _PER_S))
            self._shared.buckets[place + 1] = thousandths - cost * _PER_S
            return 0

    def fine(self, address: str | None, cost: int) -> None:
        """Takes tokens for work that a peer has caused: its bucket may owe then."""
        with self._shared.lock:
            place, thousandths = self._filled(address)
            self._shared.buckets[place + 1] = max(thousandths - cost * _PER_S, -self._rate.capacity * _PER_S)

    def _filled(self, address: str | None) -> tuple[int, int]:
        """Where the peer's bucket lies, and what is in it now."""
        tag, now_ms, full = tag_of(self._shared, name_of(address)), self._now_ms(), self._rate.capacity * _PER_S
        buckets = self._shared.buckets
        place, is_new = place_of(buckets, tag)
        if is_new:
            buckets[place + 1], buckets[place] = full, tag
        else:
            passed_ms = max(now_ms - buckets[place + 2], 0)
            buckets[place + 1] = min(buckets[place + 1] + passed_ms * self._rate.per_second, full)
        buckets[place + 2] = now_ms
        return place, buckets[place + 1]


def tag_of(shared: Shared, name: str) -> int:
    """A number of a peer; 0 is nobody's."""
    digest = hashlib.blake2b(name.encode(), digest_size=_TAG_BYTES, key=shared.key).digest()
    return 1 + int.from_bytes(digest, "big")


def place_of(rows: memoryview, tag: int) -> tuple[int, bool]:
    """Where the row of this tag begins, or the one that makes room for it, and whether that is so."""
    first = tag % SETS * WAYS * _WORDS
    places = range(first, first + WAYS * _WORDS, _WORDS)
    for place in places:
        if rows[place] == tag:
            return place, False
    return min(places, key=lambda each: (rows[each] != 0, rows[each + 2])), True  # empty, or longest not used


def address_of(address: str | None, *, is_forwarded: bool) -> str | None:
    """What stands for the address from which a request came, if it was passed on."""
    return f"{address}{_ON_BEHALF}" if is_forwarded and address is not None else address


def name_of(address: str | None) -> str:
    """The name of the peer at an address; what others passed on comes from a peer of its own."""
    if address is not None and address.endswith(_ON_BEHALF):
        return name_of(address.removesuffix(_ON_BEHALF)) + _ON_BEHALF
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""  # a Unix socket, or a test
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
