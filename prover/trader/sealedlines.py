"""A file of encrypted lines that only grows: base64(nonce 12 ‖ ChaCha20-Poly1305(key, nonce, content)), one a line.

A crash can only cut off the last line.  What is appended after it stands on a line of its own, and a line that does not
open is skipped.
"""

import base64
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from prover.machine import files
from zk import entropy

MAX_LINE_BYTES = 1 << 20
NONCE_BYTES = 12


def append(path: Path, key: bytes, contents: Iterable[bytes]) -> None:
    """Appends a line for each of the contents.  On return they are on the disk."""
    lines = b"".join(_line(key, content) for content in contents)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with open(path, "a+b", opener=lambda name, _: os.open(name, flags, files.PRIVATE_FILE)) as file:
        if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
            lines = b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, key: bytes) -> Iterator[bytes]:
    """The contents of the lines that open, in order; nothing when there is no file."""
    if not path.exists():
        return
    cipher = ChaCha20Poly1305(key)
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES):
            try:
                data = base64.b64decode(line.rstrip(b"\n"), validate=True)
                yield cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
            except (ValueError, InvalidTag):
                continue


def _line(key: bytes, content: bytes) -> bytes:
    nonce = entropy.token(NONCE_BYTES)
    return base64.b64encode(nonce + ChaCha20Poly1305(key).encrypt(nonce, content, None)) + b"\n"
