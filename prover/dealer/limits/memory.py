"""What a desk remembers of its open legs and of what settled, in an encrypted file beside the wallet.

    HOME/wallets/NAME.exposures   records (prover/trader/beside.py), each {"format": "zksettle-exposures", "version": 1,
                                  "open": {…}, "fill": null, "gone": null, "last": null} or one of them instead

A record of what is open is on the disk before its leg is proved, so no leg of which a limit knows nothing ever leaves.
`gone` is the number of one that can settle no more, or that never left, and `last` the last number in use.  The wallet
can do without the file: balances and its own orders are known anyway, and only quotes that still stand and the sums of
the day would be forgotten.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from prover.dealer.limits.exposure import Fill, Open
from prover.trader import beside, keys
from prover.trader.sessions import Session
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

SUFFIX = "exposures"
FORMAT: Final = "zksettle-exposures"
VERSION: Final = 1
MAX_BYTES = 128 << 20
"""Three days of fills at 60 a minute."""
MAX_APPENDED = 1_000
"""So many records are appended, or as many as there were, before the file is written anew."""
KEEP_MS = 48 * 3_600_000
"""How long what settled is kept: today, and a day more for clocks that differ."""


@dataclass(frozen=True, repr=False)
class _Record(keys.Secret):
    format: Literal["zksettle-exposures"]
    version: Literal[1]
    open: Open | None = None
    fill: Fill | None = None
    gone: int | None = None
    last: int | None = None


class Memory:
    """The file of one open wallet: `open` and `fills`, by number.  It changes the disk first."""

    def __init__(self, session: Session):
        """Reads the file.  Raises FormatError when it is damaged or of another version."""
        self._wallet, self._view = session.file.path, session.wallet.view
        self.open: dict[int, Open] = {}
        self.fills: dict[int, Fill] = {}
        self._last = 0
        for data in beside.records(self._wallet, self._view, SUFFIX, MAX_BYTES):
            self._apply(_decode(data))
        self._appended = self._kept = 0
        self.rewrite()

    def __repr__(self) -> str:
        return "Memory"

    def next_number(self) -> int:
        """A number that no leg had."""
        self._last += 1
        return self._last

    def add(self, leg: Open) -> None:
        """Remembers an open leg.  On return it is on the disk."""
        self._keep(_Record(FORMAT, VERSION, open=leg))

    def drop(self, number: int) -> None:
        """Forgets an open leg that can settle no more."""
        self._keep(_Record(FORMAT, VERSION, gone=number))

    def fill(self, fill: Fill) -> None:
        """Remembers that the open leg of this number settled, or that its fill was told."""
        self._keep(_Record(FORMAT, VERSION, fill=fill))

    def rewrite(self) -> None:
        """Writes a file of what is open, what settled of late, and what nobody was told."""
        since_ms = max((each.settled_ms for each in self.fills.values()), default=0) - KEEP_MS
        self.fills = {n: each for n, each in self.fills.items() if each.settled_ms >= since_ms or not each.is_told}
        kept = [_Record(FORMAT, VERSION, open=each) for each in self.open.values()]
        kept += [_Record(FORMAT, VERSION, fill=each) for each in self.fills.values()]
        kept.append(_Record(FORMAT, VERSION, last=self._last))  # so that no number is used again
        if self._last or beside.path_of(self._wallet, SUFFIX).exists():
            beside.replace_records(self._wallet, self._view, SUFFIX, map(_encode, kept))
        self._appended, self._kept = 0, len(kept)

    def _keep(self, record: _Record) -> None:
        beside.append(self._wallet, self._view, SUFFIX, _encode(record))
        self._apply(record)
        self._appended += 1
        if self._appended >= max(MAX_APPENDED, self._kept):
            self.rewrite()

    def _apply(self, record: _Record) -> None:
        if record.open is not None:
            self.open[record.open.number] = record.open
            self._last = max(self._last, record.open.number)
        elif record.fill is not None:
            self.open.pop(record.fill.number, None)
            self.fills[record.fill.number] = record.fill
            self._last = max(self._last, record.fill.number)
        elif record.gone is not None:
            self.open.pop(record.gone, None)
        elif record.last is not None:
            self._last = record.last


def _encode(record: _Record) -> bytes:
    return json.dumps(dataclassjson.write(record), separators=(",", ":")).encode()


def _decode(data: bytes) -> _Record:
    what = "the file of exposures beside the wallet"
    document = strictjson.loads(data, what, MAX_BYTES)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    return dataclassjson.read(_Record, document, what)
