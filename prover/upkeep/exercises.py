"""Small runs that use every kernel of a proof once, so that Numba compiles it or loads it from the cache.

Each exercise stands alone, so that several processes can compile at the same time.  They are listed with the longest
first, and so that neighbours share little.  The ceremony's exercises build on each other and run in one process.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np

from circuits.frontend import compiler, program
from circuits.frontend.builder import Builder
from circuits.frontend.compiler import Circuit
from zk import signature
from zk.ceremony import initial_key, phase1, phase1check, phase2, phase2check, preparation
from zk.curves import bn254, curve25519, g1, g2
from zk.fields import array, conversion
from zk.fields.prime import FR, WORDS, R
from zk.formats import attribution, ptau, r1csfile
from zk.groth16 import batch, generator, keys, manyproofs, prepared, prover, verifier
from zk.groth16.keys import Claim, Proof, VerifyingKey
from zk.hashes import batch as batch_hashing
from zk.msm import fixed_base, membership, pippenger, window_tables

_INPUTS = [25, 5]
_CEREMONY_POWER = 6  # transforms run in lanes from 2^6 on


def _circuit() -> Circuit:
    """A circuit for "I know a root of 25"."""
    b = Builder(R)
    square, root = b.public("square"), b.private("root")
    b.equal(b.multiply(root, root), square, "the root is a root")
    return compiler.compile(b, "root")


def _claim() -> Claim:
    """A claim that is well-formed and false."""
    delta_g2 = bn254.multiply(3, bn254.G2)
    assert delta_g2 is not None, "3 is not 0 modulo r"
    key = VerifyingKey(bn254.G1, bn254.G2, bn254.G2, delta_g2, (bn254.G1, bn254.G1))
    return key, [25], Proof(bn254.G1, bn254.G2, bn254.G1)


def key() -> None:
    """A proving key: transforms, sparse products, multiples of the generators, window tables."""
    generator.generate(_circuit().r1cs)


def verification() -> None:
    """One proof, verified by itself."""
    verifying, public, proof = _claim()
    prepared.is_valid(prepared.prepare(verifying), public, proof)


def key_in_g2() -> None:
    """The part of a key that is in G2."""
    fixed_base.g2(array.plain([1, 2]))


def verification_of_many() -> None:
    """Two proofs, verified together."""
    batch.are_valid([_claim()] * 2)


def multiplication_in_g2() -> None:
    """Multi-scalar multiplications in G2, with window tables and without."""
    points, scalars = g2.encode([bn254.G2] * 2), array.plain([1, 2])
    pippenger.start_g2(window_tables.table(points), scalars).result()
    pippenger.g2(points, scalars)


def multiplication_in_both() -> None:
    """The same scalars in G1 and G2 at once, with window tables."""
    in_g2, in_g1 = window_tables.table(g2.encode([bn254.G2] * 2)), window_tables.table(g1.encode([bn254.G1] * 2))
    for pending in pippenger.start_both(in_g2, in_g1, array.plain([1, 2])):
        pending.result()


def multiplication_in_g1() -> None:
    """Multi-scalar multiplications in G1, with window tables and without."""
    points, scalars = g1.encode([bn254.G1] * 2), array.plain([1, 2])
    pippenger.start_g1(window_tables.table(points), scalars).result()
    pippenger.g1(points, scalars)


def witness() -> None:
    """A witness from inputs."""
    program.run(_circuit().program, _INPUTS)


def reading() -> None:
    """Checks and conversions of points and numbers from a file."""
    membership.check_g1(g1.encode([bn254.G1]), "the points")
    membership.check_g2(g2.encode([bn254.G2]), "the points")
    conversion.from_plain(FR, array.plain([1]))


def syncing() -> None:
    """The key exchange by which a wallet recognises what was sealed to it."""
    curve25519.shared_secrets(bytes(curve25519.KEY_BYTES), np.zeros((1, curve25519.KEY_BYTES), np.uint8))


def settling() -> None:
    """What a ledger does for a block beside its proofs: points, signatures, hashes of the tree and of ciphertexts."""
    assert manyproofs.are_sound([keys.encode_proof(_claim()[2])] * 2).all()
    claim = signature.Claim(signature.public(1), 7, signature.sign(1, 7))
    assert signature.verify_batch([claim] * 2) == []
    for count in (1, 2):
        batch_hashing.hash_many(array.encode(FR, [1] * 4 * count).reshape(count, 4, WORDS))


def proof() -> None:
    """A whole proof, from key to verification: compiles what the others leave, the quotient above all."""
    circuit = _circuit()
    made = generator.generate(circuit.r1cs)
    wires = program.run(circuit.program, _INPUTS)
    sums = prover.begin(made, wires, prover.begin(made, wires))
    claim = made.verifying, _INPUTS[:1], prover.prove(made, wires, sums=sums)
    verifier.verify_batch([claim] * 2)
    prover.prove_many(made, [wires] * 2)


PROVING: dict[str, Callable[[], None]] = {
    exercise.__name__: exercise for exercise in (
        key, verification, multiplication_in_both, key_in_g2, verification_of_many, multiplication_in_g2,
        multiplication_in_g1, witness, syncing, reading, settling,
    )
}  # fmt: skip


def ceremony() -> None:
    """A ceremony with one beacon in each phase, from its beginning to its verification."""
    file = BytesIO()
    phase1.new(_CEREMONY_POWER, file)
    begun, file = ptau.decode(file.getvalue()), BytesIO()
    phase1.beacon(begun, file, b"kernels", attribution.MIN_ITERATIONS_EXP)
    contributed, file = ptau.decode(file.getvalue()), BytesIO()
    preparation.prepare(contributed, file)
    complete = ptau.decode(file.getvalue())
    phase1check.verify(complete)
    header = r1csfile.CircuitHeader(
        num_wires=4, num_outputs=1, num_public_inputs=0, num_private_inputs=2, num_labels=4, num_constraints=2
    )
    columns, values = np.array([1, 2, 3, 1, 2, 3], np.uint32), array.plain([1, 2, 3, 4, 5, 6])
    circuit = r1csfile.CircuitTerms(header, np.arange(6), columns, values)
    initial = initial_key.make(circuit, complete)
    phase2check.verify(phase2.beacon(initial, b"kernels", attribution.MIN_ITERATIONS_EXP), circuit, complete)
