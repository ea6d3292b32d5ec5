"""The attribution of a contribution to a setup ceremony: the last part of its record in .ptau and .zkey files.

    u32 kind (0 a person, 1 a beacon) | u32 length | parameters, each at most once, in ascending order:
    01 | u8 length | name          02 | u8 iterations_exp          03 | u8 length | beacon

A beacon is public randomness, hashed 2^iterations_exp times so that nobody can choose the result.  Parameters 2 and 3
are mandatory for a beacon and forbidden for a person.  (snarkjs, "powersoftau_utils.js" and "zkey_utils.js".)
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError

MAX_NAME_BYTES = 255
MAX_NAME_LETTERS = 64  # of a name that we write; UTF-16 units, as JavaScript counts
MAX_BEACON_BYTES = 255
MIN_ITERATIONS_EXP, MAX_ITERATIONS_EXP = 10, 63  # what snarkjs allows
MAX_WORK_EXP = 26  # the most hashes that we compute, as a power of two: about a minute

_HEAD = struct.Struct("<II")
MAX_BYTES = _HEAD.size + (2 + MAX_NAME_BYTES) + 2 + (2 + MAX_BEACON_BYTES)
_PERSON, _BEACON = 0, 1
_NAME, _ITERATIONS_EXP, _VALUE = 1, 2, 3


@dataclass(frozen=True)
class ProofOfKnowledge:
    """A proof of knowledge of a secret x: s and x·s in G1, and x·t in G2.  See zk/ceremony/proof_of_knowledge.py."""

    g1_s: G1Point
    g1_sx: G1Point
    g2_spx: G2Point


@dataclass(frozen=True)
class Beacon:
    """Public randomness, to be hashed 2^iterations_exp times."""

    value: bytes
    iterations_exp: int


@dataclass(frozen=True)
class Attribution:
    """The contributor's name, if known, and the beacon, if the contribution was derived from one."""

    name: str | None = None
    beacon: Beacon | None = None


def check_iterations(iterations_exp: int, what: str) -> None:
    """Raises FormatError, naming `what`, unless the format allows a beacon of 2^iterations_exp iterations."""
    if not MIN_ITERATIONS_EXP <= iterations_exp <= MAX_ITERATIONS_EXP:
        raise FormatError(
            f"{what} has 2^{iterations_exp} iterations; the range is 2^{MIN_ITERATIONS_EXP} to 2^{MAX_ITERATIONS_EXP}"
        )


def check(attribution: Attribution) -> None:
    """Raises FormatError when it cannot be written: the name is too long, or the beacon has a bad size or exponent."""
    name, beacon = attribution.name or "", attribution.beacon
    if any(0xD800 <= ord(letter) < 0xE000 for letter in name) or len(name.encode("utf-16-le")) > 2 * MAX_NAME_LETTERS:
        raise FormatError(f"the contributor's name must be text of at most {MAX_NAME_LETTERS} letters")
    if beacon is not None:
        if not 1 <= len(beacon.value) <= MAX_BEACON_BYTES:
            raise FormatError(f"the beacon has {len(beacon.value)} bytes; it must have 1 to {MAX_BEACON_BYTES}")
        check_iterations(beacon.iterations_exp, "the beacon")


def check_work(attributions: Iterable[Attribution]) -> None:
    """Raises FormatError, before anything is hashed, when a ceremony's beacons have too many iterations in total."""
    exponents = [one.beacon.iterations_exp for one in attributions if one.beacon is not None]
    if sum(1 << exponent for exponent in exponents) > 1 << MAX_WORK_EXP:
        raise FormatError(
            f"verifying the beacons takes more than 2^{MAX_WORK_EXP} hashes, the limit "
            f"(the largest beacon has 2^{max(exponents)} iterations)"
        )


def encode(attribution: Attribution) -> bytes:
    """The end of the record.  Raises FormatError like `check`."""
    check(attribution)
    parameters, kind = b"", _PERSON
    if attribution.name:
        name = attribution.name.encode()
        parameters += bytes([_NAME, len(name)]) + name
    if attribution.beacon is not None:
        kind, beacon = _BEACON, attribution.beacon
        parameters += bytes([_ITERATIONS_EXP, beacon.iterations_exp, _VALUE, len(beacon.value)]) + beacon.value
    return _HEAD.pack(kind, len(parameters)) + parameters


def decode(data: memoryview, what: str) -> tuple[Attribution, int]:
    """The attribution at the start of `data`, and its length in bytes.

    Raises FormatError, naming `what`, when the data is cut short, a kind or parameter is unknown, a parameter is out of
    order, the name is not UTF-8, or a beacon's parameters are missing, out of range, or present without a beacon.
    """
    if len(data) < _HEAD.size:
        raise FormatError(f"{what} is cut short")
    kind, length = _HEAD.unpack_from(data)
    end = _HEAD.size + length
    if kind not in (_PERSON, _BEACON):
        raise FormatError(f"{what} has the unknown kind {kind}")
    if end > len(data):
        raise FormatError(f"{what} is cut short")
    parameters = _parameters(bytes(data[_HEAD.size : end]), what)
    is_beacon = kind == _BEACON
    if is_beacon != (_ITERATIONS_EXP in parameters) or is_beacon != (_VALUE in parameters):
        raise FormatError(f"{what} does not have exactly the parameters of its kind")
    beacon = Beacon(parameters[_VALUE], parameters[_ITERATIONS_EXP][0]) if is_beacon else None
    if beacon is not None:
        check_iterations(beacon.iterations_exp, f"{what}: the beacon")
    return Attribution(_text(parameters[_NAME], what) if _NAME in parameters else None, beacon), end


def _parameters(data: bytes, what: str) -> dict[int, bytes]:
    """The parameters by number."""
    parameters: dict[int, bytes] = {}
    while data:
        number, data = data[0], data[1:]
        if number not in (_NAME, _ITERATIONS_EXP, _VALUE) or number <= max(parameters, default=0):
            raise FormatError(f"{what} has the parameter {number}, which is unknown or out of order")
        if number != _ITERATIONS_EXP:
            length, data = data[:1], data[1:]
            size = length[0] if length else 0
        else:
            size = 1
        if not size or size > len(data):
            raise FormatError(f"{what} has a parameter that is empty or cut short")
        parameters[number], data = data[:size], data[size:]
    return parameters


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FormatError(f"{what} has a name that is not UTF-8") from None
