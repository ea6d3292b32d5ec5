"""Signed notes (c2sp.org/signed-note): a text, an empty line, and lines with signatures of it.

    If you think cryptography is the answer to your problem,
    then you don't know what your problem is.

    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

A signature line has the name of a key, and in base64 the key's id and the Ed25519 signature of the text with its last
newline.  The id is the first four bytes of SHA-256(name │ newline │ 1 │ public key).  A key as text is its name, its id
in hexadecimal and, in base64, 1 and the public key, with + between them.  Signatures of unknown keys are ignored.
A key of another kind has another number than 1, and signs something else (settlement.log.cosignature).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from settlement.wellformed import check_key_name
from zk.errors import FormatError, InvalidProof

MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 100
ED25519 = b"\1"
COSIGNATURE = b"\4"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_ID_BYTES = 4
_DASH = "— "


@dataclass(frozen=True)
class Key:
    """A public key, its name, and what it signs: notes (ED25519), or that it saw a checkpoint (COSIGNATURE).

    Raises FormatError for a name with a space or a plus sign, or without characters.
    """

    name: str
    public: bytes
    kind: bytes = ED25519

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise FormatError(f"a note's public key must have {KEY_BYTES} bytes")

    @property
    def id(self) -> bytes:
        """The four bytes by which signatures name the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"


def parse_key(text: str, kind: bytes = ED25519) -> Key:
    """The key in a text such as "example.com/log+0e2a…+AY3k…".

    Raises FormatError when it is malformed or of another kind.
    """
    name, _, rest = text.strip().partition("+")
    digits, _, encoded = rest.partition("+")
    data = decode_base64(encoded, "a note's key")
    if len(data) != 1 + KEY_BYTES or data[:1] != kind:
        raise FormatError(f"a note's key is not one {'for cosignatures' if kind == COSIGNATURE else 'of Ed25519'}")
    key = Key(name, data[1:], kind)
    if key.id.hex() != digits:
        raise FormatError("a note's key has an id that is not its own")
    return key


def sign(text: str, name: str, secret: Ed25519PrivateKey) -> str:
    """The signed note.  The text ends with a newline and has no empty line that could be taken for the separator."""
    assert text.endswith("\n"), "a note's text ends with a newline"
    key = Key(name, secret.public_key().public_bytes_raw())
    return f"{text}\n{line(key, secret.sign(text.encode()))}"


def line(key: Key, signature: bytes) -> str:
    """The line of a signature by this key."""
    return f"{_DASH}{key.name} {base64.b64encode(key.id + signature).decode()}\n"


def text_of(note: str) -> str:
    """The text of a note, with its last newline, whoever signed it.  Raises FormatError when the note is malformed."""
    return _split(note)[0]


def verify(note: str, key: Key) -> str:
    """The text of a note that this key has signed.

    Raises FormatError when the note is malformed, and InvalidProof when the key has not signed it.
    """
    text, signatures = signatures_by(note, key)
    for signature in signatures:
        check(key, signature, text.encode())
    return text


def signatures_by(note: str, key: Key) -> tuple[str, list[bytes]]:
    """The text of a note, and this key's signatures, of which there is at least one.  Nothing is verified.

    Raises FormatError when the note is malformed, and InvalidProof when it has no signature by this key.
    """
    text, signatures = _split(note)
    ours = [signature for name, key_id, signature in signatures if (name, key_id) == (key.name, key.id)]
    if not ours:
        raise InvalidProof(f"the note is not signed by {key.name} with this key")
    return text, ours


def check(key: Key, signature: bytes, message: bytes) -> None:
    """Raises InvalidProof unless this is the key's Ed25519 signature of the message, which a note's text belongs to."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise InvalidProof(f"the signature of {key.name} is not one of this note's text") from None


def decode_base64(text: str, what: str) -> bytes:
    """The bytes of a canonical base64 text.  Raises FormatError for any other."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not text or base64.b64encode(data).decode() != text:
        raise FormatError(f"{what} is not in base64")
    return data


def _split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text of a note, and name, key id and signature of each of its signatures."""
    if len(note.encode()) > MAX_NOTE_BYTES:
        raise FormatError(f"the note has more than {MAX_NOTE_BYTES} bytes")
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise FormatError("the note is not a text, an empty line and signatures, each line with a newline")
    signatures = lines[:-1].split("\n")
    if len(signatures) > MAX_SIGNATURES:
        raise FormatError(f"the note has more than {MAX_SIGNATURES} signatures")
    if any(ord(each) < 32 and each != "\n" for each in text):
        raise FormatError("the note has a control character")
    return text + "\n", [_signature(line) for line in signatures]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_DASH).rpartition(" ")
    if not line.startswith(_DASH) or not space or " " in name or not name:
        raise FormatError("the note has a signature that is not a dash, a key's name and the signature in base64")
    data = decode_base64(encoded, "a note's signature")
    if len(data) <= _ID_BYTES:
        raise FormatError("the note has a signature that is too short")
    return name, data[:_ID_BYTES], data[_ID_BYTES:]
