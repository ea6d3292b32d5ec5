import hashlib

import pytest

from zk.hashes import keccak

KNOWN = [  # the second and third are the selectors that every wallet knows
    (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (b"transfer(address,uint256)", "a9059cbb"),
    (b"balanceOf(address)", "70a08231"),
]


@pytest.mark.parametrize("data, digest", KNOWN)
def test_known_digests(data, digest):
    assert keccak.digest(data).hex().startswith(digest)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 135, 136, 137, 271, 272, 300])
def test_with_the_padding_of_sha3_it_is_sha3(length):
    data = bytes(range(length % 256)) + bytes(length - length % 256)
    assert keccak._sponge(data, keccak._SHA3_PADDING) == hashlib.sha3_256(data).digest()
    assert keccak.digest(data) != hashlib.sha3_256(data).digest()
