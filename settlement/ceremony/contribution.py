"""One contribution to the ceremony, NUMBER-NAME.contribution: every statement's key with one more secret.

    the container of zk/formats/sections.py, magic "zkct", version 1, with these sections in this order
    1          the head, canonical JSON: number, previous, name, made_ms, public_key, beacon
    2          the contributor's Ed25519 signature, 64 bytes, of a tag and the SHA-256 of all other sections
    3 + 4 i    for statement i of the start: the contribution's record, as snarkjs stores it in a .zkey
    4 + 4 i    [δ]₂
    5 + 4 i    the points c of the private wires
    6 + 4 i    the points h

`previous` is the SHA-256 of the previous file, so the digest of the last file identifies the whole transcript.  Points
are affine Montgomery words.  This module parses files and checks signatures; settlement/ceremony/verifying.py verifies
the points.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from zk import domains
from zk.errors import FormatError, InvalidProof
from zk.formats import attribution, dataclassjson, sections, strictjson
from zk.formats.attribution import Beacon
from zk.formats.dataclassjson import Codec

SUFFIX = ".contribution"
MAX_STATEMENTS = 16
MAX_NUMBER = 4096  # what zk/formats/zkeycontributions.py reads
MAX_NAME = 64  # bytes in UTF-8
MAX_FILE_BYTES = 1 << 26  # a contribution to leg and margin has 3.4 MB
SIGNATURE_BYTES = 64

_MAGIC, _VERSION = b"zkct", 1
_HEAD, _SIGNATURE, _FIRST_SHARE = 1, 2, 3
_PARTS = ("the record", "delta", "the points c", "the points h")
_NAMES = {_HEAD: "the head", _SIGNATURE: "the signature"} | {
    _FIRST_SHARE + number: f"{_PARTS[number % len(_PARTS)]} of statement {number // len(_PARTS)}"
    for number in range(MAX_STATEMENTS * len(_PARTS))
}
_MAX_HEAD_BYTES = 4096
_BEACON_DIGITS = re.compile(rf"(?:[0-9a-f]{{2}}){{1,{attribution.MAX_BEACON_BYTES}}}", re.ASCII)


def check_name(name: object, what: str) -> None:
    """Raises FormatError unless this is a printable name: 1 to 64 bytes in UTF-8."""
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.encode()) <= MAX_NAME:
        raise FormatError(f"{what} is not 1 to {MAX_NAME} bytes of printable characters")


def _read_name(value: object, place: str) -> str:
    check_name(value, place)
    return str(value)


def _read_value(value: object, place: str) -> bytes:
    if not isinstance(value, str) or not _BEACON_DIGITS.fullmatch(value):
        raise FormatError(f"{place} is not 1 to {attribution.MAX_BEACON_BYTES} bytes in hex digits")
    return bytes.fromhex(value)


Digest = Annotated[str, dataclassjson.text("[0-9a-f]{64}", "64 hex digits")]
Name = Annotated[str, Codec(_read_name, str)]
TimeMs = Annotated[int, dataclassjson.integer(0, 2**63 - 1)]
_ITERATIONS_EXP = dataclassjson.integer(attribution.MIN_ITERATIONS_EXP, attribution.MAX_WORK_EXP)
_BEACON = dataclassjson.record(Beacon, {"value": Codec(_read_value, bytes.hex), "iterations_exp": _ITERATIONS_EXP})


@dataclass(frozen=True)
class Head:
    """The contribution's place in the chain, its contributor, its time, and its beacon if it has one."""

    number: Annotated[int, dataclassjson.integer(1, MAX_NUMBER)]
    previous: Digest
    name: Name
    made_ms: TimeMs
    public_key: Digest
    beacon: Annotated[Beacon | None, dataclassjson.optional(_BEACON)]


@dataclass(frozen=True)
class Share:
    """The new parts of one statement's key, in the bytes of the file."""

    record: bytes
    delta_g2: bytes
    l_query: bytes
    h_query: bytes


@dataclass(frozen=True, repr=False)
class SignedContribution:
    """A contribution file: one share for every statement, in the order of the start."""

    head: Head
    shares: tuple[Share, ...]
    signature: bytes

    def __repr__(self) -> str:
        return f"SignedContribution({self.head})"


