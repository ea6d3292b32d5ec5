"""Runs `zksettle prove` and `zksettle verify`.

A command that a running prover service answers loads neither NumPy nor Numba, so the modules that prove here are
imported only when no service answers.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from prover.cli.farm.options import Asked
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.tools import resident
from prover.machine import clock, units
from prover.service import client


def prove(
    app: App, statement: str, input: Path, output: Path, service: bool, timeout: int, queue: str | None,
    queue_key: str | None, priority: str,
) -> None:  # fmt: skip
    """Proves with the queue, or the home's service if it runs, else in this process, and writes the proof file."""
    inputs, start_s = paths.read_bytes(input), time.perf_counter()
    folder, answer = app.home.service, None
    if service and queue is None:
        answer = client.prove_statement(folder, statement, inputs, resident.tell, timeout * 1000)
    if answer is None:
        asked = None if queue is None else Asked(queue, queue_key, priority, timeout)
        text, digest, origin, took_s = _prove_here(app, statement, inputs, asked)
    else:
        text, took_s = answer.parts[0].decode(), time.perf_counter() - start_s
        digest, origin = answer.fields["key"], answer.fields["origin"]
    paths.write_text(output, text)
    is_service, by = answer is not None, resident.by(answer is not None, queue is not None)
    app.screen.say(f"Proved {statement} in {units.seconds(took_s)}{by}; the proof is in {output}.")
    app.screen.fields([("key", f"{digest[:16]}, {origin}")])
    app.screen.document({
        "statement": statement, "proof": str(output), "key": digest, "origin": origin, "seconds": round(took_s, 6),
        "service": is_service, "queue": queue is not None,
    })  # fmt: skip


def _prove_here(app: App, name: str, inputs: bytes, asked: Asked | None) -> tuple[str, str, str, float]:
    """The text of the proof file, the digest of its key, the key's origin, and the seconds that proving took.

    With `asked`, other machines prove it, and the rest is done here.
    """
    from circuits import registry
    from circuits.statements import statement
    from prover.proofs import keystores, prooffile, proving
    from prover.upkeep import warmup
    from zk.groth16 import keys

    public, private = statement.read(registry.get(name), inputs)
    with watching.show_progress(app), ExitStack() as stack:
        warmup.compile_kernels()
        keystore = keystores.best(app.home.keys, clock.now_ms())
        if asked is not None:
            from prover.cli.farm import asking

            stack.enter_context(asking.proving(app, asked, keystore))
        start_s = time.perf_counter()
        proof = proving.prove_file(name, public, private, keystore)
        took_s = time.perf_counter() - start_s
    return prooffile.encode(proof), keys.digest(proof.key).hex(), keystore.origin, took_s


def verify(app: App, proof: Path, verification_key: Path | None, paranoid: bool) -> None:
    """Verifies a proof file under `verification_key` or the home's own key."""
    from circuits.statements import statement
    from prover.proofs import keystores, prooffile, proving
    from prover.upkeep import warmup
    from zk.formats import snarkjs
    from zk.groth16 import keys

    file = prooffile.decode(paths.read_bytes(proof))
    if verification_key is None:
        trusted = proving.own_key(file.statement, keystores.best(app.home.keys, clock.now_ms()))
    else:
        key = snarkjs.decode_verifying_key(paths.read_bytes(verification_key))
        trusted = proving.TrustedKey(key, f"the key in {verification_key}")
    with watching.show_progress(app):
        warmup.compile_kernels()
        start_s = time.perf_counter()
        proving.verify_file(file, trusted, paranoid)
        took_s = time.perf_counter() - start_s
    digest, inputs = keys.digest(trusted.key).hex(), statement.leaves(file.public)
    app.screen.say(f"The proof of {file.statement} is valid{', and py_ecc agrees' if paranoid else ''}.", "good")
    app.screen.fields([
        ("key", f"{digest[:16]}: {trusted.origin}"),
        ("public inputs", "\n".join(_rows(inputs))),
        ("took", units.seconds(took_s)),
    ])  # fmt: skip
    app.screen.document({
        "valid": True,
        "statement": file.statement,
        "key": {"digest": digest, "origin": trusted.origin},
        "public": {name: str(value) for name, value in inputs},
        "paranoid": paranoid,
        "seconds": round(took_s, 6),
    })  # fmt: skip


def _rows(inputs: Iterable[tuple[str, int]]) -> Iterator[str]:
    """A line for each number, or for each row of numbers: "grid[3] = 5, 7, …"."""
    for name, row in groupby(inputs, lambda one: one[0].removesuffix("]").rpartition("[")[0] or one[0]):
        yield f"{name} = {', '.join(str(value) for _, value in row)}"
