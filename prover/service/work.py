"""What a worker of the service does: the same proofs as without it, with kernels and keys that are loaded already."""

import os
from collections.abc import Callable
from pathlib import Path

from prover.service import protocol
from prover.service.protocol import Kind, Message, Outcome
from prover.service.worker import Work
from zk.errors import FormatError

# What a worker imports, once for all of them.  None of it starts a thread, so they can be forked from it.
MODULES = ("__main__", "zk.groth16.prover", "zk.groth16.verifier", "zk.msm", "prover.proofs.proving")


def prepare(keys: Path, now_ms: int) -> Work:
    """What proves with the keys in a folder; those that are there are opened, and kernels compiled or loaded.

    Raises FormatError when a key is damaged.
    """
    from circuits import registry
    from prover.machine import warmup
    from prover.proofs.keystore import Keystore

    keystore = Keystore(keys, now_ms)
    warmup.load_kernels()
    for name in registry.names():
        if keystore.folder(name).exists():
            keystore.open(name)
    provers: dict[Kind, Callable[[Message], Message]] = {Kind.STATEMENT: lambda asked: _statement(asked, keystore)}

    def work(request: Message) -> Message:
        os.environ["ZKSETTLE_THREADS"] = str(request.fields["threads"])
        return provers[Kind(request.fields["kind"])](request)

    return work


def _statement(request: Message, keystore) -> Message:
    """The proof file, and as fields of the answer the digest of its key."""
    from circuits import registry
    from circuits.statements import statement
    from prover.proofs import prooffile, proving
    from zk.groth16 import keys

    name = request.fields["statement"]
    if name not in registry.names():
        raise FormatError(f"there is no statement {name[:40]!r}")
    public, private = statement.read(registry.get(name), request.parts[0])
    found = proving.prove(name, public, private, keystore)
    return protocol.answer(Outcome.DONE, "", prooffile.encode(found).encode(), key=keys.digest(found.key).hex())
