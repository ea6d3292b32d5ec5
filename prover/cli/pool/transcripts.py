"""Verifies ceremonies with progress on the command line, and shows them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from circuits import pins
from prover.cli.circom.contributions_run import hash_text, number
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.machine import clock, longstep, tasks
from prover.upkeep import warmup
from settlement.ceremony import contribution, transcript, verifying
from settlement.ceremony.start import Powers
from settlement.ceremony.transcript import Transcript
from settlement.ceremony.verifying import Verified
from zk.formats import dataclassjson
from zk.runtime.progress import Progress

SHOWN = 5


def verified(folder: Path, check: Callable[[Transcript], None] = lambda ceremony: None) -> Verified:
    """The ceremony in a folder, verified after its chain of files has passed `check`.

    Raises InvalidProof or FormatError when anything is wrong.
    """
    ceremony = transcript.read(folder)
    check(ceremony)
    warmup.compile_ceremony_kernels()
    return verifying.verify(ceremony, step)


def step(what: str, memory_bytes: int) -> AbstractContextManager[Progress]:
    """A step with progress, and with a memory estimate if it is not 0."""
    return longstep.begin(what, memory_bytes) if memory_bytes else _small_step(what)


@contextmanager
def _small_step(what: str) -> Iterator[Progress]:
    with tasks.task(what) as task:
        yield task.reach


def display(app: App, ceremony: Transcript, more: dict[str, Any] | None = None) -> None:
    """Shows a ceremony, what it lacks and what is wrong with it."""
    screen, start = app.screen, ceremony.start
    screen.fields([
        ("statements", ", ".join(circuit.statement for circuit in start.circuits)),
        ("powers of tau", f"2^{start.powers.power}, by {_contributors(start.powers)}"),
        ("", f"SHA-256 {start.powers.sha256}"),
        ("begun", clock.text(start.made_ms)),
        ("transcript", ceremony.digest),
    ])  # fmt: skip
    if ceremony.chain:
        screen.gap()
        screen.table((">number", "name", "time", "key", "attestation"), _rows(ceremony))
        screen.gap()
    missing = _missing(ceremony)
    for text in missing:
        screen.item("·", "warn", "missing", text)
    for problem in ceremony.problems:
        screen.item("✗", "bad", "wrong", str(problem))
    screen.document({**_document(ceremony), "missing": missing, **(more or {})})


def summary(ceremony: Transcript) -> str:
    """The number of contributions and keys, in words."""
    count = len(ceremony.signers)
    text = f"{number(ceremony.contributions)} under {count} key{'' if count == 1 else 's'}"
    return f"{text}, and a beacon at the end" if ceremony.has_beacon else text


def _rows(ceremony: Transcript) -> list[tuple[str, str, str, str, str]]:
    """Number, name, time, key and attestation of every contribution."""
    return [
        (
            str(link.head.number),
            link.head.name if link.head.beacon is None else f"beacon {show.short(link.head.beacon.value.hex())}",
            clock.text(link.head.made_ms),
            contribution.fingerprint(link.head.public_key),
            hash_text(bytes.fromhex(link.digest)),
        )
        for link in ceremony.chain
    ]


def _contributors(powers: Powers) -> str:
    """The contributors to the powers, the first few by name."""
    names = ["a beacon" if by.is_beacon else by.name or "an unnamed contributor" for by in powers.contributors]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _missing(ceremony: Transcript) -> list[str]:
    """Sentences about what the ceremony lacks."""
    statements = {circuit.statement for circuit in ceremony.start.circuits}
    others = [name for name in pins.names() if name not in statements]
    missing = [f"{name}, which a pool also needs, is not part of this ceremony" for name in others]
    if ceremony.start.powers.contributions < 2:
        missing.append("the powers of tau have a single contributor, who alone could forge proofs: use others")
    if not ceremony.signers:
        missing.append("there is no contribution yet, so anybody can forge proofs: run `zksettle ceremony contribute`")
    elif len(ceremony.signers) == 1:
        missing.append("a single key signed every contribution, so its owner alone could forge proofs: pass it on")
    if ceremony.signers and not ceremony.has_beacon:
        missing.append("there is no beacon, which is optional and ends the ceremony: `zksettle ceremony beacon`")
    return missing


def _document(ceremony: Transcript) -> dict[str, Any]:
    """A ceremony as JSON values."""
    links = [
        {"file": link.path.name, "attestation": link.digest, **dataclassjson.write(link.head)}
        for link in ceremony.chain
    ]
    return {
        "transcript": ceremony.digest,
        "start": dataclassjson.write(ceremony.start),
        "contributions": links,
        "by_many": ceremony.is_by_many,
        "problems": [str(problem) for problem in ceremony.problems],
    }
