"""What `zksettle zkey` does."""

from pathlib import Path
from typing import Any

import click

from prover.cli.circom import contributions_run
from prover.cli.circom.contributions_run import Listed
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import files
from zk.ceremony import initial_key, phase2, phase2check
from zk.formats import openfile, ptau, r1csfile, sections, zkeycontributions, zkeyfile, zkeyheader
from zk.formats.sections import Source
from zk.formats.zkeyfile import KeyFile, KeySummary

_ORIGINS = {"r1cs": "circuit.r1cs", "init": "circuit_0000.zkey"}  # what a key is verified from, and its usual name
_BASE_BYTES, _FILES_IN_MEMORY = 64 << 20, 4  # of memory, to contribute to a key


def contribute(app: App, source: Path, output: Path, name: str | None, entropy: str) -> None:
    """Writes a key with one more contribution, of a fresh secret."""
    text = contributions_run.entropy_bytes(entropy)
    memory = _check_contributable(app, source, output)
    with watching.long_step(app, "Contributing", memory) as progress, files.writing(output) as file:
        key = phase2.contribute(_read(source), name, text, progress)
        zkeyfile.write(file, key)
    _say_contributed(app, output, name, key)


def beacon(app: App, source: Path, output: Path, beacon: str, iterations_exp: int, name: str | None) -> None:
    """Writes a key with one more contribution, derived from a beacon."""
    value = paths.parse_hex(beacon, "HEX")
    memory = _check_contributable(app, source, output)
    with watching.long_step(app, "Contributing the beacon", memory) as progress, files.writing(output) as file:
        key = phase2.beacon(_read(source), value, iterations_exp, name, progress)
        zkeyfile.write(file, key)
    _say_contributed(app, output, name, key)


def verify(app: App, words: tuple[str, ...]) -> None:
    """Verifies a key and shows it."""
    kind, origin, powers_path, path = _parse(words)
    with openfile.opened(origin) as source, ptau.opened(powers_path) as powers:
        memory = _memory_bytes(path) + _origin_memory_bytes(kind, origin, source)
        contributions_run.compile_kernels(app)
        with watching.long_step(app, f"Verifying {path.name}", memory) as progress:
            key = _read(path)
            if kind == "init":
                phase2check.verify_from(key, _read(origin), powers, progress)
            else:
                phase2check.verify(key, r1csfile.decode_terms(source, str(origin)), powers, progress)
    count = contributions_run.number(len(key.ceremony.contributions))
    app.screen.say(f"{path} is valid: it is the result of {count} to {origin} with {powers_path}.", "good")
    _show(app, key, {"valid": True})


def info(app: App, path: Path) -> None:
    """Shows a key without verifying it; only the header and the contributions are read."""
    with openfile.opened(path) as source:
        summary = zkeyfile.read_summary(source, str(path))
    _show(app, summary, {})


def _read(path: Path) -> KeyFile:
    """The key in a file.  Raises FormatError when it is malformed."""
    with openfile.opened(path) as source:
        return zkeyfile.decode(source, str(path))


def _check_contributable(app: App, source: Path, output: Path) -> int:
    """Compiles the kernels and estimates the memory, after checking everything that could make a contribution fail.

    Raises click.UsageError when source and output are one file, FormatError when the source is malformed or has no room
    for a contribution, or the output's folder is missing.
    """
    contributions_run.check_output("OLD.zkey", source, "NEW.zkey", output)
    with openfile.opened(source) as file:
        parts = zkeyheader.split(file, str(source))[1]
        contributions = sections.required(parts, zkeyheader.CEREMONY, zkeyheader.NAMES, str(source))
        zkeycontributions.check_room(contributions)
    memory = _memory_bytes(source)
    contributions_run.compile_kernels(app)
    return memory


def _memory_bytes(path: Path) -> int:
    """About how much memory it takes to process a key.  Raises FormatError when its header is malformed."""
    with openfile.opened(path) as source:
        zkeyheader.split(source, str(path))
        return _BASE_BYTES + _FILES_IN_MEMORY * path.stat().st_size


def _origin_memory_bytes(kind: str, origin: Path, source: Source) -> int:
    """About how much memory the initial key takes.  Raises FormatError when it, or the circuit, is malformed."""
    if kind == "init":
        return _memory_bytes(origin)
    return initial_key.memory_bytes(origin.stat().st_size, r1csfile.split(source, str(origin))[0].num_constraints)


def _parse(words: tuple[str, ...]) -> tuple[str, Path, Path, Path]:
    """What a key is verified from, r1cs or init, and the three files; those not given have snarkjs's names."""
    kind, names = (words[0], words[1:]) if words and words[0] in _ORIGINS else ("r1cs", words)
    defaults = (_ORIGINS[kind], "powersoftau.ptau", "circuit_final.zkey")
    if len(names) > len(defaults):
        raise click.UsageError("three files are needed: the circuit or the first key, the powers of tau, and the key")
    origin, powers, key = map(Path, (*names, *defaults[len(names) :]))
    return kind, origin, powers, key


def _say_contributed(app: App, output: Path, name: str | None, key: KeyFile) -> None:
    digest, circuit_hash = key.ceremony.contributions[-1].hash(), key.ceremony.circuit_hash.hex()
    contributions_run.say_contributed(app, output, name, digest, circuit_hash=circuit_hash)


def _show(app: App, key: KeySummary, document: dict[str, Any]) -> None:
    """Shows the header and the contributions."""
    header, ceremony = key.header, key.ceremony
    fields = [
        ("wires", f"{header.num_wires:,}"),
        ("public inputs", f"{header.num_public:,}"),
        ("domain", f"2^{header.log_size}"),
        ("circuit hash", contributions_run.hash_text(ceremony.circuit_hash)),
    ]
    about = {
        "curve": "bn128",
        "wires": header.num_wires,
        "public": header.num_public,
        "domain": 1 << header.log_size,
        "circuit_hash": ceremony.circuit_hash.hex(),
    }
    listed = [Listed(one.attribution, one.hash()) for one in ceremony.contributions]
    contributions_run.show(app, fields, listed, "this key", {**document, **about}, header.is_forgeable)
