"""What happens once on a machine, done ahead: compiling the kernels and making the proving keys.

A mark beside the compiled code records that it is complete.  An edit to any kernel makes the mark obsolete.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from prover.machine import tasks
from prover.upkeep import compilers

if TYPE_CHECKING:
    from prover.proofs.keystores import Keystore

NOTE = "this happens once on this machine and takes a minute or two"


def folder() -> Path:
    """The folder of compiled kernels."""
    from zk.runtime import kernelcache

    return kernelcache.base


def is_warm() -> bool:
    """Whether all kernels of this version are compiled."""
    return _mark("warm").exists()


def _mark(name: str) -> Path:
    from zk.runtime import kernelcache

    return folder() / f"{name}-{kernelcache.version}"


def has_keys(keystore: "Keystore") -> bool:
    """Whether every statement has its proving key."""
    from circuits import registry

    return all(keystore.folder(name).exists() for name in registry.names())


def compile_kernels() -> bool:
    """Compiles the kernels of a proof, on every core, unless that has been done.  Returns whether it compiled."""
    from prover.upkeep import exercises
    from zk.runtime import parallel

    if is_warm():
        return False
    with tasks.task("Compiling kernels", NOTE, total=len(exercises.PROVING) + 1) as task:
        if parallel.threads() > 1:
            compilers.run(exercises.PROVING, parallel.threads(), task.advance)
        load_kernels()
    _mark("warm").touch()
    return True


def compile_ceremony_kernels() -> bool:
    """Compiles the kernels of a ceremony unless that has been done.  Returns whether it compiled."""
    from prover.upkeep import exercises

    if _mark("ceremony").exists():
        return False
    with tasks.task("Compiling the kernels of ceremonies", NOTE):
        exercises.ceremony()
    _mark("ceremony").touch()
    return True


def load_kernels() -> None:
    """Loads every kernel of a proof into this process, compiling what is not compiled."""
    from prover.upkeep import exercises

    for exercise in (*exercises.PROVING.values(), exercises.proof):
        exercise()


def load_checking() -> None:
    """Loads the kernels with which a ledger checks what it is sent, so that nobody who sends it waits for them."""
    from prover.upkeep import exercises

    for exercise in (exercises.verification_of_many, exercises.settling):
        exercise()


def run(keystore: "Keystore") -> tuple[bool, tuple[str, ...]]:
    """Compiles the kernels and makes missing keys.

    Returns whether it compiled, and the statements whose keys it made.
    """
    from circuits import registry

    compiled = compile_kernels()
    missing = tuple(name for name in registry.names() if not keystore.folder(name).exists())
    for name in missing:
        keystore.open(name)
    return compiled, missing
