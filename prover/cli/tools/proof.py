"""`zksettle prove` and `zksettle verify`: a proof of any statement, from a JSON file and into one."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app
from prover.cli.frame.screen import seconds
from prover.cli.tools import resident
from prover.cli.tools.names import statement_argument

if TYPE_CHECKING:
    from prover.proofs.keystores import Keystore


@command()
@statement_argument
@click.argument("input", type=paths.Existing())
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="PROOF.json",
              help="Where the proof is written.")  # fmt: skip
@resident.options
@pass_app
def prove(app: App, statement: str, input: Path, output: Path, service: bool, timeout: int) -> None:
    """Prove STATEMENT, with inputs from a JSON file.

    INPUT has the public and the private inputs; `zksettle circuit sample` prints one.

    It is made with the key of the ceremony that was installed here last.  Where none was, the first proof of a
    statement makes its proving key, a development key of this home.
    """
    from prover.service import client

    inputs, started = paths.read_bytes(input), time.perf_counter()
    folder = app.home.service
    answer = client.prove_statement(folder, statement, inputs, resident.tell, timeout * 1000) if service else None
    if answer is None:
        text, digest, origin, took_s = _prove_here(app, statement, inputs)
    else:
        text, took_s = answer.parts[0].decode(), time.perf_counter() - started
        digest, origin = answer.fields["key"], answer.fields["origin"]
    paths.write_text(output, text)
    is_service = answer is not None
    app.screen.say(
        f"{statement} is proved in {seconds(took_s)}{resident.by(is_service)}; the proof is in {output}."
    )
    app.screen.fields([("key", f"{digest[:16]}, {origin}")])
    app.screen.document({
        "statement": statement, "proof": str(output), "key": digest, "origin": origin, "seconds": round(took_s, 6),
        "service": is_service,
    })  # fmt: skip


def _prove_here(app: App, statement: str, inputs: bytes) -> tuple[str, str, str, float]:
    """The text of the proof file, the digest of its key and where that comes from, and how many seconds it took."""
    from circuits import registry
    from circuits.statements import statement as statements
    from prover.cli.frame import watching
    from prover.proofs import prooffile, proving
    from prover.upkeep import warmup
    from zk.groth16 import keys

    public, private = statements.read(registry.get(statement), inputs)
    with watching.show_progress(app):
        warmup.compile_kernels()
        keystore = _keystore(app)
        started = time.perf_counter()
        found = proving.prove_file(statement, public, private, keystore)
        took_s = time.perf_counter() - started
    return prooffile.encode(found), keys.digest(found.key).hex(), keystore.origin, took_s


def _keystore(app: App) -> "Keystore":
    from prover.cli.frame import workspace
    from prover.proofs import keystores

    return keystores.best(app.home.keys, workspace.now_ms())


@command()
@click.argument("proof", type=paths.Existing(), metavar="PROOF.json")
@click.option("--verification-key", type=paths.Existing(), metavar="FILE",
              help="The key to trust, as snarkjs writes it. Default: this home's own.")  # fmt: skip
@click.option("--paranoid", is_flag=True, help="Verify with py_ecc too, an independent implementation; takes seconds.")
@pass_app
def verify(app: App, proof: Path, verification_key: Path | None, paranoid: bool) -> None:
    """Verify PROOF.json.  The key that is in the file is not trusted."""
    from prover.cli.frame import watching
    from prover.proofs import prooffile, proving
    from prover.upkeep import warmup
    from zk.formats import snarkjs
    from zk.groth16 import keys

    found = prooffile.decode(paths.read_bytes(proof))
    if verification_key is None:
        trusted = proving.own_key(found.statement, _keystore(app))
    else:
        key = snarkjs.decode_verifying_key(paths.read_bytes(verification_key))
        trusted = proving.TrustedKey(key, f"the key in {verification_key}")
    with watching.show_progress(app):
        warmup.compile_kernels()
        started = time.perf_counter()
        proving.verify_file(found, trusted, paranoid)
        took_s = time.perf_counter() - started
    digest, names = keys.digest(trusted.key).hex(), [name for name, _ in _inputs(found.public)]
    app.screen.say(f"The proof of {found.statement} is valid{', and py_ecc agrees' if paranoid else ''}.", "good")
    app.screen.fields([
        ("key", f"{digest[:16]}: {trusted.origin}"),
        ("public inputs", "\n".join(f"{name} = {value}" for name, value in _inputs(found.public))),
        ("took", seconds(took_s)),
    ])  # fmt: skip
    app.screen.document({
        "valid": True,
        "statement": found.statement,
        "key": {"digest": digest, "origin": trusted.origin},
        "public": dict(zip(names, map(str, found.inputs), strict=True)),
        "paranoid": paranoid,
        "seconds": round(took_s, 6),
    })  # fmt: skip


def _inputs(public: object) -> list[tuple[str, int]]:
    from circuits.statements import statement

    return statement.leaves(public)
