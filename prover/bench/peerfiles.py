"""The files that every prover in a comparison reads, and the form of their times."""

from dataclasses import dataclass
from pathlib import Path

from zk.errors import FormatError

TIMEOUT_S = 900  # for all runs of one peer

Times = dict[str, list[float]]  # seconds of every run, the first run first, by the name of the work


class Unavailable(Exception):
    """A peer cannot run here or on these files; the message gives the reason."""


@dataclass(frozen=True)
class Case:
    """A folder with a circuit's key and witness, as `snarkjs groth16 setup` and `snarkjs wtns calculate` write them."""

    folder: Path

    def __post_init__(self) -> None:
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
