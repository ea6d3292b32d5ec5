"""The Ed25519 key by which a contributor to a ceremony is known.

    HOME/ceremony-key.pem        PKCS #8, mode 0600, made when it is first asked for

It proves who contributed and nothing else: who steals it may contribute under that name, and forges no proof.  A key of
one's own, an OpenSSH key among them, says more than a new one, because others know it already.
"""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import files
from zk.errors import FormatError

MAX_FILE_BYTES = 1 << 16


def own(path: Path) -> Ed25519PrivateKey:
    """The key in this file, which is made where it is missing.  Raises FormatError as `read`."""
    with files.locked(path, "the contributor's key", wait_s=-1):
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            files.replace(path, pem)
    return read(path)


def read(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in a file, PEM or OpenSSH's.  Raises FormatError when it is another, or under a passphrase."""
    data = files.read(path, MAX_FILE_BYTES)
    is_ssh = data.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    load = serialization.load_ssh_private_key if is_ssh else serialization.load_pem_private_key
    try:
        key = load(data, None)
    except TypeError:
        raise FormatError(f"{path} is under a passphrase: give a copy without, or let a new key be made") from None
    except (ValueError, UnsupportedAlgorithm):
        raise FormatError(f"{path} is not a private key in PEM or OpenSSH's form") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FormatError(f"{path} is not an Ed25519 key")
    return key


def public(key: Ed25519PrivateKey) -> str:
    """The public key, 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()
