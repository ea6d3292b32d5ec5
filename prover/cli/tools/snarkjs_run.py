"""Runs `zksettle export snarkjs` and `import snarkjs`."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App
from prover.machine import files
from prover.proofs import prooffile
from zk.formats import snarkjs

KEY, PUBLIC, PROOF = "verification_key.json", "public.json", "proof.json"


def export(app: App, proof: Path, output: Path) -> None:
    """Writes snarkjs's three files of a proof, all or none."""
    file = prooffile.decode(paths.read_bytes(proof))
    texts = {
        output / KEY: snarkjs.encode_verifying_key(file.key),
        output / PUBLIC: snarkjs.encode_public(file.inputs),
        output / PROOF: snarkjs.encode_proof(file.proof),
    }
    if (output / PROOF).exists() and (output / PROOF).samefile(proof):
        raise click.UsageError(f"{PROOF} would replace the file it is made from: give a folder with -o")
    output.mkdir(parents=True, exist_ok=True)
    files.replace_all({path: text.encode() for path, text in texts.items()})
    for path in texts:
        app.screen.say(str(path))
    app.screen.document({path.name: str(path) for path in texts})


def import_(app: App, statement: str, key: Path, public: Path, proof: Path, output: Path) -> None:
    """Writes a proof file from snarkjs's three files."""
    file = prooffile.from_snarkjs(statement, *(paths.read_bytes(path) for path in (key, public, proof)))
    paths.write_text(output, prooffile.encode(file))
    app.screen.say(f"The proof is in {output}; it is not verified yet.")
    app.screen.document({"statement": statement, "proof": str(output)})
