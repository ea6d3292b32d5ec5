"""Which carriers a home's orders and letters go over: HOME/carriers.json, else only the ledger's own board.

    {"format": "zksettle-carriers", "version": 1,
     "carriers": [{"kind": "board", "url": "", "proxy": null}, {"kind": "nostr", "url": "wss://relay.example", …}]}

The board is the ledger's, wherever the home has it.  Each relay is a carrier of its own, so that what one of several
relays did not take is sent to that one again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prover.carriers.carrier import Carrier
from prover.machine import files
from prover.machine.home import Home
from prover.network.wire import client
from settlement.ids import LedgerId
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-carriers"
BOARD: Final = "board"
MAILBOX: Final = "mailbox"
NOSTR: Final = "nostr"
MAX_CARRIERS = 32
_MAX_BYTES = 64 << 10


@dataclass(frozen=True)
class Named:
    """A carrier that a home names; `proxy` is an address such as 127.0.0.1:9050, for relays only."""

    kind: Literal["board", "mailbox", "nostr"]
    url: str
    proxy: str | None


@dataclass(frozen=True)
class _File:
    format: Literal["zksettle-carriers"]
    version: Literal[1]
    carriers: tuple[Named, ...]


DEFAULT = (Named("board", "", None),)


def read(home: Home) -> tuple[Named, ...]:
    """The carriers of a home.  Raises FormatError when the file is malformed."""
    if not home.carriers.exists():
        return DEFAULT
    what = f"the file {home.carriers}"
    document = strictjson.loads(files.read(home.carriers, _MAX_BYTES), what, _MAX_BYTES)
    return tuple(check(each) for each in dataclassjson.read(_File, document, what).carriers)


def write(home: Home, carriers: tuple[Named, ...]) -> None:
    """Replaces the list."""
    document = dataclassjson.write(_File(FORMAT, 1, carriers))
    files.make_folder(home.path)
    files.replace(home.carriers, json.dumps(document).encode() + b"\n")


def check(named: Named) -> Named:
    """The same.  Raises FormatError when its URL or its proxy is none."""
    if named.kind == NOSTR:
        from prover.carriers import nostr

        url = nostr.check_url(named.url)
    else:
        url = client.check_url(named.url) if named.kind == MAILBOX else ""
    host, _, port = (named.proxy or "127.0.0.1:1").rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 1 << 16):
        raise FormatError(f"{named.proxy!r:.80} is not the address of a SOCKS proxy, such as 127.0.0.1:9050")
    if named.proxy is not None and named.kind != NOSTR:
        raise FormatError("only relays are reached through a proxy: leave it out")
    return Named(named.kind, url, named.proxy)


def opened(carriers: Sequence[Named], ledger_id: LedgerId, clock: Callable[[], int]) -> list[Carrier]:
    """The carriers beside the board."""
    found: list[Carrier] = []
    for each in carriers:
        if each.kind == MAILBOX:
            from prover.carriers.mailbox import MailboxCarrier

            found.append(MailboxCarrier(each.url, ledger_id))
        elif each.kind == NOSTR:
            from prover.carriers.nostr import NostrCarrier

            found.append(NostrCarrier([each.url], ledger_id, clock, each.proxy))
    return found
