"""The Ed25519 key that identifies a contributor to a ceremony.

    HOME/ceremony-key.pem        PKCS #8, mode 0600, created on first use

It proves who contributed and nothing else: a thief can contribute under its owner's name, but forge no proof.  A key
that others already know, such as an OpenSSH key, is better evidence than a new one.
"""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import files
from zk.errors import FormatError

MAX_FILE_BYTES = 1 << 16


def own(path: Path) -> Ed25519PrivateKey:
    """The key in this file, which is created if it is missing.  Raises FormatError like `read`."""
    with files.locked(path, "the contributor's key", wait_s=-1):
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            files.replace(path, pem)
    return read(path)


def read(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in a PEM or OpenSSH file.  Raises FormatError for any other kind, or an encrypted one."""
    data = files.read(path, MAX_FILE_BYTES)
    is_ssh = data.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    load = serialization.load_ssh_private_key if is_ssh else serialization.load_pem_private_key
    try:
        key = load(data, None)
    except TypeError:
        remedy = "use a copy without one, or omit --key to create a new key"
        raise FormatError(f"{path} is encrypted with a passphrase: {remedy}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise FormatError(f"{path} is not a private key in PEM or OpenSSH format") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FormatError(f"{path} is not an Ed25519 key")
    return key


def public(key: Ed25519PrivateKey) -> str:
    """The public key, 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()
