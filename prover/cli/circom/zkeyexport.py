"""`zksettle zkey export`: a key's verification key and its contracts, and a proof's calldata, as snarkjs has them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

if TYPE_CHECKING:
    from zk.groth16.keys import VerifyingKey

key_argument = click.argument("key", type=paths.Existing(), default="circuit_final.zkey", metavar="[CIRCUIT.zkey]")


@group()
def export() -> None:
    """Write what verifiers need: a verification key, a contract, the arguments of its call."""


@export.command("verificationkey")
@key_argument
@click.argument("output", type=paths.Output(), default="verification_key.json", metavar="[VERIFICATION_KEY.json]")
@pass_app
def verificationkey(app: App, key: Path, output: Path) -> None:
    """Write the verification key of a key, as snarkjs writes it."""
    from zk.formats import alphabeta, snarkjs

    found = _read(key, output)
    text = snarkjs.encode_verifying_key(found, alphabeta.of(found)).rstrip("\n")
    _write(app, output, text, found, "The verification key")


@export.command("solidityverifier")
@key_argument
@click.argument("output", type=paths.Output(), default="verifier.sol", metavar="[VERIFIER.sol]")
@click.option("--name", default="Groth16Verifier", show_default=True, metavar="NAME", help="Its name.")
@pass_app
def solidityverifier(app: App, key: Path, output: Path, name: str) -> None:
    """Write a Solidity contract that verifies proofs under a key."""
    from zk.contracts import solidity

    found = _read(key, output)
    _write(app, output, solidity.contract(found, name), found, "The contract")


@export.command("vyper")
@key_argument
@click.argument("output", type=paths.Output(), default="verifier.vy", metavar="[VERIFIER.vy]")
@pass_app
def vyper(app: App, key: Path, output: Path) -> None:
    """Write a Vyper contract that verifies proofs under a key."""
    from zk.contracts import vyper as source

    found = _read(key, output)
    _write(app, output, source.contract(found), found, "The contract")


@export.command("soliditycalldata")
@click.argument("public", type=paths.Existing(), default="public.json", metavar="[PUBLIC.json]")
@click.argument("proof", type=paths.Existing(), default="proof.json", metavar="[PROOF.json]")
@pass_app
def soliditycalldata(app: App, public: Path, proof: Path) -> None:
    """Print the arguments of the contract's call for a proof.  Nothing is verified."""
    from zk.contracts import calldata
    from zk.formats import snarkjs

    inputs = snarkjs.decode_public(paths.read_bytes(public, snarkjs.MAX_BYTES))
    text = calldata.text(snarkjs.decode_proof(paths.read_bytes(proof)), inputs)
    app.screen.block(text)
    app.screen.document({"calldata": text})


def _read(key: Path, output: Path) -> "VerifyingKey":
    """The verifying key in a .zkey file.

    Raises FormatError when it is malformed or before phase 2, or the output's folder is not there, and click.UsageError
    when both are one file.
    """
    from zk.formats import openfile, zkeyheader

    paths.check_different({"CIRCUIT.zkey": key, "the output": output})
    paths.check_folder(output)
    with openfile.opened(key) as source:
        return zkeyheader.read_fixed(source, str(key))[0]


def _write(app: App, output: Path, text: str, key: "VerifyingKey", what: str) -> None:
    from zk.groth16 import keys

    paths.write_text(output, text)
    app.screen.say(f"{what} is in {output}.")
    app.screen.document({"file": str(output), "key": {"digest": keys.digest(key).hex()}, "public": key.num_public})
