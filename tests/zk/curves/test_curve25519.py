"""X25519 of many points at once: RFC 7748's vectors, and `cryptography` on random and on awkward points."""

import os

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given, settings, strategies

from zk.curves import curve25519

P = 2**255 - 19
BASE = (9).to_bytes(32, "little")
# The u of all points of low order on the curve and its twist (cr.yp.to/ecdh.html), as every string that stands for one.
ORDER_8 = [
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]
LOW_ORDER = [0, 1, P - 1, P, P + 1, *ORDER_8]
AWKWARD = [2, 9, P - 2, P + 2, P + 9, P + 18, 2**255 - 1, 2**254, 2**64, 2**64 - 1, 2**208, 2**52 - 1]
STRINGS = [(u | top << 255).to_bytes(32, "little") for u in LOW_ORDER + AWKWARD for top in (0, 1)]


def rows(points: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(points), np.uint8).reshape(-1, 32)


def exchange(private: bytes, points: list[bytes]) -> list[bytes | None]:
    secrets, usable = curve25519.shared_secrets(private, rows(points))
    assert secrets.shape == (len(points), 32) and secrets.dtype == np.uint8 and usable.shape == (len(points),)
    assert all(bool(secret.any()) == is_usable for secret, is_usable in zip(secrets, usable, strict=True))
    return [s.tobytes() if is_usable else None for s, is_usable in zip(secrets, usable, strict=True)]


def expected(private: bytes, point: bytes) -> bytes | None:
    """What OpenSSL says; None where it refuses the point."""
    try:
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        return key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
    except ValueError:
        return None


@pytest.mark.parametrize("private, point, secret", [  # RFC 7748, section 5.2
    ("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
     "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
     "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
    ("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
     "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
     "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
])  # fmt: skip
def test_the_vectors_of_the_standard(private, point, secret):
    assert exchange(bytes.fromhex(private), [bytes.fromhex(point)]) == [bytes.fromhex(secret)]


def test_the_iterated_vector_of_the_standard():
    """RFC 7748, section 5.2: after 1 and after 1,000 iterations."""
    k = u = BASE
    for i in range(1000):
        (secret,) = exchange(k, [u])
        if i == 0:
            assert secret.hex() == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
        k, u = secret, k
    assert k.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


@pytest.mark.parametrize("private", [bytes(32), b"\xff" * 32, b"\x07" + bytes(30) + b"\x80", BASE])
def test_every_string_is_a_point_and_only_those_of_low_order_are_reported(private):
    secrets = exchange(private, STRINGS)
    assert secrets == [expected(private, point) for point in STRINGS]
    assert secrets[:2 * len(LOW_ORDER)] == [None] * 2 * len(LOW_ORDER) and None not in secrets[2 * len(LOW_ORDER):]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 511, 512, 513, 1100])
def test_any_number_of_points_comes_back_in_order(count):
    points = [os.urandom(32) for _ in range(count)]
    if count > 3:
        points[3], points[-1] = bytes(32), BASE
    private = os.urandom(32)
    assert exchange(private, points) == [expected(private, point) for point in points]


@settings(max_examples=60)
@given(
    strategies.binary(min_size=32, max_size=32),
    strategies.lists(strategies.binary(min_size=32, max_size=32) | strategies.sampled_from(STRINGS), max_size=20),
)
def test_any_key_and_points_agree_with_openssl(private, points):
    assert exchange(private, points) == [expected(private, point) for point in points]


def test_rows_that_are_not_contiguous_are_read_correctly_and_stay_as_they_are():
    table = rows([os.urandom(32) for _ in range(30)]).copy()
    table[:, 31] |= 0x80
    before = table.copy()
    secrets, _ = curve25519.shared_secrets(BASE, table[::3])
    assert [s.tobytes() for s in secrets] == [expected(BASE, point.tobytes()) for point in table[::3]]
    assert (table == before).all()


@pytest.mark.parametrize("private, points", [
    (bytes(31), np.zeros((1, 32), np.uint8)), (bytes(33), np.zeros((1, 32), np.uint8)),
    (bytes(32), np.zeros((1, 31), np.uint8)), (bytes(32), np.zeros(32, np.uint8)),
    (bytes(32), np.zeros((1, 32), np.int8)),
])  # fmt: skip
def test_other_shapes_are_refused(private, points):
    with pytest.raises(ValueError, match="32 bytes"):
        curve25519.shared_secrets(private, points)
