"""Writes PROOF.json and PUBLIC.json, for the commands that prove."""

import json
from pathlib import Path

from prover.cli.frame import paths
from prover.cli.frame.command import App
from prover.cli.tools import resident
from prover.machine import files, units


def check(read: dict[str, Path], proof: Path, public: Path) -> None:
    """Raises click.UsageError when two names are the same file, FormatError when an output cannot be written."""
    paths.check_different(read | {"PROOF.json": proof, "PUBLIC.json": public})
    for path in (proof, public):
        paths.check_folder(path)


def write(app: App, proof: Path, public: Path, proof_text: str, public_text: str, took_s: float, *,
          is_service: bool, is_queue: bool = False, **more: object) -> None:  # fmt: skip
    """Writes both files or neither, and reports them; `more` goes into the JSON document."""
    files.replace_all({proof: proof_text.encode(), public: public_text.encode()})
    app.screen.say(
        f"Proved in {units.seconds(took_s)}{resident.by(is_service, is_queue)}; the proof is in {proof}, "
        f"its public inputs in {public}."
    )
    app.screen.document({
        "proof": str(proof),
        "public": str(public),
        "inputs": json.loads(public_text),
        "seconds": round(took_s, 6),
        "service": is_service,
        "queue": is_queue,
        **more,
    })  # fmt: skip
