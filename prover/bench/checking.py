"""What a ledger's check of a bundle is made of besides proofs, each beside the same in plain Python."""

from prover.bench.measure import Timing, measure
from settlement import merkle
from zk import entropy, signature
from zk.curves import babyjubjub, bn254
from zk.curves.babyjubjub import BASE8, IDENTITY, ORDER
from zk.fields import prime
from zk.fields.prime import FR, R

SIGNATURES = 90  # of a block of 60 legs
BUNDLES = 30
LEAVES = 2
POINTS = 64


def bench(runs: int) -> list[Timing]:
    """Signatures, the subgroup checks of points, and the tree."""
    return [*_signatures(runs), *_points(runs), *_tree(runs)]


def _signatures(runs: int) -> list[Timing]:
    secrets = [entropy.scalar(ORDER - 1) + 1 for _ in range(SIGNATURES)]
    claims = [signature.Claim(signature.public(secret), 7, signature.sign(secret, 7)) for secret in secrets]
    return [
        measure("signature", "one, in Python", lambda: signature.verify(*claims[0]), runs),
        measure("signature", "one", lambda: signature.verify_batch(claims[:1]), runs),
        measure("signature", f"{SIGNATURES} at once", lambda: signature.verify_batch(claims), runs, SIGNATURES),
    ]


def _points(runs: int) -> list[Timing]:
    from zk.curves import manypoints, rows, twist

    point, other = babyjubjub.multiply(entropy.scalar(ORDER), BASE8), bn254.multiply_nonzero(7, bn254.G2)
    on_jubjub, _ = rows.from_bytes(FR, b"".join(map(prime.to_bytes, point)) * POINTS)
    in_g2 = rows.of_g2([other] * POINTS)

    def by_pairing() -> bool:
        babyjubjub.is_in_subgroup.cache_clear()
        return babyjubjub.is_in_subgroup(point)

    return [
        measure("subgroup of Baby Jubjub", "by order", lambda: babyjubjub.multiply(ORDER, point) == IDENTITY, runs),
        measure("subgroup of Baby Jubjub", "by pairing", by_pairing, runs),
        measure(
            "subgroup of Baby Jubjub", f"{POINTS} at once",
            lambda: manypoints.are_on_baby_jubjub(on_jubjub.reshape(-1, 2, prime.WORDS)), runs, POINTS,
        ),
        measure("G2", "in Python", lambda: bn254.g2(other.x, other.y, "the point"), runs),
        measure("G2", "one point", lambda: bn254.g2(other.x, other.y, "the point", twist.is_in_g2), runs),
        measure("G2", f"{POINTS} at once", lambda: manypoints.are_in_g2(in_g2), runs, POINTS),
    ]  # fmt: skip


def _tree(runs: int) -> list[Timing]:
    bundles = [[merkle.Commitment(entropy.scalar(R)) for _ in range(LEAVES)] for _ in range(BUNDLES)]
    return [
        measure("tree append", f"{LEAVES} leaves", lambda: merkle.append(_nothing, 0, bundles[0]), runs),
        measure(
            "tree append", f"{BUNDLES} times {LEAVES} leaves", lambda: merkle.append_all(_nothing, 0, bundles), runs,
            BUNDLES,
        ),
    ]  # fmt: skip


def _nothing(level: int, index: int) -> None:
    """A tree without nodes."""
