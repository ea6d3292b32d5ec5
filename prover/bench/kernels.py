"""`zksettle bench kernels`: the parts that proofs are made of, each by itself at the size of a leg."""

from circuits import generators, records
from prover.bench.measure import Timing, measure
from prover.proofs.keystore import Keystore
from settlement import merkle
from zk import entropy
from zk.curves import babyjubjub, bn254
from zk.fields import array
from zk.fields.prime import FR, R
from zk.hashes import poseidon

LEAVES = 2


def bench(keystore: Keystore, runs: int) -> list[Timing]:
    """Kernels over 2^14 elements or points, a pairing check of four pairs, and what the host does in Python."""
    return [*_kernels(keystore, runs), *_host(runs)]


def _kernels(keystore: Keystore, runs: int) -> list[Timing]:
    from zk import msm, ntt, pairing, polynomial

    key = keystore.open("leg").proving
    size, label = 1 << key.log_size, f"2^{key.log_size}"
    numbers = [entropy.scalar(R) for _ in range(size)]
    column, scalars = array.encode(FR, numbers), array.plain(numbers)
    other, product = column[::-1].copy(), column.copy()
    over = ntt.domain(key.log_size)
    count = len(key.b2)
    pairs = [(bn254.G1, bn254.G2), (bn254.negate(bn254.G1), bn254.G2)] * 2
    return [
        measure("Fr product", label, lambda: polynomial.product(column, other, product), runs).divided(
            "Fr product, each", size
        ),
        measure("NTT", label, lambda: ntt.forward(over, column.copy()), runs),
        measure("MSM in G1", label, lambda: msm.g1(key.h, scalars), runs),
        measure("MSM in G2", f"{count} points", lambda: msm.g2(key.b2, scalars[:count]), runs),
        measure("pairing check", "4 pairs", lambda: pairing.product_is_one(pairs), runs),
    ]


def _host(runs: int) -> list[Timing]:
    four, leaves = tuple(range(records.ARITY)), [entropy.scalar(R) for _ in range(LEAVES)]
    secret, blinding = entropy.scalar(babyjubjub.ORDER), generators.blinding()
    return [
        measure("Poseidon", "4 inputs, host", lambda: poseidon.hash(four, 0), runs),
        measure("Baby Jubjub multiple", "251 bits, host", lambda: babyjubjub.multiply(secret, blinding), runs),
        measure(
            "tree append", f"{LEAVES} leaves, host", lambda: merkle.append(lambda level, index: None, 0, leaves), runs
        ),
    ]
