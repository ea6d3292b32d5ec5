"""The start of a ceremony, 0000-start.json: its statements, and the powers of tau their keys are derived from.

    {"circuits": [{"fingerprint": …, "hash": …, "statement": …}, …], "format": …, "made_ms": …,
     "powers": {"contributors": [{"is_beacon": …, "name": …}, …], "power": …, "sha256": …}, "version": 1}

`hash` is snarkjs's circuit hash of the initial key.  Nothing here has to be trusted or signed: verifiers recompute it
from our circuits and from the powers, which are in powers.ptau beside it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from circuits import registry
from settlement.ceremony import contribution
from settlement.ceremony.contribution import Digest, Name, TimeMs
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson
from zk.formats.dataclassjson import Codec

FILE = "0000-start.json"
POWERS_FILE = "powers.ptau"
MAX_FILE_BYTES = 1 << 22  # 4096 contributors with names of 255 bytes take 3.3 MB
MAX_POWER = 28
MAX_CONTRIBUTORS = 4096  # the limit of zk/formats/ptaucontributions.py
MAX_NAME = 255  # characters of a contributor to the powers


def is_printable(name: object) -> bool:
    """Whether this is a printable name of a contributor, as other programs write it."""
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()


def _read_name(value: object, place: str) -> str:
    if not is_printable(value):
        raise FormatError(f"{place} is neither null nor a printable name")
    return str(value)


@dataclass(frozen=True)
class Circuit:
    """A statement, its circuit's fingerprint, and the circuit hash of its initial key."""

    statement: Name
    fingerprint: Digest
    hash: Annotated[str, dataclassjson.text("[0-9a-f]{128}", "128 hex digits")]


@dataclass(frozen=True)
class Contributor:
    """A contributor to the powers, with a name if it can be printed; or a beacon."""

    name: Annotated[str | None, dataclassjson.optional(Codec(_read_name, str))]
    is_beacon: bool


@dataclass(frozen=True)
class Powers:
    """The file of powers of tau: its digest, log2 of its number of powers, and its contributors.

    Knowing τ, α and β is enough to forge proofs, whatever δ is: at least one contributor to the powers must have
    deleted theirs.
    """

    sha256: Digest
    power: Annotated[int, dataclassjson.integer(1, MAX_POWER)]
    contributors: Annotated[
        tuple[Contributor, ...], dataclassjson.array(dataclassjson.of(Contributor), 1, MAX_CONTRIBUTORS)
    ]

    @property
    def contributions(self) -> int:
        """The number of contributions that are not a beacon's."""
        return sum(not contributor.is_beacon for contributor in self.contributors)


@dataclass(frozen=True)
class Start:
    """The start of a ceremony."""

    powers: Powers
    circuits: Annotated[
        tuple[Circuit, ...], dataclassjson.array(dataclassjson.of(Circuit), 1, contribution.MAX_STATEMENTS)
    ]
    made_ms: TimeMs

    def __post_init__(self) -> None:
        """Raises FormatError when a statement is listed twice."""
        if len({circuit.statement for circuit in self.circuits}) != len(self.circuits):
            raise FormatError("a statement is listed twice")


@dataclass(frozen=True)
class _File(Start):
    format: Literal["zksettle-ceremony"] = "zksettle-ceremony"
    version: Literal[1] = 1


def encode(start: Start) -> bytes:
    """The file's bytes."""
    file = _File(start.powers, start.circuits, start.made_ms)
    return contribution.canonical(asdict(file)) + b"\n"


def decode(data: bytes, what: str) -> Start:
    """The start in a file's bytes.  Raises FormatError, naming `what`, unless `encode` would write them."""
    file = dataclassjson.read(_File, strictjson.loads(data, what, MAX_FILE_BYTES), what)
    start = Start(file.powers, file.circuits, file.made_ms)
    if encode(start) != data:
        raise FormatError(f"{what} is not in its canonical form")
    return start


def check_statements(circuits: Iterable[Circuit], what: str) -> None:
    """Raises FormatError unless this program has the same circuits."""
    for circuit in circuits:
        if circuit.statement not in registry.names():
            raise FormatError(f"{what} lists the statement {circuit.statement!r}, which this program does not have")
        pinned = registry.pinned(circuit.statement)
        if circuit.fingerprint != pinned:
            raise FormatError(
                f"{what} lists another version of {circuit.statement}: the fingerprint of its circuit is "
                f"{circuit.fingerprint[:16]}, but this program's is {pinned[:16]}"
            )
