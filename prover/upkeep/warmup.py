"""Everything that happens once on a machine, done now: compiling the kernels and making the proving keys.

A tiny statement goes the whole way of a proof, so that every kernel on the way is compiled and kept on disk; a mark
beside the compiled code says that it was done.  A change of any kernel starts a new folder, without the mark.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prover.machine import tasks

if TYPE_CHECKING:
    from prover.proofs.keystores import Keystore

Stages = tuple[Callable[[dict], None], ...]

CEREMONY_POWER = 6  # from 2^6 on transforms go by lanes
NOTE = "this happens once on this machine and takes about a minute"


def folder() -> Path:
    """Where compiled kernels lie."""
    from zk.runtime import kernelcache

    return kernelcache.base


def is_warm() -> bool:
    """Whether this version's kernels were compiled."""
    return _mark("warm").exists()


def _mark(name: str) -> Path:
    from zk.runtime import kernelcache

    return kernelcache.base / f"{name}-{kernelcache.version}"


def has_keys(keystore: "Keystore") -> bool:
    """Whether every statement has its proving key."""
    from circuits import registry

    return all(keystore.folder(name).exists() for name in registry.names())


def compile_kernels() -> bool:
    """Compiles what is not compiled yet.  Whether there was anything to do."""
    return _compile(_mark("warm"), _stages())


def compile_ceremony_kernels() -> bool:
    """Compiles what ceremonies need and is not compiled yet.  Whether there was anything to do."""
    return _compile(_mark("ceremony"), _ceremony_stages())


def _compile(mark: Path, stages: Stages) -> bool:
    """Goes through the stages unless the mark says that it was done.  Whether it was not."""
    if mark.exists():
        return False
    with tasks.task("Compiling kernels", NOTE, total=len(stages)) as task:
        made: dict = {}
        for stage in stages:
            stage(made)
            task.advance()
    mark.touch()
    return True


def load_kernels() -> None:
    """Loads every kernel into this process, compiling what is not compiled yet."""
    if not compile_kernels():
        made: dict = {}
        for stage in _stages():
            stage(made)


def run(keystore: "Keystore") -> tuple[bool, tuple[str, ...]]:
    """Compiles the kernels and makes missing keys.  Whether it compiled, and the statements it made keys of."""
    from circuits import registry

    compiled = compile_kernels()
    missing = tuple(name for name in registry.names() if not keystore.folder(name).exists())
    for name in missing:
        keystore.open(name)
    return compiled, missing


def _stages() -> Stages:
    """The way of a proof of "I know a root of 25", each part storing what the next ones need."""

    def witness(made: dict) -> None:
        from circuits.frontend import compiler, program
        from circuits.frontend.builder import Builder
        from zk.fields.prime import R

        b = Builder(R)
        square, root = b.public("square"), b.private("root")
        b.equal(b.multiply(root, root), square, "the root is a root")
        made["circuit"] = compiler.compile(b, "root")
        made["witness"] = program.run(made["circuit"].program, [25, 5])

    def key(made: dict) -> None:
        from zk.groth16 import generator

        made["key"] = generator.generate(made["circuit"].r1cs)

    def proof(made: dict) -> None:
        from zk.groth16 import prover

        made["proof"] = prover.prove(made["key"], made["witness"])

    def verification(made: dict) -> None:
        from zk.groth16 import verifier

        verifier.verify_batch([(made["key"].verifying, [25], made["proof"])] * 2)

    def from_outside(made: dict) -> None:
        from zk.msm import membership
        from zk.ntt import polynomial

        key = made["key"]
        membership.check_g1(key.a_query[0], "the points")
        membership.check_g2(key.b_g2_query[0], "the points")
        polynomial.from_plain(polynomial.to_plain(made["witness"]))

    return witness, key, proof, verification, from_outside


def _ceremony_stages() -> Stages:
    """A ceremony of one beacon in each phase, from its beginning to its check."""
    from io import BytesIO

    import numpy as np

    from zk.ceremony import initial_key, phase2, phase2check, powers, preparation, verification
    from zk.fields import array
    from zk.formats import attribution, ptau, r1csfile

    def contribution(made: dict) -> None:
        file = BytesIO()
        powers.new(CEREMONY_POWER, file)
        begun, file = ptau.decode(file.getvalue()), BytesIO()
        powers.beacon(begun, file, b"kernels", attribution.MIN_EXPONENT)
        made["powers"] = ptau.decode(file.getvalue())

    def prepared(made: dict) -> None:
        file = BytesIO()
        preparation.prepare(made["powers"], file)
        made["prepared"] = ptau.decode(file.getvalue())

    def verified(made: dict) -> None:
        verification.verify(made["prepared"])

    def key(made: dict) -> None:
        header = r1csfile.CircuitHeader(
            num_wires=4, num_outputs=1, num_public_inputs=0, num_private_inputs=2, num_labels=4, num_constraints=2
        )
        wires, values = np.array([1, 2, 3, 1, 2, 3], np.uint32), array.plain([1, 2, 3, 4, 5, 6])
        circuit = r1csfile.CircuitTerms(header, np.arange(6), wires, values)
        begun = initial_key.make(circuit, made["prepared"])
        phase2check.verify(phase2.beacon(begun, b"kernels", attribution.MIN_EXPONENT), circuit, made["prepared"])

    return contribution, prepared, verified, key
