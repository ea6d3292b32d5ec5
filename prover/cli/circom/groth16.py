"""`zksettle groth16 prove`, `fullprove` and `verify`: proofs of circom circuits, in snarkjs's order of arguments."""

from pathlib import Path

import click

from prover.cli.circom import setup
from prover.cli.circom.wtns import input_argument, limit_option, wasm_argument, wtns_argument
from prover.cli.farm import options
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools import resident

zkey_argument = click.argument("zkey", type=paths.Existing(), default="circuit_final.zkey", metavar="[CIRCUIT.zkey]")
proof_output, public_output = (
    click.argument(name, type=paths.Output(), default=f"{name}.json", metavar=f"[{name.upper()}.json]")
    for name in ("proof", "public")
)
key_argument, public_argument, proof_argument = (
    click.argument(name, type=paths.Existing(), default=default, metavar=f"[{default.upper()[:-5]}.json]")
    for name, default in (("key", "verification_key.json"), ("public", "public.json"), ("proof", "proof.json"))
)


@group()
def groth16() -> None:
    """Groth16 proofs of circom circuits, in snarkjs's files.

    Files that are not named are snarkjs's: circuit_final.zkey, witness.wtns, proof.json, public.json and so on.
    """


groth16.add_command(setup.setup)


@groth16.command("prove")
@zkey_argument
@wtns_argument
@proof_output
@public_output
@resident.options
@options.asking
@pass_app
def prove(
    app: App, zkey: Path, wtns: Path, proof: Path, public: Path, service: bool, timeout: int, queue: str | None,
    queue_key: str | None, priority: str,
) -> None:  # fmt: skip
    """Prove a circom circuit from snarkjs's key and witness.

    Writes the proof and the public inputs as `snarkjs groth16 verify` takes them. Files of these names are replaced,
    both or neither.

    The first proof under a key checks the key. A copy is kept beside the compiled kernels. With --queue, the workers of
    a queue prove, and fetch the key once; the proof is verified here.
    """
    from prover.cli.circom import groth16_prove_run

    asked = None if queue is None else options.Asked(queue, queue_key, priority, timeout)
    groth16_prove_run.prove(app, zkey, wtns, proof, public, service, timeout, asked)


@groth16.command("fullprove")
@input_argument
@wasm_argument
@zkey_argument
@proof_output
@public_output
@limit_option("How long circom's program may take, and then a queue.")
@options.asking
@pass_app
def fullprove(
    app: App, input: Path, wasm: Path, zkey: Path, proof: Path, public: Path, timeout: int, queue: str | None,
    queue_key: str | None, priority: str,
) -> None:  # fmt: skip
    """Calculate a witness and prove it: `wtns calculate`, then `groth16 prove`.

    The witness is calculated here and not written to disk. With --queue, it is sealed to the queue's workers.
    """
    from prover.cli.circom import groth16_run

    asked = None if queue is None else options.Asked(queue, queue_key, priority, timeout)
    groth16_run.fullprove(app, input, wasm, zkey, proof, public, timeout, asked)


@groth16.command("verify")
@key_argument
@public_argument
@proof_argument
@click.option("--paranoid", is_flag=True, help="Verify with py_ecc too, an independent implementation.")
@pass_app
def verify(app: App, key: Path, public: Path, proof: Path, paranoid: bool) -> None:
    """Verify a proof under a key, from snarkjs's three files."""
    from prover.cli.circom import groth16_run

    groth16_run.verify(app, key, public, proof, paranoid)
