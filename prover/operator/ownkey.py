"""The key of one who serves pools from a machine of their own: a custodian, a governor, or an oracle.

    HOME/custodian.json      {"format": "zksettle-custodian", "version": 1, "secret": "…"}, mode 0600
    HOME/governor.json       the same, of format zksettle-governor
    HOME/oracle.json         the same, of format zksettle-oracle

One key serves every pool that names it.  It is never replaced: what a custodian holds outside hangs on it, and a pool's
governors cannot change.  The public key as text is 128 hexadecimal digits: x and y, 32 big-endian bytes each.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from prover.machine import home as homes
from prover.machine import secretfile
from prover.machine.home import Home
from prover.trader import keys
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson

KEY_DIGITS = 128

Format = Literal["zksettle-custodian", "zksettle-governor", "zksettle-oracle"]

_KEY = re.compile(rf"[0-9a-f]{{{KEY_DIGITS}}}", re.ASCII)


@dataclass(frozen=True)
class Role:
    """What a key is for: the `name` of who has it, with its article; its file's format; the command that shows it."""

    name: str
    article: str
    format: Format
    command: str

    def file(self, home: Home) -> Path:
        """The file of this key in a home."""
        return home.own_key(self.name)

    def __str__(self) -> str:
        return f"{self.article} {self.name}'s key"


CUSTODIAN = Role("custodian", "a", "zksettle-custodian", "zksettle custodian key")
GOVERNOR = Role("governor", "a", "zksettle-governor", "zksettle governance key")
ORACLE = Role("oracle", "an", "zksettle-oracle", "zksettle oracle key")
ROLES = (CUSTODIAN, GOVERNOR, ORACLE)


@dataclass(frozen=True, repr=False)
class _KeyFile(keys.Secret):
    format: Format
    version: Literal[1]
    secret: Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)]


def make(home: Home, role: Role) -> int:
    """Creates the key in a home, which may not be there yet, and returns the secret.

    Raises FileExistsError rather than replace a key.
    """
    with homes.changing(home):
        return _create(home, role)


def find(home: Home, role: Role) -> int | None:
    """The secret, or None when there is none.  Raises FormatError when its file is malformed, or of another role."""
    path = role.file(home)
    found = secretfile.find(path, _KeyFile, f"the {role.name}'s key")
    if found is None:
        return None
    if found.format != role.format:
        raise FormatError(f"{path} is the file of another key: its format is {found.format}")
    return found.secret


def find_or_create(home: Home, role: Role) -> int:
    """The secret, created when there is none.  The caller holds the home's lock."""
    secret = find(home, role)
    return _create(home, role) if secret is None else secret


def read(home: Home, role: Role) -> int:
    """The secret.  Raises FormatError when its file is missing or malformed."""
    secret = find(home, role)
    if secret is None:
        raise FormatError(f"there is no {role.name}'s key at {role.file(home)}: make one with `{role.command} --new`")
    return secret


def key_text(secret: int) -> str:
    """The public key of a secret, as text."""
    return show_key(signature.public(secret))


def show_key(key: babyjubjub.Point) -> str:
    """A public key as text."""
    return "".join(prime.to_bytes(coordinate).hex() for coordinate in key)


def parse_key(text: str, role: Role) -> babyjubjub.Point:
    """The public key in a text.  Raises FormatError unless it is a point of the prime subgroup."""
    if not _KEY.fullmatch(text):
        raise FormatError(
            f"{role.article} {role.name}'s public key must be {KEY_DIGITS} lower-case hexadecimal digits, as "
            f"`{role.command}` prints it"
        )
    data, what = bytes.fromhex(text), f"the {role.name}'s key"
    x, y = (prime.from_bytes(part, prime.R, what) for part in (data[:32], data[32:]))
    return babyjubjub.point(x, y, what)


def _create(home: Home, role: Role) -> int:
    made = _KeyFile(role.format, 1, entropy.scalar(babyjubjub.ORDER))
    secretfile.create(role.file(home), made, str(role))
    return made.secret
