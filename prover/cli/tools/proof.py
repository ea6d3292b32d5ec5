"""`zksettle prove` and `zksettle verify`: proofs of the statements, from JSON files and into JSON files."""

from pathlib import Path
from typing import Any

import click

from prover.cli.farm import options
from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app
from prover.cli.tools import resident
from prover.cli.tools.names import statement_argument


@command()
@statement_argument
@click.argument("input", type=paths.Existing())
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="PROOF.json",
              help="The file to write the proof to.")  # fmt: skip
@resident.options
@options.asking
@pass_app
def prove(app: App, **arguments: Any) -> None:
    """Prove STATEMENT with the inputs in a JSON file.

    INPUT contains the public and the private inputs; `zksettle circuit sample` prints an example.

    The proof is made with the key of the ceremony that was installed here last.  Without one, the first proof of a
    statement makes its proving key, a development key of this home.

    With --queue the workers of a queue prove; the claim and the proof are checked here. When no worker answers in time,
    nothing is proved.
    """
    from prover.cli.tools import proof_run

    proof_run.prove(app, **arguments)


@command()
@click.argument("proof", type=paths.Existing(), metavar="PROOF.json")
@click.option("--verification-key", type=paths.Existing(), metavar="FILE",
              help="The key to trust, as snarkjs writes it. Default: this home's own.")  # fmt: skip
@click.option("--paranoid", is_flag=True,
              help="Verify with py_ecc too, an independent implementation. Takes seconds.")  # fmt: skip
@pass_app
def verify(app: App, **arguments: Any) -> None:
    """Verify PROOF.json.  The key in the file is not trusted."""
    from prover.cli.tools import proof_run

    proof_run.verify(app, **arguments)
