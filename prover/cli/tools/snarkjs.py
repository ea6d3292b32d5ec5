"""`zksettle export snarkjs` and `import snarkjs`: proofs of our statements in snarkjs's files."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools.names import statement_argument

KEY, PUBLIC, PROOF = "verification_key.json", "public.json", "proof.json"


@group()
def export() -> None:
    """Write proofs in other programs' formats."""


@export.command("snarkjs")
@click.argument("proof", type=paths.Existing(), metavar="PROOF.json")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("."), metavar="FOLDER",
              help="Where the three files go. Default: here.")  # fmt: skip
@pass_app
def export_snarkjs(app: App, proof: Path, output: Path) -> None:
    """Write the three files that snarkjs verifies.

    verification_key.json, public.json and proof.json, as `snarkjs groth16 verify` takes them.
    """
    from prover.proofs import prooffile
    from zk.formats import snarkjs

    found = prooffile.decode(paths.read_bytes(proof))
    texts = {
        KEY: snarkjs.encode_verifying_key(found.key),
        PUBLIC: snarkjs.encode_public(found.inputs),
        PROOF: snarkjs.encode_proof(found.proof),
    }
    if (output / PROOF).exists() and (output / PROOF).samefile(proof):
        raise click.UsageError(f"{PROOF} would replace the file it is made from: give a folder with -o")
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        paths.write_text(output / name, text)
        app.screen.say(str(output / name))
    app.screen.document({name: str(output / name) for name in texts})


@group(name="import")
def import_() -> None:
    """Read proofs in other programs' formats."""


@import_.command("snarkjs")
@statement_argument
@click.argument("key", type=paths.Existing(), metavar="VERIFICATION_KEY.json")
@click.argument("public", type=paths.Existing(), metavar="PUBLIC.json")
@click.argument("proof", type=paths.Existing(), metavar="PROOF.json")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
              help="Where the proof is written.")  # fmt: skip
@pass_app
def import_snarkjs(app: App, statement: str, key: Path, public: Path, proof: Path, output: Path) -> None:
    """Make a proof file of STATEMENT from snarkjs's three files.  Nothing is verified: `zksettle verify` does that."""
    from prover.proofs import prooffile

    found = prooffile.from_snarkjs(statement, *(paths.read_bytes(path) for path in (key, public, proof)))
    paths.write_text(output, prooffile.encode(found))
    app.screen.say(f"The proof is in {output}; it is not verified yet.")
    app.screen.document({"statement": statement, "proof": str(output)})
