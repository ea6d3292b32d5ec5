"""Many proofs of random statements, every one of them verified: `python -m tests.soak.proofs --count 2000`.

Nine in ten are about random systems of random size, with a new key for every fifty proofs and with random witnesses
that are full of zeros, ones, minus ones and short numbers; the others are legs and margins with random balances.
Blinding is fresh.  Every proof is verified alone and in a batch, one of each key with py_ecc, and of each key one
proof is shown to be refused for another statement.  The seed is printed; any failure ends the run.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from circuits import records, samples
from circuits.frontend import program
from circuits.statements import statement
from prover.proofs.keystores import Keystore
from tests.reference.qap import R, System
from tests.zk.fields import cubic
from zk.errors import InvalidProof
from zk.groth16 import generator, prover, second_opinion, verifier
from zk.runtime import cpu

PROOFS_OF_A_KEY = 50
MAX_ROWS = 400


def value(source: random.Random) -> int:
    """A scalar, often one that a multi-scalar multiplication treats in its own way."""
    kind = source.randrange(8)
    short = source.getrandbits(source.randrange(1, 250))
    special = [0, 1, R - 1, short, R - 1 - short, R // 2 + source.randrange(-2, 3)]
    return special[kind] if kind < len(special) else source.randrange(R)


def row(source: random.Random, wires: int) -> dict[int, int]:
    """One to four wires with coefficients."""
    return {source.randrange(wires): value(source) or 1 for _ in range(source.randrange(1, 5))}


def random_system(source: random.Random) -> System:
    """Inputs, of which some are public, and then one product of two combinations for each further wire."""
    inputs, count = source.randrange(2, 9), source.randrange(1, MAX_ROWS)
    a = [row(source, 1 + inputs + i) for i in range(count)]
    b = [row(source, 1 + inputs + i) for i in range(count)]
    c = [{1 + inputs + i: 1} for i in range(count)]
    return System(a, b, c, 1 + inputs + count, source.randrange(1, inputs))


def random_witness(source: random.Random, system: System) -> list[int]:
    """Values of the inputs, and what follows from them."""
    wires = [1, *(value(source) for _ in range(system.num_wires - 1 - len(system.a)))]
    for left, right in zip(system.a, system.b, strict=True):
        sums = [sum(k * wires[w] for w, k in each.items()) for each in (left, right)]
        wires.append(sums[0] * sums[1] % R)
    return wires


def systems(source: random.Random) -> Iterator[tuple]:
    """(key, public, wires) of random systems, for ever."""
    while True:
        system = random_system(source)
        key = generator.generate(cubic.system(system))
        for _ in range(PROOFS_OF_A_KEY):
            witness = random_witness(source, system)
            yield key, witness[1 : system.num_public + 1], cubic.words(witness)


def balances(source: random.Random) -> tuple[int, ...]:
    """Numbers of 64 bits, of every length; those of what may be owed are signed."""
    lengths = [source.randrange(64) for _ in range(records.ASSETS)]
    signs = [1 if i < records.HELD else source.choice((-1, 1)) for i in range(records.ASSETS)]
    return tuple(sign * source.getrandbits(length) for sign, length in zip(signs, lengths, strict=True))


def statements(source: random.Random, keystore: Keystore) -> Iterator[tuple]:
    """(key, public, wires) of legs with random balances and, by turns, of the honest samples, for ever."""
    while True:
        for name, claim in (
            ("leg", samples.honest_leg(balances(source), balances(source))),
            ("margin", samples.honest_margin()),
            ("leg", source.choice(samples.honest("leg"))),
        ):
            public, private = map(statement.inputs, claim)
            key = keystore.open(name)
            yield key.proving, public, program.run(key.program, public + private)


def check_batch(items: list[tuple]) -> None:
    """All (key, public, proof) are valid together; one with another public input is named; py_ecc agrees on one."""
    verifier.verify_batch(items)
    key, public, proof = items[0]
    second_opinion.verify(key, public, proof)
    lie = key, [(public[0] + 1) % R, *public[1:]], proof
    try:
        verifier.verify_batch([*items[1:], lie])
    except InvalidProof as error:
        assert error.index == len(items) - 1, "another proof was blamed"
    else:
        raise AssertionError("a false statement was accepted")


def soak(count: int, seed: int) -> int:
    """Makes and verifies so many proofs; how many it was."""
    source, done = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        small, large = systems(source), statements(source, Keystore(Path(folder), now_ms=0))
        while done < count:
            items = []
            for i in range(min(PROOFS_OF_A_KEY, count - done)):
                key, public, wires = next(large if i % 10 == 9 else small)
                proof = prover.prove(key, wires)
                verifier.verify(key.verifying, public, proof)
                items.append((key.verifying, public, proof))
            check_batch(items)
            done += len(items)
            print(f"{done} proofs made and verified", flush=True)
    return done


def main() -> int:
    """Runs the soak with what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}, {cpu.reason()}", flush=True)
    begun = time.monotonic()
    done = soak(chosen.count, chosen.seed)
    print(f"{done} proofs, every one verified, in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
