"""One contribution to the ceremony, NUMBER-NAME.contribution: for every statement a key with one more secret in it.

    the container of zk/formats/sections.py, magic "zkct", version 1, with the sections in this order
    1          the head, canonical JSON: number, previous, name, made_ms, public_key, beacon
    2          the Ed25519 signature of the contributor, 64 bytes, over a tag and the SHA-256 of all other sections
    3 + 4 i    for statement i of the start: what the contribution says of itself, as snarkjs keeps it in a .zkey
    4 + 4 i    [δ]₂
    5 + 4 i    the points c of the private wires
    6 + 4 i    the points h

`previous` is the SHA-256 of the file before, so the last file's digest stands for the whole transcript.  Points are
affine Montgomery words.  Here bytes are taken apart and signatures are checked; what the points must satisfy is
settlement/ceremony/verifying.py.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from zk import domains
from zk.errors import FormatError, InvalidProof
from zk.formats import attribution, sections, strictjson

SUFFIX = ".contribution"
MAX_STATEMENTS = 16
MAX_NUMBER = 4096  # what zk/formats/zkeycontributions.py reads
MAX_NAME = 64  # bytes in UTF-8
MAX_FILE_BYTES = 1 << 26  # a contribution to leg and margin has 3.4 MB
MAX_BEACON_BYTES = 255
PUBLIC_KEY_BYTES, SIGNATURE_BYTES = 32, 64

_MAGIC, _VERSION = b"zkct", 1
_HEAD, _SIGNATURE, _FIRST_SHARE = 1, 2, 3
_PARTS = ("what the contribution says", "delta", "the points c", "the points h")
_NAMES = {_HEAD: "the head", _SIGNATURE: "the signature"} | {
    _FIRST_SHARE + number: f"{_PARTS[number % len(_PARTS)]} of statement {number // len(_PARTS)}"
    for number in range(MAX_STATEMENTS * len(_PARTS))
}
_MAX_HEAD_BYTES = 4096
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


@dataclass(frozen=True)
class Beacon:
    """A public value that nobody could know before its time, hex, hashed 2^iterations_exp times for the secret."""

    value: str
    iterations_exp: int


@dataclass(frozen=True)
class Head:
    """What a contributor says: the place in the chain, who they are, when it was, and that it is a beacon's, if so."""

    number: int
    previous: str  # 64 hex digits
    name: str
    made_ms: int
    public_key: str  # 64 hex digits
    beacon: Beacon | None


@dataclass(frozen=True)
class Share:
    """What a contribution makes of one statement's key; the bytes as they lie in the file."""

    record: bytes
    delta_g2: bytes
    l_query: bytes
    h_query: bytes


@dataclass(frozen=True, repr=False)
class Contribution:
    """A contribution's file: one share for every statement, in the order of the start."""

    head: Head
    shares: tuple[Share, ...]
    signature: bytes

    def __repr__(self) -> str:
        return f"Contribution({self.head})"


def fingerprint(public_key: str) -> str:
    """What people compare: 80 bits of the SHA-256 of a contributor's public key, in groups of four digits."""
    digits = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:20]
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def file_name(head: Head) -> str:
    """How a contribution's file is called: its number, and its name as far as file systems like it."""
    plain = re.sub(r"[^a-z0-9]+", "-", head.name.lower()).strip("-")[:32] or "someone"
    return f"{head.number:04d}-{plain}{SUFFIX}"


def signed(head: Head, shares: Sequence[Share], sign: Callable[[bytes], bytes]) -> Contribution:
    """The contribution with the signature that `sign` gives for a message."""
    return Contribution(head, tuple(shares), sign(_message(head, shares)))


def check_signature(found: Contribution, what: str) -> None:
    """Raises InvalidProof, naming `what`, unless the contribution is signed under its public key."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.head.public_key))
    try:
        key.verify(found.signature, _message(found.head, found.shares))
    except InvalidSignature:
        raise InvalidProof(f"{what} is not signed by the key it names, {fingerprint(found.head.public_key)}") from None


def encode(found: Contribution) -> bytes:
    """The file's bytes."""
    parts = [(_HEAD, _encode_head(found.head)), (_SIGNATURE, found.signature), *_shares(found.shares)]
    file = io.BytesIO()
    sections.write(file, _MAGIC, _VERSION, [(number, len(data), [data]) for number, data in parts])
    return file.getvalue()


