"""Reads untrusted bytes from the front, field by field: the one way in which legs, seizures and bundles are decoded.

Most of the time of decoding one bundle goes into its points: are they on their curves, and in their subgroups?  So
whoever decodes many collects their points, and asks once for all of them (settlement.bundles.manybundles).
"""

from typing import Protocol

from zk import signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Proof
from zk.signature import Signature

DIGEST_BYTES = 32


class LimitExceeded(FormatError):
    """More bytes, legs, flows or ciphertexts than a bundle may have."""


class Points(Protocol):
    """Takes the bytes of points that are to be checked later."""

    def add_point(self, data: bytes) -> None:
        """A point of Baby Jubjub, with coordinates below r."""

    def add_proof(self, data: bytes) -> None:
        """A proof."""


class Unseen:
    """Takes points that nobody looks at, or that somebody else does."""

    def add_point(self, data: bytes) -> None:
        """A point."""

    def add_proof(self, data: bytes) -> None:
        """A proof."""


class FieldReader:
    """Every method raises FormatError, naming `what` is read and the field, for missing or invalid bytes.

    With `points`, these take what is read of points and proofs, whose coordinates nothing has checked then.
    """

    def __init__(self, data: bytes, what: str, points: Points | None = None):
        self._data, self._start, self._end, self.what, self._points = data, 0, len(data), what, points

    def within(self, count: int, field: str, what: str) -> "FieldReader":
        """A reader of the next bytes, which are those of `what`."""
        return FieldReader(self.take(count, field), what, self._points)

    @property
    def taken(self) -> int:
        """How many bytes have been read."""
        return self._start

    def take(self, count: int, field: str) -> bytes:
        """The next bytes."""
        start, end = self._start, self._start + count
        if end > self._end:
            raise FormatError(f"{self.what} ends inside the {field}")
        self._start = end
        return self._data[start:end]

    def magic(self, expected: bytes, old: dict[bytes, str]) -> None:
        """Four bytes that name the format.  `old` says of former ones what they lack."""
        found = self.take(len(expected), "first four bytes")
        if found in old:
            raise FormatError(f"{self.what} has the old format {found.decode()}, {old[found]}: make it again")
        if found != expected:
            raise FormatError(f"{self.what} does not start with {expected.decode()}")

    def count(self, what: str, most: int) -> int:
        """A count of one byte.  Raises LimitExceeded when it is above `most`."""
        count = self.number(1, f"number of {what}")
        if count > most:
            raise LimitExceeded(f"{self.what} has {count} {what}, more than {most}")
        return count

    def number(self, size: int, field: str, *, most: int | None = None, signed: bool = False) -> int:
        """An integer of `size` bytes, at most `most`."""
        value = int.from_bytes(self.take(size, field), "big", signed=signed)
        if most is not None and value > most:
            raise FormatError(f"{self.what}: the {field} is above {most}")
        return value

    def mark(self, field: str) -> bool:
        """A byte that is 0 or 1."""
        return self.number(1, field, most=1) == 1

    def digest(self, field: str) -> bytes:
        """32 bytes."""
        return self.take(DIGEST_BYTES, field)

    def element(self, field: str) -> int:
        """An integer below r."""
        return self._below(prime.R, field)

    def scalar(self, field: str) -> int:
        """An integer below the order of Baby Jubjub's subgroup."""
        return self._below(babyjubjub.ORDER, field)

    def _below(self, modulus: int, field: str) -> int:
        data = self.take(32, field)
        value = int.from_bytes(data, "big")
        return value if value < modulus else prime.from_bytes(data, modulus, f"{self.what}: the {field}")

    def point(self, field: str) -> babyjubjub.Point:
        """A point of the subgroup, not the identity."""
        start = self._start
        x, y = self.element(f"{field}.x"), self.element(f"{field}.y")
        if self._points is None:
            return babyjubjub.point(x, y, f"{self.what}: the {field}")
        self._points.add_point(self._data[start : self._start])
        return x, y

    def commitment(self) -> int:
        """The commitment to a new account, never 0."""
        commitment = self.element("commitment")
        if commitment == 0:
            raise FormatError(f"{self.what}: the commitment is 0, which marks an empty leaf")
        return commitment

    def proof(self, field: str) -> Proof:
        """A Groth16 proof."""
        data = self.take(keys.PROOF_BYTES, field)
        if self._points is None:
            return keys.decode_proof(data, f"{self.what}: the {field}")
        self._points.add_proof(data)
        return keys.read_proof_unchecked(data)

    def signature(self, field: str) -> Signature:
        """A signature on Baby Jubjub."""
        if self._points is None:
            return signature.decode(self.take(signature.ENCODED_BYTES, field), f"{self.what}: the {field}")
        return Signature(self.point(field), self.scalar(field))

    def finish(self) -> None:
        """Raises FormatError when bytes are left over."""
        if self._start != len(self._data):
            raise FormatError(f"{self.what} is followed by {len(self._data) - self._start} bytes too many")
