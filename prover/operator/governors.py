"""The governors of a pool that lives on one machine: their keys in one file, any quorum of whom change its parameters.

    HOME/pool/governance.json   {"format": "zksettle-governance", "version": 1, "secrets": ["…", "…", "…"]}, mode 0600

Governors that are different people each have their own key, and a proposal travels among them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.machine import secretfile
from prover.trader import keys
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.formats import dataclassjson

FORMAT: Final = "zksettle-governance"
VERSION: Final = 1
WHAT = "the governors' keys"


@dataclass(frozen=True, repr=False)
class _GovernanceFile(keys.Secret):
    format: Literal["zksettle-governance"]
    version: Literal[1]
    secrets: tuple[Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)], ...]


def create(path: Path, count: int) -> tuple[babyjubjub.Point, ...]:
    """Creates the keys of `count` governors, writes the secrets to a file, and returns the public keys.

    Raises FileExistsError rather than replace keys.
    """
    secrets = tuple(entropy.scalar(babyjubjub.ORDER) for _ in range(count))
    secretfile.create(path, _GovernanceFile(FORMAT, VERSION, secrets), WHAT)
    return tuple(signature.public(secret) for secret in secrets)


def read(path: Path) -> tuple[int, ...]:
    """The governors' secrets.  Raises FormatError when the file is missing or malformed."""
    return secretfile.read(path, _GovernanceFile, WHAT).secrets