def fingerprint(public_key: str) -> str:
    """80 bits of the SHA-256 of a contributor's public key, in groups of four digits, for people to compare."""
    digits = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:20]
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def file_name(head: Head) -> str:
    """The name of a contribution's file: its number and the characters of its name that every file system allows."""
    plain = re.sub(r"[^a-z0-9]+", "-", head.name.lower()).strip("-")[:32] or "someone"
    return f"{head.number:04d}-{plain}{SUFFIX}"


def sign(head: Head, shares: Sequence[Share], sign_message: Callable[[bytes], bytes]) -> SignedContribution:
    """The contribution, signed by `sign_message`."""
    return SignedContribution(head, tuple(shares), sign_message(_message(head, shares)))


def check_signature(contribution: SignedContribution, what: str) -> None:
    """Raises InvalidProof, naming `what`, unless the signature is valid under the contribution's public key."""
    head = contribution.head
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
    try:
        key.verify(contribution.signature, _message(head, contribution.shares))
    except InvalidSignature:
        raise InvalidProof(f"{what} is not signed by the key it names, {fingerprint(head.public_key)}") from None


def encode(contribution: SignedContribution) -> bytes:
    """The file's bytes."""
    head = _HEAD, _encode_head(contribution.head)
    parts = [head, (_SIGNATURE, contribution.signature), *_sections(contribution.shares)]
    file = io.BytesIO()
    sections.write(file, _MAGIC, _VERSION, [(number, len(data), [data]) for number, data in parts])
    return file.getvalue()


def decode(data: bytes, what: str) -> SignedContribution:
    """The contribution in a file's bytes; its points are not decoded.

    Raises FormatError, naming `what`, unless `encode` would write exactly these bytes.
    """
    parts = sections.split(data, _MAGIC, _VERSION, _NAMES, what)
    count, rest = divmod(len(parts) - _FIRST_SHARE + 1, len(_PARTS))
    if rest or count < 1 or list(parts) != list(range(_HEAD, len(parts) + _HEAD)):
        raise FormatError(f"{what} does not have the sections of a contribution, in their order")
    head = _decode_head(bytes(parts[_HEAD].data), what)
    parts[_SIGNATURE].check_length(SIGNATURE_BYTES)
    fields = [bytes(parts[number].data) for number in range(_FIRST_SHARE, len(parts) + _HEAD)]
    shares = tuple(Share(*fields[i : i + len(_PARTS)]) for i in range(0, len(fields), len(_PARTS)))
    return SignedContribution(head, shares, bytes(parts[_SIGNATURE].data))


def parse_beacon(digits: str, iterations_exp: int, what: str) -> Beacon:
    """The beacon of a value in hex digits.

    Raises FormatError unless they are 1 to 255 bytes and the exponent is small enough to be verified.
    """
    return _BEACON.read({"value": digits, "iterations_exp": iterations_exp}, what)


def canonical(document: object) -> bytes:
    """JSON with sorted keys, without spaces, in ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _sections(shares: Sequence[Share]) -> list[tuple[int, bytes]]:
    """The number and the bytes of every section of the shares."""
    parts = [part for share in shares for part in (share.record, share.delta_g2, share.l_query, share.h_query)]
    return list(enumerate(parts, start=_FIRST_SHARE))


def _message(head: Head, shares: Sequence[Share]) -> bytes:
    """The signed message: a tag and the hash of all sections but the signature, each after its number and length."""
    digest = hashlib.sha256()
    for number, data in [(_HEAD, _encode_head(head)), *_sections(shares)]:
        digest.update(number.to_bytes(4, "little") + len(data).to_bytes(8, "little"))
        digest.update(data)
    return domains.CEREMONY_CONTRIBUTION + digest.digest()


def _encode_head(head: Head) -> bytes:
    return canonical(dataclassjson.write(head))


def _decode_head(data: bytes, what: str) -> Head:
    head = dataclassjson.read(Head, strictjson.loads(data, what, _MAX_HEAD_BYTES), f"{what}: the head")
    if _encode_head(head) != data:
        raise FormatError(f"{what}: the head is not in its canonical form")
    return head
