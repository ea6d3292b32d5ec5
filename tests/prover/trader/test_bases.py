"""Each address has a key on a base of its own, which the wallet's one secret opens."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import x25519

from prover.trader import addresses, bases, keys

SEED = keys.derive("abandon " * 23 + "art")
P = 2**255 - 19


def test_a_base_is_on_the_curve_and_is_what_the_module_says():
    for owner in (0, 1, 5, 2**200):
        candidates = (
            int.from_bytes(hashlib.sha256(
                b"zksettle/base-of-address" + owner.to_bytes(32, "big") + counter.to_bytes(4, "big")
            ).digest(), "little") % 2**255
            for counter in range(100)
        )  # fmt: skip
        on_curve = (u for u in candidates if u < P and pow(u**3 + 486662 * u**2 + u, (P - 1) // 2, P) == 1)
        assert int.from_bytes(bases.of(owner), "little") == next(on_curve)


def test_two_addresses_of_a_wallet_have_nothing_in_common():
    """Against one key for a whole wallet, by which two payers could tell that they pay the same person."""
    ours = [addresses.of(SEED, index) for index in range(10)]
    assert len({address.viewing for address in ours}) == len({bases.of(address.owner) for address in ours}) == 10
    # What the standard base gives is in no address either: everybody could compare with it.
    standard = keys.viewing_key(SEED).public_key().public_bytes_raw()
    assert standard not in {address.viewing for address in ours}


def test_both_sides_share_the_same_secret_whichever_address_it_is():
    secret, ephemeral = keys.viewing_key(SEED), x25519.X25519PrivateKey.generate()
    for index in range(3):
        address = addresses.of(SEED, index)
        point = x25519.X25519PublicKey.from_public_bytes(bases.multiply(ephemeral, address.owner))
        theirs = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(address.viewing))
        assert secret.exchange(point) == theirs
