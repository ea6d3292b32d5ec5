"""`zksettle groth16 setup`, or `zkey new`: the initial key of a circuit, with snarkjs's order of arguments."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app

r1cs_argument = click.argument("r1cs", type=paths.Existing(), default="circuit.r1cs", metavar="[CIRCUIT.r1cs]")
powers_argument = click.argument("powers", type=paths.Existing(), default="powersoftau.ptau", metavar="[POWERS.ptau]")


@command(name="setup")
@r1cs_argument
@powers_argument
@click.argument("new", type=paths.Output(), default="circuit_0000.zkey", metavar="[NEW.zkey]")
@pass_app
def setup(app: App, r1cs: Path, powers: Path, new: Path) -> None:
    """Create the initial key of a circuit, to contribute to with `zkey contribute`.

    The powers of tau must be prepared for phase 2. Before the first contribution, anybody can forge proofs under the
    key, so no command accepts it for proving or verifying.
    """
    from prover.cli.circom import setup_run

    setup_run.setup(app, r1cs, powers, new)
