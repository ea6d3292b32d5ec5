"""Opens a home's ledger: a database here, or the copy of a ledger that somebody else operates.

HOME/pool/joined.json   {"format": "zksettle-joined", "version": 1, "url": "https://ledger.example:7464"}
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from prover.machine import files
from prover.machine.home import Home, PoolFolder
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-joined"
VERSION: Final = 1
_MAX_BYTES = 4096


@dataclass(frozen=True)
class _JoinedFile:
    format: Literal["zksettle-joined"]
    version: Literal[1]
    url: str


def write(folder: PoolFolder, url: str) -> None:
    """Notes that the pool's ledger is behind the service at this URL."""
    document = dataclassjson.write(_JoinedFile(FORMAT, VERSION, url))
    files.replace(folder.joined, json.dumps(document).encode() + b"\n", files.PUBLIC_FILE)


def url(folder: PoolFolder) -> str | None:
    """The URL of the service that this pool's ledger is behind, or None when the ledger is here.

    Raises FormatError when the file is malformed.
    """
    if not folder.joined.exists():
        return None
    what = f"the file {folder.joined}"
    document = strictjson.loads(files.read(folder.joined, _MAX_BYTES), what, _MAX_BYTES)
    return dataclassjson.read(_JoinedFile, document, what).url


def open_ledger(
    home: Home, clock: Callable[[], int], *, accept_older: bool = False, read_only: bool = False
) -> Ledger:  # fmt: skip
    """The home's ledger, brought up to date if it is a copy; what is written goes to its service then.

    Raises FormatError as Ledger.open does, errors.Unavailable when the service cannot be reached, and as Mirror.update.
    But who only reads gets the copy as it is then: its `stale` says why.
    """
    there = url(home.pool)
    if there is None:
        return Ledger.open(home.ledger, accept_older=accept_older, read_only=read_only)
    from prover.network.client import Client  # takes a tenth of a second to import
    from prover.network.joined import JoinedLedger

    ledger = JoinedLedger.join(home.ledger, Client(there), clock)
    try:
        ledger.update()
    except Unavailable as error:
        if not read_only:
            ledger.close()
            raise
        ledger.stale = str(error)
    except BaseException:
        ledger.close()
        raise
    return ledger
