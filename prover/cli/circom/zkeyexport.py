"""`zksettle zkey export`: verification keys, verifier contracts and calldata, as snarkjs writes them."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

key_argument = click.argument("key", type=paths.Existing(), default="circuit_final.zkey", metavar="[CIRCUIT.zkey]")


@group()
def export() -> None:
    """Write what verifiers need: a verification key, a contract, the calldata of a proof."""


@export.command("verificationkey")
@key_argument
@click.argument("output", type=paths.Output(), default="verification_key.json", metavar="[VERIFICATION_KEY.json]")
@pass_app
def verificationkey(app: App, key: Path, output: Path) -> None:
    """Write the verification key as snarkjs does."""
    from prover.cli.circom import zkeyexport_run

    zkeyexport_run.verificationkey(app, key, output)


@export.command("solidityverifier")
@key_argument
@click.argument("output", type=paths.Output(), default="verifier.sol", metavar="[VERIFIER.sol]")
@click.option("--name", default="Groth16Verifier", show_default=True, metavar="NAME", help="The contract's name.")
@pass_app
def solidityverifier(app: App, key: Path, output: Path, name: str) -> None:
    """Write a Solidity contract that verifies proofs under a key."""
    from prover.cli.circom import zkeyexport_run

    zkeyexport_run.solidityverifier(app, key, output, name)


@export.command("vyper")
@key_argument
@click.argument("output", type=paths.Output(), default="verifier.vy", metavar="[VERIFIER.vy]")
@pass_app
def vyper(app: App, key: Path, output: Path) -> None:
    """Write a Vyper contract that verifies proofs under a key."""
    from prover.cli.circom import zkeyexport_run

    zkeyexport_run.vyper(app, key, output)


@export.command("soliditycalldata")
@click.argument("public", type=paths.Existing(), default="public.json", metavar="[PUBLIC.json]")
@click.argument("proof", type=paths.Existing(), default="proof.json", metavar="[PROOF.json]")
@pass_app
def soliditycalldata(app: App, public: Path, proof: Path) -> None:
    """Print the arguments for calling the contract with a proof, without verifying it."""
    from prover.cli.circom import zkeyexport_run

    zkeyexport_run.soliditycalldata(app, public, proof)
