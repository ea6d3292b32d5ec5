"""What a ceremony begins with, 0000-start.json: the statements, and the powers of τ that their keys are made from.

    {"circuits": [{"fingerprint": …, "hash": …, "statement": …}, …], "format": …, "made_ms": …,
     "powers": {"contributors": [{"is_beacon": …, "name": …}, …], "power": …, "sha256": …}, "version": 1}

`hash` is snarkjs's circuit hash of the key before the first contribution.  Nothing here needs to be believed or signed:
whoever verifies works all of it out again from our circuits and the powers, which lie beside it as powers.ptau.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from circuits import registry
from settlement.ceremony import contribution
from zk.errors import FormatError
from zk.formats import strictjson

FILE = "0000-start.json"
POWERS_FILE = "powers.ptau"
MAX_FILE_BYTES = 1 << 22  # 4096 contributors with names of 255 bytes take 3.3 MB
MAX_POWER = 28
MAX_CONTRIBUTORS = 4096  # what zk/formats/ptaucontributions.py reads
MAX_NAME = 255  # characters of a contributor to the powers

_FORMAT, _VERSION = "zksettle-ceremony", 1
_HASH_DIGITS = 128


@dataclass(frozen=True)
class Circuit:
    """A statement, the fingerprint of its circuit, and the circuit hash of its key before the first contribution."""

    statement: str
    fingerprint: str
    hash: str


@dataclass(frozen=True)
class Contributor:
    """Who contributed to the powers, with a name that can be shown, or None; or a beacon."""

    name: str | None
    is_beacon: bool


@dataclass(frozen=True)
class Powers:
    """The file of powers of τ, by digest, the log2 of how many constraints it is for, and who made them.

    Whoever knows τ, α and β forges whatever δ is: of those who made the powers one must have forgotten them, too.
    """

    sha256: str
    power: int
    contributors: tuple[Contributor, ...]

    @property
    def contributions(self) -> int:
        """How many of the contributions are not a beacon's."""
        return sum(not contributor.is_beacon for contributor in self.contributors)


@dataclass(frozen=True)
class Start:
    """What a ceremony begins with."""

    powers: Powers
    circuits: tuple[Circuit, ...]
    made_ms: int


def encode(start: Start) -> bytes:
    """The file's bytes."""
    return contribution.canonical({"format": _FORMAT, "version": _VERSION, **asdict(start)}) + b"\n"


def decode(data: bytes, what: str) -> Start:
    """The start in a file's bytes.  Raises FormatError, naming `what`, when `encode` does not write them."""
    document = strictjson.loads(data, what, MAX_FILE_BYTES)
    fields = strictjson.has_keys(document, {"format", "version", "powers", "circuits", "made_ms"}, what)
    if (fields["format"], fields["version"]) != (_FORMAT, _VERSION):
        raise FormatError(f"{what} is not the start of a ceremony, version {_VERSION}")
    contribution.check_number(fields["made_ms"], 0, 2**63 - 1, f"{what}: the time")
    powers = _decode_powers(fields["powers"], f"{what}: the powers")
    if not isinstance(fields["circuits"], list) or not 0 < len(fields["circuits"]) <= contribution.MAX_STATEMENTS:
        raise FormatError(f"{what} does not list 1 to {contribution.MAX_STATEMENTS} circuits")
    circuits = tuple(_decode_circuit(entry, f"{what}: circuit {i}") for i, entry in enumerate(fields["circuits"]))
    if len({circuit.statement for circuit in circuits}) != len(circuits):
        raise FormatError(f"{what} lists a statement twice")
    start = Start(powers, circuits, fields["made_ms"])
    if encode(start) != data:
        raise FormatError(f"{what} is not in its canonical form")
    return start


def check_statements(circuits: Iterable[Circuit], what: str) -> None:
    """Raises FormatError unless the circuits are those that this program has."""
    for circuit in circuits:
        if circuit.statement not in registry.names():
            raise FormatError(f"{what} is about a statement {circuit.statement!r}, which this program does not have")
        if circuit.fingerprint != registry.pinned(circuit.statement):
            raise FormatError(
                f"{what} is about another version of {circuit.statement}: its circuit has the fingerprint "
                f"{circuit.fingerprint[:16]}, and this program's has {registry.pinned(circuit.statement)[:16]}"
            )


def _decode_powers(document: object, what: str) -> Powers:
    fields = strictjson.has_keys(document, {"sha256", "power", "contributors"}, what)
    contribution.check_digest(fields["sha256"], f"{what}: the digest")
    contribution.check_number(fields["power"], 1, MAX_POWER, f"{what}: the power")
    listed = fields["contributors"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_CONTRIBUTORS:
        raise FormatError(f"{what} do not list 1 to {MAX_CONTRIBUTORS} contributors")
    found = [strictjson.has_keys(entry, {"name", "is_beacon"}, f"{what}: a contributor") for entry in listed]
    for entry in found:
        if type(entry["is_beacon"]) is not bool or not (entry["name"] is None or is_shown(entry["name"])):
            raise FormatError(f"{what}: a contributor has neither a name that can be shown nor none")
    return Powers(fields["sha256"], fields["power"], tuple(Contributor(**entry) for entry in found))


def is_shown(name: object) -> bool:
    """Whether this is a name, as other programs write it, that can be printed."""
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()


def _decode_circuit(document: object, what: str) -> Circuit:
    fields = strictjson.has_keys(document, {"statement", "fingerprint", "hash"}, what)
    contribution.check_name(fields["statement"], what)
    contribution.check_digest(fields["fingerprint"], f"{what}: the fingerprint")
    if not isinstance(fields["hash"], str) or len(fields["hash"]) != _HASH_DIGITS:
        raise FormatError(f"{what}: the hash does not have {_HASH_DIGITS} hex digits")
    contribution.check_digest(fields["hash"][:64], f"{what}: the first half of the hash")
    contribution.check_digest(fields["hash"][64:], f"{what}: the second half of the hash")
    return Circuit(**fields)
