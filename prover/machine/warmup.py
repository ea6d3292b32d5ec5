"""Everything that happens once on a machine, done now: compiling the kernels and making the proving keys.

A tiny statement goes the whole way of a proof, so that every kernel on the way is compiled and kept on disk; a mark
beside the compiled code says that it was done.  A change of any kernel starts a new folder, without the mark.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prover.machine import progress

if TYPE_CHECKING:
    from prover.proofs.keystore import Keystore

NOTE = "this happens once on this machine and takes about a minute"


def folder() -> Path:
    """Where compiled kernels lie."""
    from zk import jit

    return jit.cache_folder


def is_warm() -> bool:
    """Whether this version's kernels were compiled, for this copy of the sources: Numba's cache goes by their place."""
    return _mark().exists()


def _mark() -> Path:
    place = hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()
    return folder() / f"warm-{place[:16]}"


def has_keys(keystore: "Keystore") -> bool:
    """Whether every statement has its proving key."""
    from circuits import registry

    return all(keystore.folder(name).exists() for name in registry.names())


def compile_kernels() -> bool:
    """Compiles what is not compiled yet.  Whether there was anything to do."""
    if is_warm():
        return False
    stages = _stages()
    with progress.task("Compiling kernels", NOTE, total=len(stages)) as task:
        made: dict = {}
        for stage in stages:
            stage(made)
            task.advance()
    _mark().touch()
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


def _stages() -> tuple[Callable[[dict], None], ...]:
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
        from zk import membership, polynomial

        key = made["key"]
        membership.check_g1(key.a[0], "the points")
        membership.check_g2(key.b2[0], "the points")
        polynomial.from_plain(polynomial.to_plain(made["witness"]))

    return witness, key, proof, verification, from_outside
