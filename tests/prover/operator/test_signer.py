"""A contributor's key is created once, readable by its owner only; PEM and OpenSSH keys are read."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from prover.operator import signer
from zk.errors import FormatError

PEM = serialization.Encoding.PEM
OPENSSH, PKCS8 = serialization.PrivateFormat.OpenSSH, serialization.PrivateFormat.PKCS8
PLAIN, SEALED = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"a phrase")


def test_the_homes_key_is_created_once_and_is_private(tmp_path):
    path = tmp_path / "ceremony-key.pem"
    with ThreadPoolExecutor(4) as threads:
        keys = {signer.public(key) for key in threads.map(signer.own, [path] * 4)}
    assert len(keys) == 1 and keys == {signer.public(signer.own(path))}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("form", [PKCS8, OPENSSH])
def test_an_existing_key_is_read_in_either_format(tmp_path, form):
    key, path = ed25519.Ed25519PrivateKey.generate(), tmp_path / "key"
    path.write_bytes(key.private_bytes(PEM, form, PLAIN))
    assert signer.public(signer.read(path)) == key.public_key().public_bytes_raw().hex()


@pytest.mark.parametrize("data, why", [
    (ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, SEALED), "is encrypted with a passphrase"),
    (ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, PLAIN), "is not an Ed25519 key"),
    (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "is not a private key"),
    (b"ssh-ed25519 AAAA comment\n", "is not a private key"),
    (b"", "is not a private key"),
    (bytes(1 << 17), "is larger than"),
])  # fmt: skip
def test_anything_but_an_unencrypted_ed25519_key_is_refused(tmp_path, data, why):
    path = tmp_path / "key"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=why):
        signer.read(path)
