"""`zksettle export snarkjs` and `import snarkjs`: proofs of our statements in snarkjs's files."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools.names import statement_argument


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
    from prover.cli.tools import snarkjs_run

    snarkjs_run.export(app, proof, output)


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
    from prover.cli.tools import snarkjs_run

    snarkjs_run.import_(app, statement, key, public, proof, output)
