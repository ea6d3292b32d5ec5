"""What others see of a desk while it runs, and after it ended: a file beside the wallet, without a secret.

    HOME/wallets/NAME.desk          {"format": "zksettle-desk", "version": 1, …}, replaced by each beat
    HOME/wallets/NAME.desk.lock     held by the daemon for as long as it runs

Whether a desk runs is what the lock says, which the kernel takes back from the dead; the file says which process it is.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from prover.machine import files
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-desk"
VERSION: Final = 1
SUFFIX = ".desk"
MAX_BYTES = 4 << 20
BEAT_MS = 5_000
"""The file is written at least so often while the desk runs."""
POLL_S = 0.05


@dataclass(frozen=True)
class Quote:
    """A quote that stands on the board, as people read it."""

    strategy: str
    name: str
    sells: str
    buys: str
    orders: tuple[str, ...]
    expires_ms: int


@dataclass(frozen=True)
class Status:
    """A desk at one moment.  `trouble` says why it is cut off from its ledger, or why it ended; None when it is well.

    `ended_ms` is None while it runs, and when it was killed.
    """

    format: Literal["zksettle-desk"]
    version: Literal[1]
    pid: int
    wallet: str
    config: str
    journal: str
    started_ms: int
    beat_ms: int
    ended_ms: int | None
    rounds: int
    trouble: str | None
    quotes: tuple[Quote, ...]


def path_of(wallet: Path) -> Path:
    """The file beside a wallet's."""
    return wallet.with_suffix(SUFFIX)


def begin(wallet: Path, config: Path, journal: Path, now_ms: int) -> Status:
    """The status of a desk of this process that begins now, written at once: others signal the process it names."""
    made = Status(
        FORMAT, VERSION, os.getpid(), wallet.stem, str(config), str(journal), now_ms, now_ms, None, 0, None, ()
    )  # fmt: skip
    write(wallet, made)
    return made


def write(wallet: Path, status: Status) -> None:
    """Replaces the file.  The caller holds the lock."""
    data = json.dumps(dataclassjson.write(status), ensure_ascii=False).encode() + b"\n"
    files.replace(path_of(wallet), data)


def read(wallet: Path) -> Status | None:
    """What the last desk of this wallet said; None when there was none.  Raises FormatError."""
    path = path_of(wallet)
    if not path.exists():
        return None
    what = f"the file {path}"
    document = strictjson.loads(files.read(path, MAX_BYTES), what, MAX_BYTES)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    return dataclassjson.read(Status, document, what)


@contextmanager
def running(wallet: Path) -> Iterator[None]:
    """Holds the lock of the one desk that a wallet may have.  Raises files.Busy while another one runs."""
    with files.locked(path_of(wallet), f"the desk of wallet {wallet.stem}"):
        yield


def is_running(wallet: Path) -> bool:
    """Whether a desk of this wallet runs now."""
    path = path_of(wallet)
    if not path.with_name(f"{path.name}.lock").exists():
        return False
    try:
        with running(wallet):
            return False
    except files.Busy:
        return True


def end(wallet: Path, patience_s: float, *, kills: bool) -> bool:
    """Asks the desk to end, and waits until it has; whether one ran.

    It finishes its round first.  When it has not ended in so many seconds it is killed, if `kills`: nothing is lost
    that the next run would not find.  Raises files.Busy when it is still there.
    """
    if not is_running(wallet):
        return False
    found = read(wallet)
    if found is None or found.ended_ms is not None:
        raise files.Busy(f"the desk of wallet {wallet.stem} is just beginning: try again")
    _signal(found.pid, signal.SIGTERM)
    if _has_ended(wallet, patience_s):
        return True
    if kills:
        _signal(found.pid, signal.SIGKILL)
        if _has_ended(wallet, patience_s):
            return True
    raise files.Busy(f"the desk of wallet {wallet.stem}, process {found.pid}, has not ended in {patience_s:g} s")


def _has_ended(wallet: Path, patience_s: float) -> bool:
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        if not is_running(wallet):
            return True
        time.sleep(POLL_S)
    return False


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, number)
