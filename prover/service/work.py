"""What a worker of the service does: the same proofs as without it, with kernels and keys that are loaded already."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from prover.service import protocol
from prover.service.protocol import Kind, Message, Outcome
from prover.service.worker import Work
from zk.errors import FormatError

if TYPE_CHECKING:
    from prover.proofs.keystores import Keystore

# What a worker imports, once for all of them.  None of it starts a thread, so they can be forked from it.
MODULES = (
    "__main__",
    "zk.groth16.prover",
    "zk.groth16.verifier",
    "zk.msm.pippenger",
    "prover.proofs.proving",
    "prover.circom.proofs",
)


def prepare(keys: Path, now_ms: int) -> Work:
    """What proves with the keys in a folder; those that are there are opened, and kernels compiled or loaded."""
    from circuits import registry
    from prover.proofs import keystores
    from prover.upkeep import warmup

    opened: dict[str | None, Keystore] = {}

    def best() -> "Keystore":
        """A ceremony's keys may be installed while the worker runs."""
        found = keystores.best(keys, now_ms)
        return opened.setdefault(found.transcript, found)

    warmup.load_kernels()
    for name in registry.names():
        if best().folder(name).exists():
            with suppress(FormatError):  # whoever asks for a proof under a damaged key is told
                best().open(name)
    provers = {Kind.STATEMENT: lambda asked: _statement(asked, best()), Kind.CIRCOM: _circom}

    def work(request: Message) -> Message:
        os.environ["ZKSETTLE_THREADS"] = str(request.fields["threads"])
        return provers[Kind(request.fields["kind"])](request)

    return work


def _statement(request: Message, keystore: "Keystore") -> Message:
    """The proof file, and as fields of the answer the digest of its key and where that comes from."""
    from circuits import registry
    from circuits.statements import statement
    from prover.proofs import prooffile, proving
    from zk.groth16 import keys

    name = request.fields["statement"]
    if name not in registry.names():
        raise FormatError(f"there is no statement {name[:40]!r}")
    public, private = statement.read(registry.get(name), request.parts[0])
    found = proving.prove_file(name, public, private, keystore)
    told = {"key": keys.digest(found.key).hex(), "origin": keystore.origin}
    return protocol.answer(Outcome.DONE, "", prooffile.encode(found).encode(), **told)


def _circom(request: Message) -> Message:
    """proof.json and public.json."""
    from prover.circom import proofs
    from zk.formats import snarkjs

    found, public = proofs.prove(Path(request.fields["key"]), Path(request.fields["witness"]))
    return protocol.answer(
        Outcome.DONE, "", snarkjs.encode_proof(found).encode(), snarkjs.encode_public(public).encode()
    )