def decode(data: bytes, what: str) -> Contribution:
    """The contribution in a file's bytes.

    Raises FormatError, naming `what`, when they are not exactly what `encode` writes; points are left as bytes.
    """
    found = sections.split(data, _MAGIC, _VERSION, _NAMES, what)
    count, rest = divmod(len(found) - _FIRST_SHARE + 1, len(_PARTS))
    if rest or count < 1 or list(found) != list(range(_HEAD, len(found) + _HEAD)):
        raise FormatError(f"{what} does not have the sections of a contribution, in their order")
    head = _decode_head(bytes(found[_HEAD].data), what)
    found[_SIGNATURE].check_length(SIGNATURE_BYTES)
    parts = [bytes(found[number].data) for number in range(_FIRST_SHARE, len(found) + _HEAD)]
    shares = tuple(Share(*parts[i : i + len(_PARTS)]) for i in range(0, len(parts), len(_PARTS)))
    return Contribution(head, shares, bytes(found[_SIGNATURE].data))


def check_name(name: object, what: str) -> None:
    """Raises FormatError unless this is a name that can be shown: 1 to 64 bytes in UTF-8, all of it printable."""
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.encode()) <= MAX_NAME:
        raise FormatError(f"{what}: the name is not 1 to {MAX_NAME} bytes of printable characters")


def check_beacon(found: Beacon, what: str) -> None:
    """Raises FormatError unless this is a value of 1 to 255 bytes and an exponent that can be verified."""
    if not isinstance(found.value, str) or not _HEX.fullmatch(found.value) or len(found.value) > 2 * MAX_BEACON_BYTES:
        raise FormatError(f"{what} is not 1 to {MAX_BEACON_BYTES} bytes in hex digits")
    least, most = attribution.MIN_ITERATIONS_EXP, attribution.MAX_WORK_EXP
    check_number(found.iterations_exp, least, most, f"{what}: the exponent of its iterations")


def check_digest(value: object, what: str) -> None:
    """Raises FormatError unless this is 64 hex digits."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise FormatError(f"{what} is not 64 hex digits")


def check_number(value: object, least: int, most: int, what: str) -> None:
    """Raises FormatError unless this is an integer from `least` to `most`."""
    if type(value) is not int or not least <= value <= most:
        raise FormatError(f"{what} is not an integer from {least} to {most}")


def canonical(document: object) -> bytes:
    """JSON with sorted keys, without spaces, in ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _shares(shares: Sequence[Share]) -> list[tuple[int, bytes]]:
    """Number and bytes of every section of the shares."""
    parts = [part for share in shares for part in (share.record, share.delta_g2, share.l_query, share.h_query)]
    return list(enumerate(parts, start=_FIRST_SHARE))


def _message(head: Head, shares: Sequence[Share]) -> bytes:
    """What is signed: every section but the signature, each with its number and length before it."""
    digest = hashlib.sha256()
    for number, data in [(_HEAD, _encode_head(head)), *_shares(shares)]:
        digest.update(number.to_bytes(4, "little") + len(data).to_bytes(8, "little"))
        digest.update(data)
    return domains.CEREMONY_CONTRIBUTION + digest.digest()


def _encode_head(head: Head) -> bytes:
    return canonical(asdict(head))


def _decode_head(data: bytes, what: str) -> Head:
    document = strictjson.loads(data, what, _MAX_HEAD_BYTES)
    fields = strictjson.has_keys(document, {"number", "previous", "name", "made_ms", "public_key", "beacon"}, what)
    check_number(fields["number"], 1, MAX_NUMBER, f"{what}: the number")
    check_number(fields["made_ms"], 0, 2**63 - 1, f"{what}: the time")
    check_name(fields["name"], what)
    for name in ("previous", "public_key"):
        check_digest(fields[name], f"{what}: {name}")
    beacon = None if fields["beacon"] is None else _decode_beacon(fields["beacon"], f"{what}: the beacon")
    head = Head(**{**fields, "beacon": beacon})
    if _encode_head(head) != data:
        raise FormatError(f"{what}: the head is not in its canonical form")
    return head


def _decode_beacon(document: object, what: str) -> Beacon:
    found = Beacon(**strictjson.has_keys(document, {"value", "iterations_exp"}, what))
    check_beacon(found, what)
    return found
