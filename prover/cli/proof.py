"""`zksettle prove` and `zksettle verify`: a proof of any statement, from a JSON file and into one."""

import time
from pathlib import Path

import click

from prover.cli import files, sitting, watching
from prover.cli.circuit import statement_argument
from prover.cli.command import Session, command, pass_session
from prover.cli.screen import seconds


@command()
@statement_argument
@click.argument("input", type=files.Existing())
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="PROOF.json",
              help="Where the proof is written.")  # fmt: skip
@pass_session
def prove(session: Session, statement: str, input: Path, output: Path) -> None:
    """Prove STATEMENT, with inputs from a JSON file.

    INPUT has the public and the private inputs; `zksettle circuit sample` prints one.

    The first proof of a statement makes its proving key, a development key of this home.
    """
    from circuits import registry
    from circuits.statements import statement as statements
    from prover.machine import progress, warmup
    from prover.proofs import prooffile, proving
    from prover.proofs.keystore import Keystore
    from zk.groth16 import keys

    public, private = statements.read(registry.get(statement), files.read_bytes(input))
    with progress.watched_by(watching.watcher(session.screen.is_json)):
        warmup.compile_kernels()
        keystore = Keystore(session.home.keys, sitting.now_ms())
        started = time.perf_counter()
        found = proving.prove(statement, public, private, keystore)
        took_s = time.perf_counter() - started
    files.write_json(output, prooffile.to_json(found))
    digest = keys.digest(found.key).hex()
    session.screen.say(f"{statement} is proved in {seconds(took_s)}; the proof is in {output}.")
    session.screen.fields([("key", f"{digest[:16]}, a development key made by one party")])
    session.screen.document({"statement": statement, "proof": str(output), "key": digest, "seconds": round(took_s, 6)})


@command()
@click.argument("proof", type=files.Existing(), metavar="PROOF.json")
@click.option("--verification-key", type=files.Existing(), metavar="FILE",
              help="The key to trust, as snarkjs writes it. Default: this home's own.")  # fmt: skip
@click.option("--paranoid", is_flag=True, help="Verify with py_ecc too, an independent implementation; takes seconds.")
@pass_session
def verify(session: Session, proof: Path, verification_key: Path | None, paranoid: bool) -> None:
    """Verify PROOF.json.  The key that is in the file is not trusted."""
    from prover.machine import progress, warmup
    from prover.proofs import prooffile, proving
    from prover.proofs.keystore import Keystore
    from zk.formats import snarkjs
    from zk.groth16 import keys

    found = prooffile.decode(files.read_bytes(proof))
    if verification_key is None:
        trusted = proving.own_key(found.statement, Keystore(session.home.keys, sitting.now_ms()))
    else:
        key = snarkjs.decode_verifying_key(files.read_bytes(verification_key))
        trusted = proving.TrustedKey(key, f"the key in {verification_key}")
    with progress.watched_by(watching.watcher(session.screen.is_json)):
        warmup.compile_kernels()
        started = time.perf_counter()
        proving.verify(found, trusted, paranoid)
        took_s = time.perf_counter() - started
    digest, names = keys.digest(trusted.key).hex(), [name for name, _ in _inputs(found.public)]
    session.screen.say(f"The proof of {found.statement} is valid{', and py_ecc agrees' if paranoid else ''}.", "good")
    session.screen.fields([
        ("key", f"{digest[:16]}: {trusted.origin}"),
        ("public inputs", "\n".join(f"{name} = {value}" for name, value in _inputs(found.public))),
        ("took", seconds(took_s)),
    ])  # fmt: skip
    session.screen.document({
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
