"""Letters: messages that one reader can open, and that show nobody else from whom, to whom, or what they are.

    plaintext = seed 16 │ owner 32 │ kind 1 │ expiry 8 │ has a reply address 1 │ reply: owner 32, key 32
                │ length of the body 4 │ body │ zeros
    e         = SHA-256(LETTER_EPHEMERAL ‖ seed ‖ owner)
    E         = X25519(e, B)                                                 B: the base of the reader's address
    shared    = X25519(e, viewing)
    view tag  = SHA-256(LETTER_TAG ‖ shared ‖ E)                             its first 2 bytes
    key ‖ nonce = HKDF-SHA256(shared, salt = LETTER, info = E)               32 + 12 bytes
    letter    = E ‖ view tag ‖ ChaCha20-Poly1305(key, nonce, plaintext)      1, 4, 16 or 64 KiB

Integers are big-endian.  Everybody gets all letters of a ledger and tries each: one to somebody else costs an exchange
and a hash, whichever of his addresses it is to (prover/trader/sealing.py has the same for terms).

The owner inside says to which of the reader's addresses the letter is, and the reader computes E again from it.
Whoever answers a letter must answer what was said at that address only: else a stranger who knows two addresses could
learn from the answer that both are of one wallet (ZIP 212).

Nobody signs a letter.  It proves nothing but that its writer knew the address; a conversation is bound by what is in
it, and answers come to an address that was made for it (`fresh_address`).
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prover.network.wire.letterpage import LETTER_SIZES
from prover.trader import addresses, bases, keys
from prover.trader.addresses import Address
from settlement.fieldreader import FieldReader
from zk import domains, entropy
from zk.errors import FormatError
from zk.fields import prime

SEED_BYTES, POINT_BYTES, VIEW_TAG_BYTES, AEAD_TAG_BYTES = 16, 32, 2, 16
HEAD_BYTES = SEED_BYTES + 32 + 1 + 8 + 1 + 64 + 4
OVERHEAD_BYTES = POINT_BYTES + VIEW_TAG_BYTES + HEAD_BYTES + AEAD_TAG_BYTES
MAX_BODY_BYTES = max(LETTER_SIZES) - OVERHEAD_BYTES
_MAX_TIME_MS = (1 << 63) - 1


@dataclass(frozen=True, repr=False)
class Letter(keys.Secret):
    """A letter that was opened: what kind it is of, what it says, and until when that is meant (Unix milliseconds).

    `to` is the owner of the reader's address that it was sealed to, `reply` the address for answers, and `letter_id`
    names it: SHA-256 of the sealed bytes.
    """

    kind: int
    body: bytes
    to: int
    reply: Address | None
    expires_ms: int
    letter_id: bytes


def fresh_address(view: keys.View) -> Address:
    """An address of the wallet for letters alone, which nobody can link to any other of it.

    Its owner is random, so nothing can be paid to it: no account has it.
    """
    owner = entropy.scalar(prime.R)
    return Address(owner, bases.multiply(keys.viewing_key(view), owner))


def identify(letter: bytes) -> bytes:
    """The id of a sealed letter, 32 bytes."""
    return hashlib.sha256(letter).digest()


def seal(kind: int, body: bytes, to: Address, reply: Address | None, expires_ms: int) -> bytes:
    """A letter that only the wallet of this address can open: LETTER_SIZES says how many bytes it may have.

    `kind` is from 0 to 255.  Raises FormatError when the body has more than MAX_BODY_BYTES.
    """
    assert 0 <= kind < 256 and 0 <= expires_ms <= _MAX_TIME_MS, "a kind is a byte, and a time is not negative"
    if len(body) > MAX_BODY_BYTES:
        raise FormatError(f"a letter has room for {MAX_BODY_BYTES} bytes, not for {len(body)}")
    seed, owner = entropy.token(SEED_BYTES), prime.to_bytes(to.owner)
    there = bytes(65) if reply is None else b"\1" + prime.to_bytes(reply.owner) + reply.viewing
    head = seed + owner + bytes([kind]) + expires_ms.to_bytes(8, "big") + there + len(body).to_bytes(4, "big")
    size = next(size for size in LETTER_SIZES if size >= OVERHEAD_BYTES + len(body))
    ephemeral = _ephemeral(seed, owner)
    point = bases.multiply(ephemeral, to.owner)
    shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(to.viewing))
    key, nonce = _keys(shared, point)
    message = (head + body).ljust(size - OVERHEAD_BYTES + HEAD_BYTES, b"\0")
    return point + _view_tag(shared, point) + ChaCha20Poly1305(key).encrypt(nonce, message, None)


class Reader:
    """Opens the letters to any address of one wallet; one reader serves for many letters."""

    def __init__(self, view: keys.View):
        self._secret = keys.viewing_key(view)

    def __repr__(self) -> str:
        return "Reader"

    def open(self, letter: bytes) -> Letter | None:
        """The letter, or None when it is to somebody else, was altered, or was never one."""
        if len(letter) not in LETTER_SIZES:
            return None
        point, rest = letter[:POINT_BYTES], letter[POINT_BYTES:]
        try:
            shared = self._secret.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        except ValueError:  # a point of low order, which `seal` never produces
            return None
        if rest[:VIEW_TAG_BYTES] != _view_tag(shared, point):
            return None
        key, nonce = _keys(shared, point)
        try:
            plaintext = ChaCha20Poly1305(key).decrypt(nonce, rest[VIEW_TAG_BYTES:], None)
            return _read(plaintext, point, identify(letter))
        except (InvalidTag, FormatError):
            return None


def open(view: keys.View, letter: bytes) -> Letter | None:
    """As Reader(view).open, for a single letter."""
    return Reader(view).open(letter)


def _read(plaintext: bytes, point: bytes, letter_id: bytes) -> Letter:
    """What the plaintext says.  Raises FormatError unless it has the one form that `seal` gives it."""
    reader = FieldReader(plaintext, "the letter")
    seed, owner = reader.take(SEED_BYTES, "seed"), reader.element("owner")
    if bases.multiply(_ephemeral(seed, prime.to_bytes(owner)), owner) != point:
        raise FormatError("the letter was sealed to another address than it says")
    kind, expires_ms = reader.number(1, "kind"), reader.number(8, "expiry", most=_MAX_TIME_MS)
    has_reply = reader.mark("reply mark")
    reply = Address(reader.element("reply owner"), reader.take(32, "reply key"))
    length = reader.number(4, "length", most=len(plaintext) - HEAD_BYTES)
    body = reader.take(length, "body")
    if any(reader.take(len(plaintext) - reader.taken, "zeros")) or not (has_reply or reply == Address(0, bytes(32))):
        raise FormatError("the letter has something where zeros belong")
    if has_reply:
        addresses.check_key(reply.viewing)
    return Letter(kind, body, owner, reply if has_reply else None, expires_ms, letter_id)


def _ephemeral(seed: bytes, owner: bytes) -> x25519.X25519PrivateKey:
    return x25519.X25519PrivateKey.from_private_bytes(hashlib.sha256(domains.LETTER_EPHEMERAL + seed + owner).digest())


def _view_tag(shared: bytes, point: bytes) -> bytes:
    return hashlib.sha256(domains.LETTER_TAG + shared + point).digest()[:VIEW_TAG_BYTES]


def _keys(shared: bytes, point: bytes) -> tuple[bytes, bytes]:
    output = HKDF(hashes.SHA256(), 44, salt=domains.LETTER, info=point).derive(shared)
    return output[:32], output[32:]
