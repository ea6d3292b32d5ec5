"""What `zksettle groth16 setup` does."""

from pathlib import Path

from prover.cli.circom import contributions_run
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files
from zk.ceremony import initial_key
from zk.formats import openfile, ptau, r1csfile, zkeyfile


def setup(app: App, r1cs: Path, powers_path: Path, output: Path) -> None:
    """Writes the initial key of a circuit."""
    paths.check_different({"CIRCUIT.r1cs": r1cs, "POWERS.ptau": powers_path, "NEW.zkey": output})
    paths.check_folder(output)
    with files.writing(output) as file, openfile.opened(r1cs) as source, ptau.opened(powers_path) as powers:
        header = r1csfile.split(source, str(r1cs))[0]
        initial_key.check_powers(header, powers)
        contributions_run.compile_kernels(app)
        memory = initial_key.memory_bytes(r1cs.stat().st_size, header.num_constraints)
        with watching.long_step(app, "Creating the key", memory) as progress:
            key = initial_key.make(r1csfile.decode_terms(source, str(r1cs)), powers, progress)
            zkeyfile.write(file, key)
    digest = key.ceremony.circuit_hash
    app.screen.say(f"{output} is a new key, without contributions.  Its circuit hash:")
    app.screen.block(contributions_run.hash_text(digest))
    app.screen.document({"file": str(output), "circuit_hash": digest.hex()})
