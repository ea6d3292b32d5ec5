"""What the commands of both phases of a ceremony share: compiling kernels first, and showing contributions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.cli.frame.screen import printable
from prover.upkeep import warmup
from zk.formats.attribution import Attribution

_COLUMNS = (">#", "name", "derived from", "contribution hash")
_LINE, _GROUP = 16, 4  # bytes


@dataclass(frozen=True)
class Listed:
    """A contribution as it is shown; `more` is for the JSON document only."""

    attribution: Attribution
    digest: bytes
    more: dict[str, Any] = field(default_factory=dict)


def entropy_bytes(text: str) -> bytes:
    """The bytes of a text as it was typed on the command line."""
    return text.encode("utf-8", "surrogateescape")


def check_output(old: str, source: Path, new: str, output: Path) -> None:
    """Raises click.UsageError when source and output are one file, FormatError when the output's folder is missing."""
    paths.check_different({old: source, new: output})
    paths.check_folder(output)


def compile_kernels(app: App) -> None:
    """Compiles the kernels of ceremonies, so that the time estimates of later steps exclude it."""
    with watching.show_progress(app):
        warmup.compile_ceremony_kernels()


def hash_text(digest: bytes) -> str:
    """A hash as snarkjs prints it: lines of four groups of eight digits."""
    lines = [digest[i : i + _LINE] for i in range(0, len(digest), _LINE)]
    return "\n".join(line.hex(" ", _GROUP) for line in lines)


def number(count: int) -> str:
    """A number of contributions, in words."""
    return f"{count} contribution{'s' * (count != 1)}"


def say_contributed(app: App, output: Path, name: str | None, digest: bytes, **more: str) -> None:
    """Says where the contribution is, and its hash."""
    app.screen.say(f"The contribution is in {output}.  Publish its hash, so that others can verify it is included:")
    app.screen.block(hash_text(digest))
    app.screen.document({"file": str(output), "name": name, "hash": digest.hex(), **more})


def show(
    app: App,
    fields: list[tuple[str, str]],
    contributions: Sequence[Listed],
    subject: str,
    document: dict[str, Any],
    is_forgeable: bool = False,
) -> None:
    """Shows a file's fields and contributions, with a warning when anybody, or one contributor, could forge proofs.

    `subject` names the keys concerned.  `is_forgeable` is for a key with δ = ±γ.
    """
    screen = app.screen
    ends_with_beacon = bool(contributions) and contributions[-1].attribution.beacon is not None
    beacon = "the last contribution" if ends_with_beacon else "none at the end"
    screen.fields([("curve", "bn-128"), *fields, ("beacon", beacon)])
    if contributions:
        screen.gap()
        screen.table(_COLUMNS, [(str(i), *_row(listed)) for i, listed in enumerate(contributions, 1)])
        screen.say("Names prove nothing: compare the hashes with those that the contributors published.", "dim")
    secrets = sum(listed.attribution.beacon is None for listed in contributions)
    if secrets == 0:
        screen.say(f"There is no secret contribution: anybody can forge proofs under {subject}.", "bad")
    elif is_forgeable:
        screen.say(f"delta = ±gamma: anybody can forge proofs under {subject}.", "bad")
    elif secrets == 1:
        screen.say(f"There is one secret contribution: its author alone could forge proofs under {subject}.", "warn")
    screen.document({
        **document,
        "forgeable": is_forgeable or secrets == 0,
        "secrets": secrets,
        "contributions": [_document(listed) for listed in contributions],
    })  # fmt: skip


def _row(listed: Listed) -> tuple[str, str, str]:
    """Name, origin and hash."""
    by = listed.attribution
    name, digest = printable(by.name) if by.name else "–", hash_text(listed.digest)
    if by.beacon is None:
        return name, "a secret", digest
    value = by.beacon.value.hex()
    folded = "\n".join(value[i : i + 2 * _LINE] for i in range(0, len(value), 2 * _LINE))
    return name, f"a beacon,\nhashed 2^{by.beacon.iterations_exp} times:\n{folded}", digest


def _document(listed: Listed) -> dict[str, Any]:
    by = listed.attribution
    beacon = by.beacon and {"value": by.beacon.value.hex(), "iterations_exponent": by.beacon.iterations_exp}
    return {"name": by.name, "beacon": beacon, "hash": listed.digest.hex(), **listed.more}
