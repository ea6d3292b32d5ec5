"""Runs `zksettle r1cs info`, `print` and `export json`."""

from pathlib import Path

from prover.circom import circuit
from prover.cli.frame import paths, screen, watching
from prover.cli.frame.command import App
from prover.machine import files
from zk.errors import FormatError
from zk.formats import jsonexport, r1cstext

_BETWEEN_REPORTS = 4096  # constraints


def info(app: App, r1cs: Path) -> None:
    """Prints the counts in the header."""
    header = circuit.read_header(r1cs)
    app.screen.fields([
        ("curve", "bn-128"),
        ("wires", f"{header.num_wires:,}"),
        ("constraints", f"{header.num_constraints:,}"),
        ("private inputs", f"{header.num_private_inputs:,}"),
        ("public inputs", f"{header.num_public_inputs:,}"),
        ("labels", f"{header.num_labels:,}"),
        ("outputs", f"{header.num_outputs:,}"),
    ])  # fmt: skip
    app.screen.document({
        "curve": "bn128",
        "wires": header.num_wires,
        "constraints": header.num_constraints,
        "private_inputs": header.num_private_inputs,
        "public_inputs": header.num_public_inputs,
        "labels": header.num_labels,
        "outputs": header.num_outputs,
    })


def print_(app: App, r1cs: Path, sym: Path | None) -> None:
    """Prints every constraint."""
    with watching.long_step(app, f"Reading {r1cs.name}", circuit.memory_bytes(r1cs)):
        constraints = circuit.read(r1cs)
        names, note = circuit.names_beside(constraints) if sym is None else (circuit.names(constraints, sym), "")
    if note:
        screen.tell(note)
    lines = r1cstext.constraints(constraints.system, names)
    if app.screen.is_json:
        app.screen.document(list(lines))
    for line in lines:
        app.screen.say(line)


def export_json(app: App, r1cs: Path, output: Path | None) -> None:
    """Writes a circuit as snarkjs's JSON, by default beside it."""
    output = output or r1cs.with_suffix(".json")
    paths.check_different({"CIRCUIT.r1cs": r1cs, "OUT.json": output})
    paths.check_folder(output)
    with watching.long_step(app, f"Exporting {r1cs.name}", circuit.memory_bytes(r1cs)) as report:
        constraints = circuit.read(r1cs)
        header = constraints.header
        if constraints.labels is None:
            raise FormatError(f"{r1cs} has no label for its last wire, as circom wrote before version 2")
        with files.writing(output) as file:
            for index, text in enumerate(jsonexport.circuit(header, constraints.system, constraints.labels)):
                file.write(text.encode())
                if index % _BETWEEN_REPORTS == 0:
                    report(min(index, header.num_constraints), header.num_constraints)
    app.screen.say(f"The circuit is in {output}.")
    app.screen.document({"output": str(output), "constraints": header.num_constraints})
