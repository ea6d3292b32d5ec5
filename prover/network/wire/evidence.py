"""Evidence that somebody signed what contradicts itself: files in the pool's folder, which nothing here ever deletes.

fork-….txt      two checkpoints of one log that cannot both be of one history (settlement.log.fork)
double-….txt    two successions of one number, and who signed both (settlement.log.succession)
refused-….txt   a signed checkpoint of a history with an event that should have been refused, and why
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.machine import files

Kind = Literal["fork", "double", "refused"]
MAX_FILES = 100
MAX_BYTES = 1 << 20
DECIDED = ".decided"
"""The ending of evidence that somebody has looked at and decided about."""

_KINDS: Sequence[Kind] = ("fork", "double", "refused")


@dataclass(frozen=True)
class Evidence:
    """One file of evidence."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        """What it shows."""
        return self.name.partition("-")[0]


def keep(folder: Path, kind: Kind, text: str) -> Path:
    """Writes evidence down, once, and returns its file."""
    path = folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt"
    if not path.exists() and not path.with_name(path.name + DECIDED).exists():
        files.replace(path, text.encode(), files.PUBLIC_FILE)
    return path


def listed(folder: Path) -> list[Evidence]:
    """The evidence in a folder about which nobody has decided, by name; MAX_FILES of it at most."""
    paths = [path for kind in _KINDS for path in sorted(folder.glob(f"{kind}-*.txt"))]
    return [Evidence(path.name, files.read(path, MAX_BYTES).decode("utf-8", "replace")) for path in paths[:MAX_FILES]]


def decide(folder: Path, name: str) -> Path:
    """Gives evidence another name, under which it stays and stops nobody any more.

    Raises FileNotFoundError when there is none of this name.
    """
    path = folder / name
    if Path(name).name != name or name.partition("-")[0] not in _KINDS:
        raise FileNotFoundError(name)
    return path.rename(path.with_name(path.name + DECIDED))
