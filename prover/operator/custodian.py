"""The custodian on this machine: its key, which attests what is paid in and out of a ledger (settlement/custody.py).

    HOME/custodian.json      {"format": "zksettle-custodian", "version": 1, "secret": "…"}, mode 0600

One key serves every asset and every pool that names it.  It is never replaced: what it holds outside hangs on it.
The public key as text is 128 hexadecimal digits: x and y, 32 big-endian bytes each.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.machine import files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.trader import keys
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-custodian"
VERSION: Final = 1
MAX_FILE_BYTES = 1 << 12
KEY_DIGITS = 128

_KEY = re.compile(rf"[0-9a-f]{{{KEY_DIGITS}}}", re.ASCII)


@dataclass(frozen=True, repr=False)
class _CustodianFile(keys.Secret):
    format: Literal["zksettle-custodian"]
    version: Literal[1]
    secret: Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)]


def create(path: Path) -> int:
    """Creates a key, writes its secret to a file, and returns the secret.  The caller holds the home's lock.

    Raises FileExistsError rather than replace a key.
    """
    if os.path.lexists(path):
        raise FileExistsError(f"there is a custodian's key in {path} already")
    files.remove_unfinished(path)  # of an interrupted creation, which signed nothing
    made = _CustodianFile(FORMAT, VERSION, entropy.scalar(babyjubjub.ORDER))
    files.replace(path, json.dumps(dataclassjson.write(made), indent=1).encode() + b"\n")
    return made.secret


def make(home: Home) -> int:
    """Creates the key of a home, which may not be there yet, and returns the secret.  Raises as `create`."""
    with homes.changing(home):
        return create(home.custodian)


def find(path: Path) -> int | None:
    """The secret, or None when the file is not there.  Raises FormatError when it is malformed."""
    if not path.exists():
        return None
    what = f"the file of the custodian's key {path}"
    document = strictjson.loads(files.read(path, MAX_FILE_BYTES), what, MAX_FILE_BYTES)
    return dataclassjson.read(_CustodianFile, document, what).secret


def find_or_create(path: Path) -> int:
    """The secret, created when the file is not there."""
    secret = find(path)
    return create(path) if secret is None else secret


def read(path: Path) -> int:
    """The secret.  Raises FormatError when the file is missing or malformed."""
    secret = find(path)
    if secret is None:
        raise FormatError(f"there is no custodian's key at {path}: make one with `zksettle custodian key --new`")
    return secret


def key_text(secret: int) -> str:
    """The public key of a secret, as text."""
    return show_key(signature.public(secret))


def show_key(key: babyjubjub.Point) -> str:
    """A public key as text."""
    return "".join(prime.to_bytes(coordinate).hex() for coordinate in key)


def parse_key(text: str) -> babyjubjub.Point:
    """The public key in a text.  Raises FormatError unless it is a point of the prime subgroup."""
    if not _KEY.fullmatch(text):
        raise FormatError(
            f"a custodian's public key must be {KEY_DIGITS} lower-case hexadecimal digits, as `zksettle custodian key` "
            "prints it"
        )
    data, what = bytes.fromhex(text), "the custodian's key"
    x, y = (prime.from_bytes(part, prime.R, what) for part in (data[:32], data[32:]))
    return babyjubjub.point(x, y, what)
