"""Requests between guardians over TCP or a Unix socket: mutually authenticated, encrypted, one JSON line each way.

Both know the other's long-term X25519 key S and make a fresh one E for the connection (client c, server s):

    client → server   {"identity": S_c, "ephemeral": E_c}
    server → client   {"ephemeral": E_s}
    keys   = HKDF-SHA256(X(E_c, E_s) ‖ X(S_c, E_s) ‖ X(E_c, S_s), salt GUARDIAN_CHANNEL, info S_c ‖ S_s ‖ E_c ‖ E_s)
    lines  = hex of ChaCha20-Poly1305(the direction's key, nonce = count of its lines, JSON)

Only who has the secret of S_s can read what the client sends, and only who has that of S_c can send what the server
accepts; a line that is repeated, reordered or changed fails.  Secrets of the two E are gone when the connection ends.
"""

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prover.guardian.guardianfile import IDENTITY_BYTES
from zk import domains, entropy
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

MAX_LINE_BYTES = 4 << 20
MAX_GREETING_BYTES = 1 << 10
TIMEOUT_S = 10.0

_key = dataclassjson.hexadecimal(IDENTITY_BYTES)


class NoAnswer(Exception):
    """Guardians did not do what was asked.  The message is a sentence for the user."""


class Unreachable(NoAnswer):
    """The other guardian does not answer, or is not who it should be.  The message is a sentence for the user."""


class Channel:
    """One end of a connection after the greeting.  Belongs to one thread."""

    def __init__(self, lines: "_Lines", sending: bytes, receiving: bytes):
        self._lines = lines
        self._sending, self._receiving = ChaCha20Poly1305(sending), ChaCha20Poly1305(receiving)
        self._sent = self._received = 0

    def __repr__(self) -> str:
        return type(self).__name__

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends an object."""
        sealed = self._sending.encrypt(struct.pack(">4xQ", self._sent), json.dumps(message).encode(), None)
        self._sent += 1
        self._lines.write(sealed.hex().encode())

    def receive(self, patience_s: float | None = None) -> dict[str, Any] | None:
        """The next object, or None when the other end has closed.

        Raises FormatError when it is not authentic, and TimeoutError when it is not complete in time.
        """
        line = self._lines.read(2 * MAX_LINE_BYTES, patience_s)
        if line is None:
            return None
        try:
            sealed = bytes.fromhex(line.decode("ascii"))
            opened = self._receiving.decrypt(struct.pack(">4xQ", self._received), sealed, None)
        except (ValueError, InvalidTag):
            raise FormatError("a message between guardians is not authentic") from None
        self._received += 1
        return _object(opened)

    def close(self) -> None:
        """Closes the connection."""
        self._lines.close()


def dial(connection: socket.socket, own: X25519PrivateKey, other: bytes) -> Channel:
    """The client's end of a connection to the guardian of this identity.

    Raises FormatError when the other end is malformed; one that is not the guardian cannot answer later.
    """
    lines, ephemeral = _Lines(connection), _fresh()
    greeting = {"identity": _public(own).hex(), "ephemeral": _public(ephemeral).hex()}
    lines.write(json.dumps(greeting).encode())
    answer = strictjson.has_keys(_read_object(lines), {"ephemeral"}, "the greeting")
    theirs = _key.read(answer["ephemeral"], "the greeting")
    secrets = _exchange((ephemeral, theirs), (own, theirs), (ephemeral, other))
    up, down = _derive(secrets, _public(own), other, _public(ephemeral), theirs)
    return Channel(lines, up, down)


def accept(connection: socket.socket, own: X25519PrivateKey, known: Mapping[bytes, int]) -> tuple[Channel, int]:
    """The server's end of a connection, and the member that `known` names for the client's identity.

    Raises FormatError when the greeting is malformed or the identity is unknown; one that does not have the identity's
    secret can send nothing that is authentic.
    """
    lines, ephemeral = _Lines(connection), _fresh()
    greeting = strictjson.has_keys(_read_object(lines), {"identity", "ephemeral"}, "the greeting")
    client, theirs = (_key.read(greeting[name], f"the greeting's {name}") for name in ("identity", "ephemeral"))
    if client not in known:
        raise FormatError("the greeting is of somebody who is no guardian")
    secrets = _exchange((ephemeral, theirs), (ephemeral, client), (own, theirs))
    lines.write(json.dumps({"ephemeral": _public(ephemeral).hex()}).encode())
    up, down = _derive(secrets, client, _public(own), theirs, _public(ephemeral))
    return Channel(lines, down, up), known[client]


def _derive(secrets: bytes, *public: bytes) -> tuple[bytes, bytes]:
    """The keys of the lines from client to server, and back."""
    output = HKDF(hashes.SHA256(), 64, salt=domains.GUARDIAN_CHANNEL, info=b"".join(public)).derive(secrets)
    return output[:32], output[32:]


def _exchange(*pairs: tuple[X25519PrivateKey, bytes]) -> bytes:
    try:
        return b"".join(secret.exchange(X25519PublicKey.from_public_bytes(public)) for secret, public in pairs)
    except ValueError:  # a point of low order
        raise FormatError("the greeting's key is not an X25519 key") from None


def _fresh() -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(entropy.token(IDENTITY_BYTES))


def _public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _read_object(lines: "_Lines") -> dict[str, Any]:
    line = lines.read(MAX_GREETING_BYTES, TIMEOUT_S)
    if line is None:
        raise FormatError("the other end closed the connection")
    return _object(line)


def _object(data: bytes) -> dict[str, Any]:
    value = strictjson.loads(data, "a message between guardians", MAX_LINE_BYTES)
    if not isinstance(value, dict):
        raise FormatError("a message between guardians is not an object")
    return value


class _Lines:
    """Lines of bytes over a socket."""

    def __init__(self, connection: socket.socket):
        self._socket, self._rest = connection, bytearray()

    def write(self, line: bytes) -> None:
        self._socket.sendall(line + b"\n")

    def read(self, limit: int, patience_s: float | None) -> bytes | None:
        """The next line, or None at the end.

        Raises FormatError for one that is longer than the limit or unfinished, and TimeoutError unless the whole of it
        comes in time: a timeout of the socket begins anew with every byte, so a drop at a time could last for ever.
        """
        before, searched = self._socket.gettimeout(), 0
        until_s = None if patience_s is None else time.monotonic() + patience_s
        try:
            while (end := self._rest.find(b"\n", searched)) < 0:
                searched = len(self._rest)
                if searched > limit:
                    raise FormatError("a message between guardians is too long")
                if until_s is not None:
                    self._socket.settimeout(max(until_s - time.monotonic(), 1e-6))
                received = self._socket.recv(1 << 16)
                if not received:
                    if self._rest:
                        raise FormatError("a message between guardians is incomplete")
                    return None
                self._rest += received
        finally:
            if until_s is not None:
                self._socket.settimeout(before)
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line

    def close(self) -> None:
        self._socket.close()
