"""How much a peer may ask: a bucket of tokens for each, which fills at a steady rate.

A peer is an IPv4 address, or the /64 of an IPv6 address, which is what one customer gets.  Buckets are kept in memory
only and forgotten when they are full.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

READ_COST, WRITE_COST, FALSE_PROOF_COST = 1, 10, 500
MAX_PEERS = 10_000
_PER_S = 1000  # buckets count thousandths of a token, and clocks milliseconds


@dataclass
class _Bucket:
    thousandths: int
    at_ms: int


@dataclass(frozen=True)
class Rate:
    """The size of a peer's bucket, and how many tokens flow into it in a second."""

    capacity: int = 2_000
    per_second: int = 1_000


class Peers:
    """The buckets of all peers.  Belongs to one thread."""

    def __init__(self, rate: Rate, now_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000):
        self._rate, self._now_ms = rate, now_ms
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str | None, cost: int) -> int:
        """Takes tokens from a peer's bucket and returns 0, or takes none and returns how many seconds to wait."""
        bucket = self._filled(address)
        missing = cost * _PER_S - bucket.thousandths
        if missing > 0:
            return -(-missing // (self._rate.per_second * _PER_S))
        bucket.thousandths -= cost * _PER_S
        return 0

    def fine(self, address: str | None, cost: int) -> None:
        """Takes tokens for work that a peer has caused: its bucket may owe then."""
        bucket = self._filled(address)
        bucket.thousandths = max(bucket.thousandths - cost * _PER_S, -self._rate.capacity * _PER_S)

    def _filled(self, address: str | None) -> _Bucket:
        name, now_ms, full = name_of(address), self._now_ms(), self._rate.capacity * _PER_S
        bucket = self._buckets.setdefault(name, _Bucket(full, now_ms))
        bucket.thousandths = min(bucket.thousandths + (now_ms - bucket.at_ms) * self._rate.per_second, full)
        bucket.at_ms = now_ms
        self._buckets.move_to_end(name)
        if len(self._buckets) > MAX_PEERS:
            self._buckets.popitem(last=False)
        return bucket


def name_of(address: str | None) -> str:
    """The name of the peer at an address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""  # a Unix socket, or a test
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
