"""Who made a contribution to a ceremony: the end of its record in .ptau and .zkey files.

    u32 kind (0 a person, 1 a beacon) | u32 length | parameters, each at most once, in rising order:
    01 | u8 length | name          02 | u8 exponent          03 | u8 length | beacon

A beacon is public randomness, hashed 2^exponent times so that nobody could choose it: it has parameters 2 and 3, and
nobody else has.  (snarkjs, "powersoftau_utils.js" and "zkey_utils.js".)
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError

MAX_NAME_BYTES = 255
MAX_NAME_LETTERS = 64  # of a name that is written; UTF-16 units, as JavaScript counts
MAX_BEACON_BYTES = 255
MIN_EXPONENT, MAX_EXPONENT = 10, 63  # of a beacon's iterations: what snarkjs allows
MAX_WORK_EXPONENT = 26  # the most that is computed here: a minute

_HEAD = struct.Struct("<II")
MAX_BYTES = _HEAD.size + (2 + MAX_NAME_BYTES) + 2 + (2 + MAX_BEACON_BYTES)
_PERSON, _BEACON = 0, 1
_NAME, _EXPONENT, _VALUE = 1, 2, 3


@dataclass(frozen=True)
class PublicKey:
    """A contributor's proof of knowledge of one secret x: s and x·s in G1, and x·t in G2."""

    g1_s: G1Point
    g1_sx: G1Point
    g2_spx: G2Point


@dataclass(frozen=True)
class Beacon:
    """Public randomness and how often it is hashed: 2^exponent times."""

    value: bytes
    exponent: int


@dataclass(frozen=True)
class Attribution:
    """A contributor's name, if one is given, and the beacon when it was one."""

    name: str | None = None
    beacon: Beacon | None = None


def check_exponent(exponent: int, what: str) -> None:
    """Raises FormatError, naming `what`, unless a beacon may be hashed 2^exponent times."""
    if not MIN_EXPONENT <= exponent <= MAX_EXPONENT:
        raise FormatError(f"{what} has 2^{exponent} iterations, and 2^{MIN_EXPONENT} to 2^{MAX_EXPONENT} is the range")


def check(attribution: Attribution) -> None:
    """Raises FormatError when it cannot be written: a name that is too long, a beacon of a wrong size or exponent."""
    name, beacon = attribution.name or "", attribution.beacon
    if any(0xD800 <= ord(letter) < 0xE000 for letter in name) or len(name.encode("utf-16-le")) > 2 * MAX_NAME_LETTERS:
        raise FormatError(f"the contributor's name is not text of at most {MAX_NAME_LETTERS} letters")
    if beacon is not None:
        if not 1 <= len(beacon.value) <= MAX_BEACON_BYTES:
            raise FormatError(f"the beacon has {len(beacon.value)} bytes, and 1 to {MAX_BEACON_BYTES} is the range")
        check_exponent(beacon.exponent, "the beacon")


def check_work(found: Iterable[Attribution]) -> None:
    """Raises FormatError when the beacons of a ceremony ask for too many hashes together, before any is computed."""
    exponents = [one.beacon.exponent for one in found if one.beacon is not None]
    if sum(1 << exponent for exponent in exponents) > 1 << MAX_WORK_EXPONENT:
        raise FormatError(
            f"the beacons ask for more than 2^{MAX_WORK_EXPONENT} hashes (2^{max(exponents)} for one), "
            "which is the limit of what is checked"
        )


def encode(attribution: Attribution) -> bytes:
    """The end of the record.  Raises FormatError as `check`."""
    check(attribution)
    parameters, kind = b"", _PERSON
    if attribution.name:
        name = attribution.name.encode()
        parameters += bytes([_NAME, len(name)]) + name
    if attribution.beacon is not None:
        kind, beacon = _BEACON, attribution.beacon
        parameters += bytes([_EXPONENT, beacon.exponent, _VALUE, len(beacon.value)]) + beacon.value
    return _HEAD.pack(kind, len(parameters)) + parameters


def decode(data: memoryview, what: str) -> tuple[Attribution, int]:
    """What `data` begins with, and how many bytes that is.

    Raises FormatError, naming `what`: cut short, an unknown kind or parameter, one out of order, a name that is not
    UTF-8, a beacon without its parameters or with an exponent that none has, or parameters of a beacon without one.
    """
    if len(data) < _HEAD.size:
        raise FormatError(f"{what} is cut short")
    kind, length = _HEAD.unpack_from(data)
    end = _HEAD.size + length
    if kind not in (_PERSON, _BEACON):
        raise FormatError(f"{what} has the kind {kind}, which the format does not know")
    if end > len(data):
        raise FormatError(f"{what} is cut short")
    found = _parameters(bytes(data[_HEAD.size : end]), what)
    if (kind == _BEACON) != (_EXPONENT in found) or (kind == _BEACON) != (_VALUE in found):
        raise FormatError(f"{what} does not have exactly the parameters of its kind")
    beacon = Beacon(found[_VALUE], found[_EXPONENT][0]) if kind == _BEACON else None
    if beacon is not None:
        check_exponent(beacon.exponent, f"{what}: the beacon")
    return Attribution(_text(found[_NAME], what) if _NAME in found else None, beacon), end


def _parameters(data: bytes, what: str) -> dict[int, bytes]:
    """The parameters by their numbers."""
    found: dict[int, bytes] = {}
    while data:
        number, data = data[0], data[1:]
        if number not in (_NAME, _EXPONENT, _VALUE) or number <= max(found, default=0):
            raise FormatError(f"{what} has the parameter {number} where the format has none")
        if number != _EXPONENT:
            length, data = data[:1], data[1:]
            size = length[0] if length else 0
        else:
            size = 1
        if not size or size > len(data):
            raise FormatError(f"{what} has a parameter that is empty or cut short")
        found[number], data = data[:size], data[size:]
    return found


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FormatError(f"{what} has a name that is not UTF-8") from None
