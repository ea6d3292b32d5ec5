"""Opens a home's ledger: a database here, or the copy of a ledger that somebody else operates.

HOME/pool/joined.json   {"format": "zksettle-joined", "version": 2, "url": "https://ledger.example", "light": false}

A copy is a full mirror or a light one (prover/network/mirrors/light.py); in version 1, every copy was a full one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from prover.machine import files
from prover.machine.home import Home, PoolFolder
from settlement.errors import Unavailable
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import succession
from settlement.log.succession import Succession
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-joined"
VERSION: Final = 2
_MAX_BYTES = 4096


@dataclass(frozen=True)
class _JoinedFile:
    format: Literal["zksettle-joined"]
    version: Literal[2]
    url: str
    light: bool


@dataclass(frozen=True)
class _FirstJoinedFile:
    format: Literal["zksettle-joined"]
    version: Literal[1]
    url: str


@dataclass(frozen=True)
class Joined:
    """The service that a pool's ledger is behind; with `is_light`, the copy here trusts the pool's validators."""

    url: str
    is_light: bool = False


def write(folder: PoolFolder, url: str, *, is_light: bool = False) -> None:
    """Notes that the pool's ledger is behind the service at this URL, and whether the copy here is a light one."""
    document = dataclassjson.write(_JoinedFile(FORMAT, VERSION, url, is_light))
    files.replace(folder.joined, json.dumps(document).encode() + b"\n", files.PUBLIC_FILE)


def joined(folder: PoolFolder) -> Joined | None:
    """The service that this pool's ledger is behind, or None when the ledger is here.

    Raises FormatError when the file is malformed.
    """
    if not folder.joined.exists():
        return None
    what = f"the file {folder.joined}"
    document = strictjson.loads(files.read(folder.joined, _MAX_BYTES), what, _MAX_BYTES)
    if isinstance(document, dict) and document.get("version") == 1:
        return Joined(dataclassjson.read(_FirstJoinedFile, document, what).url)
    read = dataclassjson.read(_JoinedFile, document, what)
    return Joined(read.url, read.light)


def url(folder: PoolFolder) -> str | None:
    """The URL of the service that this pool's ledger is behind, or None when the ledger is here.

    Raises FormatError when the file is malformed.
    """
    found = joined(folder)
    return None if found is None else found.url


def superseded(made: Succession) -> str:
    """Why the operator before a succession settles nothing more, in words."""
    where = f"`zksettle pool join {made.url}`" if made.url else "`zksettle pool join` with the new one's URL"
    return (
        f"the validators replaced this ledger's operator after {made.size} events (succession {made.number}): what was"
        f" settled here since is void, and nothing more is settled here; {where} makes this home a copy of the ledger"
    )


def _check_office(folder: PoolFolder, ledger: Ledger) -> None:
    """Raises FormatError, and closes the ledger, when a succession has made another home the operator's."""
    try:
        operators = finality.operators(ledger)
        if not operators.successions:
            return
        made = operators.successions[-1]
        promoted = folder.promoted.read_text("utf-8") if folder.promoted.exists() else None
        if promoted is None or succession.parse(promoted, made.origin) != made:
            raise FormatError(superseded(made))
    except BaseException:
        ledger.close()
        raise


def open_ledger(
    home: Home, clock: Callable[[], int], *, accept_older: bool = False, read_only: bool = False
) -> Ledger:  # fmt: skip
    """The home's ledger, brought up to date if it is a copy; what is written goes to its service then.

    With `home.ledger_url` that is another service of the same ledger, which its checkpoint's signature shows.

    Raises FormatError as Ledger.open does, errors.Unavailable when the service cannot be reached, and as Mirror.update.
    But who only reads gets the copy as it is then: its `stale` says why.
    """
    there = joined(home.pool)
    if home.ledger_url is not None:
        if there is None:
            raise FormatError(
                f"the ledger in {home.pool.path} is this home's own, not behind a service: leave --ledger out, or"
                " choose another --home"
            )
        there = replace(there, url=home.ledger_url)
    if there is None:
        ledger = Ledger.open(home.ledger, accept_older=accept_older, read_only=read_only)
        if not read_only:
            _check_office(home.pool, ledger)
        return ledger
    from prover.network.mirrors.joined import JoinedLedger
    from prover.network.wire.client import Client  # takes a tenth of a second to import
    from prover.network.wire.relay import Relay

    relay = Relay(there.url, Client, lambda url: write(home.pool, url, is_light=there.is_light))

    def still_light() -> bool:
        now = joined(home.pool)
        return now is not None and now.is_light

    ledger = JoinedLedger.join(home.ledger, relay, clock, is_light=there.is_light, still_light=still_light)
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
