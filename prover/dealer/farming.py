"""The [queue] of a DESK.toml: other machines that make the desk's proofs, and what it does without them.

    [queue]
    url = "postgresql://desk@db/zksettle"       # see `zksettle prover queue init`
    key = "128 hexadecimal digits"              # of its workers; default: the one of the first use
    patience = "5s"                             # how long a proof may take there

A quote that is late is none.  So where no proof comes in time, because no worker works or the database is away, the
desk says so once, goes on with its own cores, and asks the queue again after a minute.  A queue that cannot be reached
when the desk begins, or has another key, is a mistake, and the desk does not begin.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prover.dealer.strategies.tables import Table
from prover.farm import client, farmkey, pins
from prover.farm.submitter import Submitter
from prover.machine.home import Home
from prover.proofs.keystores import Keystore
from settlement import databases
from zk.errors import FormatError

USUAL_PATIENCE = "5s"
MOST_PATIENCE_MS = 600_000


@dataclass(frozen=True)
class Queue:
    """The queue: its URL, the key of its workers if it was given, and how long a proof may take there."""

    url: str
    key: str | None
    patience_ms: int


def decode(table: Table) -> Queue:
    """The queue of a parsed table.  Raises FormatError, which never quotes the URL: it may have a password."""
    table.only("url", "key", "patience")
    url, key = table.text("url"), table.maybe("key", table.text)
    if not databases.is_url(url):
        raise table.wrong("url", "is not like postgresql://user@host/database")
    if key is not None:
        try:
            farmkey.parse(key)
        except FormatError as error:
            raise table.wrong("key", f"is not one: {error}") from None
    patience_ms = table.duration("patience", USUAL_PATIENCE)
    if patience_ms > MOST_PATIENCE_MS:
        raise table.wrong("patience", "must be at most 10m")
    return Queue(url, key, patience_ms)


@contextmanager
def proving(queue: Queue, home: Home, keystore: Keystore, tell: Callable[[str], None]) -> Iterator[None]:
    """In this block the queue proves for the keystore.  `tell` is told in a sentence when it does not.

    Raises FormatError when there is no queue, or it has another key, and Unavailable.
    """

    def pin(offered: farmkey.FarmPublic) -> farmkey.FarmPublic:
        return pins.pinned(home.path, queue.url, queue.key, offered)

    with Submitter.open(queue.url, pin, tell, queue.patience_ms / 1000) as submitter:
        keystore.farm = client.Farm(submitter, keystore, queue.patience_ms, tell)
        try:
            yield
        finally:
            keystore.farm = None
