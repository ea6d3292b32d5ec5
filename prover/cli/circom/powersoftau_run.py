"""What `zksettle powersoftau` does."""

from pathlib import Path
from typing import Any

from prover.cli.circom import contributions_run
from prover.cli.circom.contributions_run import Listed
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files
from zk.ceremony import phase1, phase1check, preparation
from zk.errors import FormatError
from zk.formats import ptau, ptaucontributions
from zk.formats.ptau import Powers
from zk.formats.ptaucontributions import PowersContribution


def new(app: App, power: int, output: Path) -> None:
    """Writes powers without contributions."""
    paths.check_folder(output)
    memory = phase1.memory_bytes(power)
    with watching.long_step(app, "Beginning", memory) as progress, files.writing(output) as file:
        challenge = phase1.new(power, file, progress)
    app.screen.say(f"{output} is a new ceremony, without contributions.  Its first challenge:")
    app.screen.block(contributions_run.hash_text(challenge))
    app.screen.document({"file": str(output), "power": power, "challenge": challenge.hex()})


def contribute(app: App, source: Path, output: Path, name: str | None, entropy: str) -> None:
    """Writes powers with one more contribution, of fresh secrets."""
    _check_contributable(app, source, output)
    text = contributions_run.entropy_bytes(entropy)
    with files.writing(output) as file, ptau.opened(source) as powers:
        with watching.long_step(app, "Contributing", phase1.memory_bytes(powers.power)) as progress:
            digest = phase1.contribute(powers, file, name, text, progress)
    contributions_run.say_contributed(app, output, name, digest)


def beacon(app: App, source: Path, output: Path, beacon: str, iterations_exp: int, name: str | None) -> None:
    """Writes powers with one more contribution, derived from a beacon."""
    value = paths.parse_hex(beacon, "HEX")
    _check_contributable(app, source, output)
    with files.writing(output) as file, ptau.opened(source) as powers:
        with watching.long_step(app, "Contributing the beacon", phase1.memory_bytes(powers.power)) as progress:
            digest = phase1.beacon(powers, file, value, iterations_exp, name, progress)
    contributions_run.say_contributed(app, output, name, digest)


def prepare_phase2(app: App, source: Path, output: Path) -> None:
    """Writes powers with their Lagrange points."""
    _check_output(source, output)
    _compile_kernels(app, source)
    with files.writing(output) as file, ptau.opened(source) as powers:
        memory = phase1.memory_bytes(powers.power) + preparation.memory_bytes(powers.power)
        with watching.long_step(app, "Preparing phase 2", memory) as progress:
            preparation.prepare(powers, file, progress)
    app.screen.say(f"{output} is prepared for phase 2 of circuits with up to 2^{powers.power} constraints.")
    app.screen.document({"file": str(output), "power": powers.power})


def truncate(app: App, source: Path, prefix: str | None) -> None:
    """Writes a truncated copy for every smaller power."""
    prefix = f"{source.with_suffix('')}_" if prefix is None else prefix
    with ptau.opened(source) as powers:
        outputs = [Path(f"{prefix}{power:02}.ptau") for power in range(1, powers.power)]
        for output in outputs:
            _check_output(source, output)
        with watching.long_step(app, "Truncating", phase1.memory_bytes(powers.power)) as progress:
            for power, output in enumerate(outputs, 1):
                with files.writing(output) as file:
                    phase1.truncate(powers, power, file)
                progress(1 << power, 1 << powers.power)
    for output in outputs:
        app.screen.say(str(output))
    app.screen.document({"files": list(map(str, outputs))})


def verify(app: App, path: Path) -> None:
    """Verifies powers and shows them."""
    with ptau.opened(path) as powers:
        contributions_run.compile_kernels(app)
        with watching.long_step(app, f"Verifying {path.name}", phase1check.memory_bytes(powers)) as progress:
            contributions = phase1check.verify(powers, progress)
    count = contributions_run.number(len(contributions))
    app.screen.say(f"{path} is valid: it is the result of {count}.", "good")
    _show(app, powers, contributions, {"valid": True})


def info(app: App, path: Path) -> None:
    """Shows powers without verifying them."""
    with ptau.opened(path) as powers:
        contributions_run.compile_kernels(app)
        contributions = ptaucontributions.decode(powers.contributions)
    _show(app, powers, contributions, {})


def _check_contributable(app: App, source: Path, output: Path) -> None:
    """Compiles the kernels, after checking everything that could make a contribution fail later.

    Raises as `_check_output`, and FormatError when the output is not a regular file or the powers have no room left.
    """
    _check_output(source, output)
    if output.exists() and not output.is_file():  # the next challenge hashes the points that were written
        raise FormatError(f"{output} is not a regular file; a contribution must be read back to compute its hashes")
    with ptau.opened(source) as powers:
        ptaucontributions.check_room(powers.contributions)
    contributions_run.compile_kernels(app)


def _check_output(source: Path, output: Path) -> None:
    contributions_run.check_output("POWERS.ptau", source, "NEW.ptau", output)


def _compile_kernels(app: App, source: Path) -> None:
    """Compiles the kernels unless the file is malformed.  Raises FormatError when it is."""
    with ptau.opened(source):
        contributions_run.compile_kernels(app)


def _show(app: App, powers: Powers, contributions: tuple[PowersContribution, ...], document: dict[str, Any]) -> None:
    """Shows the header and the contributions."""
    truncated = f", truncated from 2^{powers.ceremony_power}" if powers.is_truncated else ""
    fields = [
        ("constraints", f"up to 2^{powers.power}{truncated}"),
        ("phase 2", "prepared" if powers.is_prepared else "not prepared: run `zksettle powersoftau prepare phase2`"),
    ]
    about = {
        "curve": "bn128",
        "power": powers.power,
        "ceremony_power": powers.ceremony_power,
        "prepared": powers.is_prepared,
    }
    listed = [Listed(one.attribution, one.response_hash(), _more(one)) for one in contributions]
    contributions_run.show(app, fields, listed, "every key derived from these powers", {**document, **about})


def _more(contribution: PowersContribution) -> dict[str, Any]:
    return {"next_challenge": contribution.next_challenge.hex()}
