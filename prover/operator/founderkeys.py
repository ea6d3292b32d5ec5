"""The keys of governors or oracles on this machine: those that a founder made for all of them, and one's own.

    HOME/pool/governance.json   {"format": "zksettle-governance", "version": 1, "secrets": ["…", "…", "…"]}, mode 0600
    HOME/pool/oracles.json      the same, of format zksettle-oracles
    HOME/governor.json          a governor's own key (prover.operator.ownkey), and HOME/oracle.json an oracle's

A founder makes those keys that nobody names: then one machine can do what a quorum of people should.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from prover.machine import secretfile
from prover.machine.home import Home, PoolFolder
from prover.operator import ownkey
from prover.operator.ownkey import GOVERNOR, ORACLE, Role
from prover.trader import keys
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.formats import dataclassjson

_Format = Literal["zksettle-governance", "zksettle-oracles"]
_FORMATS: dict[Role, _Format] = {GOVERNOR: "zksettle-governance", ORACLE: "zksettle-oracles"}


@dataclass(frozen=True, repr=False)
class _KeysFile(keys.Secret):
    format: _Format
    version: Literal[1]
    secrets: tuple[Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)], ...]


def file(folder: PoolFolder, role: Role) -> Path:
    """The file of the keys that the founder made."""
    return folder.governance if role == GOVERNOR else folder.oracles


def create(folder: PoolFolder, role: Role, count: int) -> tuple[babyjubjub.Point, ...]:
    """Creates `count` keys, writes the secrets to their file, and returns the public keys.

    Raises FileExistsError rather than replace keys.
    """
    secrets = tuple(entropy.scalar(babyjubjub.ORDER) for _ in range(count))
    secretfile.create(file(folder, role), _KeysFile(_FORMATS[role], 1, secrets), _what(role))
    return tuple(signature.public(secret) for secret in secrets)


def find(folder: PoolFolder, role: Role) -> tuple[int, ...] | None:
    """The secrets that the founder made; None when they are not on this machine.  Raises FormatError as `read`."""
    found = secretfile.find(file(folder, role), _KeysFile, _what(role))
    if found is None:
        return None
    if found.format != _FORMATS[role]:
        raise FormatError(f"{file(folder, role)} is a file of other keys: its format is {found.format}")
    return found.secrets


def read(folder: PoolFolder, role: Role) -> tuple[int, ...]:
    """As `find`.  Raises FormatError when the file is malformed, of another role, or missing."""
    secrets = find(folder, role)
    if secrets is None:
        path = file(folder, role)
        raise FormatError(f"there is no file of {_what(role)} at {path}: only the machine that created the pool has it")
    return secrets


def among(home: Home, role: Role, registered: Sequence[babyjubjub.Point]) -> dict[int, int]:
    """{index: secret}, ascending, of those of the registered keys whose secrets are in this home.

    Raises FormatError for a malformed file.
    """
    by_key = {signature.public(secret): secret for secret in _all(home, role)}
    return {index: by_key[key] for index, key in enumerate(registered) if key in by_key}


def here(home: Home, role: Role, registered: Sequence[babyjubjub.Point]) -> dict[int, int]:
    """As `among`.  Raises FormatError, saying what to do, when there is none."""
    found = among(home, role, registered)
    if not found and not _all(home, role):
        raise FormatError(
            f"there is no {role.name}'s key in {home.path}: the machine that created the pool may have them, and "
            f"`{role.command} --new` makes one for a pool that names it"
        )
    if not found:
        raise FormatError(f"no key in {home.path} is one of this pool's {role.name}s': it names others")
    return found


def _all(home: Home, role: Role) -> list[int]:
    own = ownkey.find(home, role)
    return [*(find(home.pool, role) or ()), *([] if own is None else [own])]


def _what(role: Role) -> str:
    return f"the {role.name}s' keys"
