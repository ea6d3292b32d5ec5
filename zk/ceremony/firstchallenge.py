"""The first challenge of powers of tau: the hash of a file in which every point is a generator.

It depends only on the power.  For 2^28 it takes two minutes to hash a hundred gigabytes, and verifying a truncated copy
of a large ceremony needs it too, so the table below holds what `computed` returns for large powers.  (snarkjs,
"powersoftau_utils.js", calculateFirstChallengeHash.)
"""

import hashlib
from functools import lru_cache

from zk.curves import bn254
from zk.curves.g1 import SHAPE as G1_SHAPE
from zk.formats import ptau

_REPEATED = 1 << 14

KNOWN = {
    16: "e27d7e51abd16bb3c46609c75e963b5fdbe25b00c0b93a4c528b569ad4b50fda"
        "d9926ff2781f4baefac213db214f30afe681f7be5c1f973cc567c817e871f958",
    17: "d27bebee8c0abf5066dd8742fa7de8c454bea04a8afad209d51f58ec16bcea9e"
        "02b2774d6d408b4a71af1986203a7ed7d9d2d6d5fb7c5318b8d58183a15b9706",
    18: "c3f903071060d9282ea4d31ef85d9dbd05f865dedb78cb138f740796091ffcd5"
        "d61ca255535fffd7df21669f04534057a3985a51f0de7909ed950d699f0e57bd",
    19: "960060531a46ce7980c117badf032684e3adc78866b7bf7b26b34cb1165df31d"
        "8ffdf7de6dd3e902839afe451da673adcea5259fd968b7135b867bad2760ceb2",
    20: "3393605118d83c21a2a1763bec8ebf7a6076c7546b4bbf01e35e71faad0214cf"
        "18fa19b6053dfd1102454d05754b1b21873da78e0d5d66be1f74169de3963011",
    21: "d27e24afa6f9d22893b893924ab301023e558340a2f0fe360497061d7f91a659"
        "d6bcd23467668ad92f65fb2998da8690014a8341cc795253cec84fb87fe195b8",
    22: "5b4d52085c949b60ab5060c93196dc51b2dc629c4dcfc5d1fdb9466e3c6c052b"
        "d1f9bada6ee24a60c0474017b7c08f51fce83c75845fb489547aa9453e256cf6",
    23: "da01c213149ff5065924f3ade76df2ec6ae7bb941ab4ffe25e3e2d1ae9f0474f"
        "aebb201bddef89d841692d71e10f3f7a3d0ffe5ce2b6162d8b692b95c28b4039",
    24: "adc423b1cd43ea5a40601c30364febdcdf4796f0ffc56c01e1f64019146e60f9"
        "c9b68c75f1e36e275c336acbee5632f69569c9f2267dfda4ad59dcb15b8f3e84",
    25: "661de6f41b1150ac7448085558e5ecdaae345272e662da9851b0ff3816901a2b"
        "2141722a38a35a314b41a53abba15f7198f30c57891111864081aa38d3012a5b",
    26: "5140c98bda53f8c1fc3a25d574c409d5de41561b585b4224ab5ed369a98f2e41"
        "389c39c83b47470701e52261fa199918666181be3855d33e2ef19377365b038b",
    27: "36bcd31f9d5ed309ded4a17ee8279e34eceec40b56be88e2fb604aebe2c714ba"
        "fbf99218e7269f20ec3392bab9d45f5198b826c94bd3d3c2d780f46dfd65be67",
    28: "93da91920d5a54a8a0fde55cd9dc3a10c4f3eef768b62c0948741370864254b4"
        "c1920f3f29d4ebc0ef3acecf2e2db63a755713d77e1ed77347a56fbc317c7a93",
}  # fmt: skip


def of(power: int) -> bytes:
    """The first challenge for 2^power powers, 64 bytes."""
    return bytes.fromhex(KNOWN[power]) if power in KNOWN else computed(power)


@lru_cache(maxsize=4)
def computed(power: int) -> bytes:
    """The same by hashing: Blake2b-512 of the empty hash and all points, uncompressed.  About 1 GB/s."""
    digest = hashlib.blake2b(hashlib.blake2b().digest())
    left, right = bn254.encode_g1(bn254.G1), bn254.encode_g2(bn254.G2)
    for name in ptau.POWERS:
        part = ptau.PARTS[name]
        point, count = left if part.shape == G1_SHAPE else right, part.count(1 << power)
        for first in range(0, count, _REPEATED):
            digest.update(point * min(_REPEATED, count - first))
    return digest.digest()
