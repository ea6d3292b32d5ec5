"""The work of a worker: the same proofs as without the service, with kernels and keys already loaded."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from prover.service import protocol
from prover.service.protocol import Kind, Message, Outcome
from prover.service.worker import Work, sentence
from zk.errors import FormatError

if TYPE_CHECKING:
    from prover.proofs.keystores import Keystore
    from prover.proofs.prooffile import ProofFile

# Imported once for all workers, which are then forked.  None of these modules starts a thread.
MODULES = (
    "__main__",
    "zk.groth16.prover",
    "zk.groth16.verifier",
    "zk.msm.pippenger",
    "prover.proofs.proving",
    "prover.circom.proofs",
)


def prepare(keys: Path, now_ms: int) -> Work:
    """Returns the function that proves with the keys in a folder, after loading the kernels and the keys that exist."""
    from circuits import registry
    from prover.proofs import keystores
    from prover.upkeep import warmup

    opened: dict[str | None, Keystore] = {}

    def best() -> "Keystore":
        """Looked up anew each time: a ceremony's keys may be installed while the worker runs."""
        found = keystores.best(keys, now_ms)
        return opened.setdefault(found.transcript, found)

    warmup.load_kernels()
    for name in registry.names():
        if best().folder(name).exists():
            with suppress(FormatError):  # a request for a proof under a damaged key reports the damage
                best().open(name)
    provers = {Kind.STATEMENT: lambda asked: _statement(asked, best()), Kind.CIRCOM: _circom}

    def work(request: Message) -> Message:
        os.environ["ZKSETTLE_THREADS"] = str(request.fields["threads"])
        return provers[Kind(request.fields["kind"])](request)

    return work


def _statement(request: Message, keystore: "Keystore") -> Message:
    """An answer with the proof file, the digest of its key and the key's origin; joined ones for several parts."""
    from circuits import registry
    from circuits.statements import statement
    from prover.proofs import proving

    name = request.fields["statement"]
    if name not in registry.names():
        raise FormatError(f"there is no statement {name[:40]!r}")
    if len(request.parts) > 1:
        return protocol.join(_together(name, request.parts, keystore))
    public, private = statement.read(registry.get(name), request.parts[0])
    return _answer(proving.prove_file(name, public, private, keystore), keystore)


def _together(name: str, parts: Sequence[bytes], keystore: "Keystore") -> list[Message]:
    """An answer for each part; a malformed or false one fails alone."""
    from circuits import registry
    from circuits.statements import statement
    from prover.proofs import pipeline, prooffile

    answers: list[Message] = []
    inputs = {}
    for place, part in enumerate(parts):
        answers.append(protocol.answer(Outcome.BROKEN))
        try:
            inputs[place] = statement.read(registry.get(name), part)
        except FormatError as error:
            answers[place] = sentence(error)
    made = pipeline.prove_many(name, list(inputs.values()), keystore)
    for (place, (public, _)), proof in zip(inputs.items(), made, strict=True):
        if isinstance(proof, Exception):
            answers[place] = sentence(proof)
        else:
            file = prooffile.ProofFile(name, public, proof, keystore.open(name).verifying)
            answers[place] = _answer(file, keystore)
    return answers


def _answer(made: "ProofFile", keystore: "Keystore") -> Message:
    from prover.proofs import prooffile
    from zk.groth16 import keys

    told = {"key": keys.digest(made.key).hex(), "origin": keystore.origin}
    return protocol.answer(Outcome.DONE, "", prooffile.encode(made).encode(), **told)


def _circom(request: Message) -> Message:
    """An answer with proof.json and public.json."""
    from prover.circom import proofs
    from zk.formats import snarkjs

    found, public = proofs.prove(Path(request.fields["key"]), Path(request.fields["witness"]))
    return protocol.answer(
        Outcome.DONE, "", snarkjs.encode_proof(found).encode(), snarkjs.encode_public(public).encode()
    )
