"""What the commands of both phases of a ceremony share: options of contributors, and how contributions are shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame.command import App
from prover.cli.frame.screen import printable

if TYPE_CHECKING:
    from zk.formats.attribution import Attribution

COLUMNS = (">#", "name", "made from", "hash of the contribution")

name_option = click.option("-n", "--name", metavar="TEXT", help="Who contributes, for all to read.")
entropy_option = click.option(
    "-e", "--entropy", default="", metavar="TEXT", help="Random text, mixed with the system's randomness."
)

_LINE, _GROUP = 16, 4  # bytes


def entropy_bytes(text: str) -> bytes:
    """The bytes of a text as the command line was given it."""
    return text.encode("utf-8", "surrogateescape")


def compile_kernels(app: App) -> None:
    """Compiles what is not compiled yet, so that no estimate of a step has that in it."""
    from prover.cli.frame import watching
    from prover.upkeep import warmup

    with watching.show_progress(app):
        warmup.compile_ceremony_kernels()


def hash_text(digest: bytes) -> str:
    """A hash as snarkjs prints it: lines of four groups of eight digits."""
    lines = [digest[i : i + _LINE] for i in range(0, len(digest), _LINE)]
    return "\n".join(line.hex(" ", _GROUP) for line in lines)


def rows(found: Sequence[tuple["Attribution", bytes]]) -> list[tuple[str, str, str, str]]:
    """The rows of a table of contributions, the first first, from their attributions and hashes."""
    return [(str(i), *_who(one), hash_text(digest)) for i, (one, digest) in enumerate(found, 1)]


def _who(one: "Attribution") -> tuple[str, str]:
    name = printable(one.name) if one.name else "–"
    if one.beacon is None:
        return name, "a secret"
    value = one.beacon.value.hex()
    folded = "\n".join(value[i : i + 2 * _LINE] for i in range(0, len(value), 2 * _LINE))
    return name, f"a beacon,\nhashed 2^{one.beacon.iterations_exp} times:\n{folded}"


def number(count: int) -> str:
    """So many contributions, in words."""
    return f"{count} contribution{'s' * (count != 1)}"


def secrets(found: Sequence[tuple["Attribution", bytes]]) -> int:
    """How many of them are of a secret: a beacon's is known to everybody."""
    return sum(one.beacon is None for one, _ in found)


def documents(found: Sequence[tuple["Attribution", bytes]]) -> list[dict[str, Any]]:
    """The same for the JSON document."""
    return [
        {
            "name": one.name,
            "beacon": one.beacon and {"value": one.beacon.value.hex(), "iterations_exponent": one.beacon.iterations_exp},
            "hash": digest.hex(),
        }
        for one, digest in found
    ]
