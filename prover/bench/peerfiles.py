"""What a comparison with other provers has in common: the files they all read, and the times they take."""

from dataclasses import dataclass
from pathlib import Path

from zk.errors import FormatError

TIMEOUT_S = 900  # for all runs of one peer

Times = dict[str, list[float]]  # seconds by what was done, the first run first


class Missing(Exception):
    """A peer cannot run here, or not on these files; the message says why."""


@dataclass(frozen=True)
class Case:
    """A folder with a circuit's key and witness, as `snarkjs groth16 setup` and `snarkjs wtns calculate` leave them."""

    folder: Path

    def __post_init__(self):
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
        """The constraints, which not every prover asks for and not every folder has."""
        return (self.folder / "circuit.r1cs").resolve()
