"""`zksettle groth16 setup`, or `zkey new`: the key of a circuit before phase 2, in snarkjs's order of arguments."""

from pathlib import Path

import click

from prover.cli.circom import contributions
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
    """Make the key of a circuit, for people to contribute to with `zkey contribute`.

    The powers of tau must be prepared for phase 2. Until somebody has contributed anybody can forge proofs under the
    key, so no command takes it to prove or to verify with.
    """
    from prover.cli.frame import watching
    from prover.machine import files
    from zk.ceremony import initial_key as making
    from zk.formats import openfile, ptau, r1csfile, zkeyfile

    paths.check_different({"CIRCUIT.r1cs": r1cs, "POWERS.ptau": powers, "NEW.zkey": new})
    paths.check_folder(new)
    with files.writing(new) as file, openfile.opened(r1cs) as source, ptau.opened(powers) as found:
        header = r1csfile.split(source, str(r1cs))[0]
        making.check_powers(header, found)
        contributions.compile_kernels(app)
        memory = making.memory_bytes(r1cs.stat().st_size, header.num_constraints)
        with watching.long_step(app, "Making the key", memory) as report:
            made = making.make(r1csfile.decode_terms(source, str(r1cs)), found, report)
            zkeyfile.write(file, made)
    digest = made.ceremony.circuit_hash
    app.screen.say(f"{new} is a key that nobody has contributed to.  The hash of its circuit:")
    app.screen.block(contributions.hash_text(digest))
    app.screen.document({"file": str(new), "circuit_hash": digest.hex()})
