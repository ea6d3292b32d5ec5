"""Ceremonies' transcripts on the command line: worked out again under a watcher, and shown."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.cli.circom.contributions import hash_text
from prover.cli.frame.command import App
from prover.cli.frame.screen import short
from prover.machine import clock

if TYPE_CHECKING:
    from settlement.ceremony.start import Powers
    from settlement.ceremony.transcript import Transcript
    from settlement.ceremony.verifying import Verified
    from zk.runtime.progress import Progress

SHOWN = 5


def verified(folder: Path, check: "Callable[[Transcript], None]" = lambda found: None) -> "Verified":
    """The ceremony in a folder, worked out again once the chain of its files has passed `check`.

    Raises InvalidProof or FormatError when anything is wrong.
    """
    from prover.upkeep import warmup
    from settlement.ceremony import transcript, verifying

    found = transcript.read(folder)
    check(found)
    warmup.compile_ceremony_kernels()
    return verifying.verify(found, step)


def step(what: str, memory_bytes: int) -> "AbstractContextManager[Progress]":
    """A step that is watched: with its estimate of memory when it takes some that matters."""
    from prover.machine import longstep

    return longstep.begin(what, memory_bytes) if memory_bytes else _quick(what)


def _rows(found: "Transcript") -> list[tuple[str, str, str, str, str]]:
    """Number, name, time, key and attestation of every link of the chain."""
    from settlement.ceremony import contribution

    return [
        (
            str(link.head.number),
            link.head.name if link.head.beacon is None else f"beacon {short(link.head.beacon.value)}",
            clock.text(link.head.made_ms),
            contribution.fingerprint(link.head.public_key),
            hash_text(bytes.fromhex(link.digest)),
        )
        for link in found.chain
    ]


@contextmanager
def _quick(what: str) -> "Iterator[Progress]":
    from prover.machine import tasks

    with tasks.task(what) as task:
        yield task.reach


def display(app: App, found: "Transcript", more: dict[str, Any] | None = None) -> None:
    """What is in a ceremony's folder, and what is missing or wrong."""
    screen, begun = app.screen, found.start
    screen.fields([
        ("statements", ", ".join(circuit.statement for circuit in begun.circuits)),
        ("powers of tau", f"2^{begun.powers.power}, made by {_makers(begun.powers)}"),
        ("", f"SHA-256 {begun.powers.sha256}"),
        ("begun", clock.text(begun.made_ms)),
        ("transcript", found.digest),
    ])  # fmt: skip
    if found.chain:
        screen.gap()
        screen.table((">number", "name", "time", "key", "attestation"), _rows(found))
        screen.gap()
    missing = _missing(found)
    for text in missing:
        screen.item("·", "warn", "missing", text)
    for problem in found.problems:
        screen.item("✗", "bad", "wrong", str(problem))
    screen.document({**_document(found), "missing": missing, **(more or {})})


def _makers(powers: "Powers") -> str:
    """Who contributed to the powers, the first few by name."""
    names = ["a beacon" if by.is_beacon else by.name or "somebody" for by in powers.contributors]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _missing(found: "Transcript") -> list[str]:
    """What a ceremony could still have, in sentences."""
    from circuits import pins

    listed = {circuit.statement for circuit in found.start.circuits}
    others = [name for name in pins.names() if name not in listed]
    missing = [f"{name}, which a pool needs too, is not part of this ceremony" for name in others]
    if found.start.powers.contributions < 2:
        missing.append("only one has contributed to the powers of tau, who alone could forge: take those of many")
    if not found.signers:
        missing.append("nobody has contributed yet, so everybody knows the secret: `zksettle ceremony contribute`")
    elif len(found.signers) == 1:
        missing.append("only one has contributed, who alone could forge: pass the folder on")
    if found.signers and not found.has_beacon:
        missing.append("there is no beacon; it is not needed, and ends the ceremony: `zksettle ceremony beacon`")
    return missing


def _document(found: "Transcript") -> dict[str, Any]:
    """A transcript as JSON values."""
    from dataclasses import asdict

    links = [{"file": link.path.name, "attestation": link.digest, **asdict(link.head)} for link in found.chain]
    return {
        "transcript": found.digest,
        "start": asdict(found.start),
        "contributions": links,
        "by_many": found.is_by_many,
        "problems": [str(problem) for problem in found.problems],
    }


def people(found: "Transcript") -> str:
    """How many contributed, in words."""
    count, keys = found.contributions, len(found.signers)
    people = f"{count} contribution{'' if count == 1 else 's'} under {keys} key{'' if keys == 1 else 's'}"
    return f"{people}, and a beacon at the end" if found.has_beacon else people
