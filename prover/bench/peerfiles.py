"""The files that every prover in a comparison reads."""

from dataclasses import dataclass
from pathlib import Path

from prover.machine import files
from zk.errors import FormatError

TIMEOUT_S = 900  # for one run of a peer


class Unavailable(Exception):
    """A peer cannot run here or on these files; the message gives the reason."""


@dataclass(frozen=True)
class Case:
    """A folder with a circuit's key and witness, as `snarkjs groth16 setup` and `snarkjs wtns calculate` write them.

    `name` is the circuit's in a report; by default the folder's.
    """

    folder: Path
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.folder.resolve().name)
        for path in (self.zkey, self.wtns, self.verification_key):
            if not path.is_file():
                raise FormatError(f"{self.folder} has no {path.name}: see `zksettle bench peers --help`")

    @property
    def zkey(self) -> Path:
        return (self.folder / "circuit.zkey").resolve()

    @property
    def wtns(self) -> Path:
        return (self.folder / "witness.wtns").resolve()

    @property
    def verification_key(self) -> Path:
        return (self.folder / "verification_key.json").resolve()

    @property
    def r1cs(self) -> Path:
        """The constraints.  Only some provers need them, and the file may be missing."""
        return (self.folder / "circuit.r1cs").resolve()

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file, by its name."""
        paths = (self.zkey, self.wtns, self.verification_key, self.r1cs)
        return {path.name: files.digest(path) for path in paths if path.is_file()}
