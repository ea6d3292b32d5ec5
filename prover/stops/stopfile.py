"""The stops of a wallet.

    HOME/wallets/NAME.stops     {"format": "zksettle-stops", "version": 1, "stops": […]}   (prover/trader/beside.py)

A desk that runs has the wallet open and locked, and its owner adds stops meanwhile.  So this file has a lock of its
own, which is held for a moment while it changes, and its key needs nothing of the wallet that ever changes.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from prover.machine import files
from prover.stops.stops import Stop
from prover.trader import beside, keys
from zk import entropy
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-stops"
VERSION: Final = 1
SUFFIX = "stops"
MAX_OPEN = 256
MAX_OVER = 256
MAX_BYTES = 4 << 20
WAIT_S = 5
_WHAT = "the list of stops"


@dataclass(frozen=True)
class _Record:
    format: Literal["zksettle-stops"]
    version: Literal[1]
    stops: tuple[Stop, ...]


def exists(wallet: Path) -> bool:
    """Whether the wallet ever had a stop."""
    return beside.path_of(wallet, SUFFIX).exists()


def read(wallet: Path, view: keys.View) -> tuple[Stop, ...]:
    """The stops beside a wallet file, the oldest first.  Raises FormatError when the file is damaged or another's."""
    data = beside.read(wallet, view, SUFFIX, MAX_BYTES)
    if data is None:
        return ()
    return dataclassjson.read(_Record, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT).stops


def change(wallet: Path, view: keys.View, to: Callable[[tuple[Stop, ...]], Sequence[Stop]]) -> tuple[Stop, ...]:
    """Replaces the stops by what `to` makes of them, and returns that.  On return it is on the disk.

    Raises FormatError as `read` and when too many are open, files.Busy when another process holds the file for long.
    """
    path = beside.path_of(wallet, SUFFIX)
    with files.locked(path, f"the stops of wallet {wallet.stem}", WAIT_S):
        before = read(wallet, view)
        after = tuple(to(before))
        if sum(stop.is_open for stop in after) > MAX_OPEN:
            raise FormatError(f"the wallet has {MAX_OPEN} open stops, and no more are kept")
        over = [stop for stop in after if not stop.is_open][-MAX_OVER:]
        kept = tuple(stop for stop in after if stop.is_open or stop in over)
        if kept != before:
            record = dataclassjson.write(_Record(FORMAT, VERSION, kept))
            beside.write(wallet, view, SUFFIX, json.dumps(record, separators=(",", ":")).encode())
        return kept


def put(wallet: Path, view: keys.View, stop: Stop) -> None:
    """Replaces the stop of this id by this one; one that was removed meanwhile stays removed."""
    change(wallet, view, lambda kept: [stop if each.stop_id == stop.stop_id else each for each in kept])


def find(kept: Sequence[Stop], text: str) -> Stop:
    """The stop whose id begins with these digits.  Raises FormatError when that is none, or more than one."""
    found = [stop for stop in kept if text and stop.stop_id.startswith(text)]
    if len(found) != 1:
        count = "no stop" if not found else f"{len(found)} stops"
        raise FormatError(f"{count} of this wallet begins with {text[:16]!r}: see `zksettle order stop list`")
    return found[0]


def new_id() -> str:
    """A random name for a stop."""
    return entropy.token(4).hex()
