"""A command of several steps: the outbox remembers each under a key of its own, so that it goes on after a crash.

    begin     the command gets a name, which the outbox remembers
    steps     each is an action with the key `key(entry, what)`
    told      the command is reported; what the outbox has of its steps is forgotten
"""

from dataclasses import replace

from prover.trader import outbox
from prover.trader.outbox import Asked, Entry
from prover.trader.sessions import Session
from prover.trader.terms import GROUP_BYTES
from zk import entropy

_ENTRY_BYTES = 32


def begin(session: Session, request: Asked) -> Entry:
    """The entry of a new command, saved."""
    entry = Entry(request.key, request.digest, entropy.token(_ENTRY_BYTES), b"")
    save(session, outbox.with_entry(session.wallet.outbox, entry))
    return entry


def name(entry: Entry) -> bytes:
    """The name of a command: random bytes."""
    return entry.made[:GROUP_BYTES]


def key(entry: Entry, what: int | str) -> str:
    """The key of one step."""
    return f"{name(entry).hex()}/{what}"


def is_of(entry: Entry, named: str) -> bool:
    """Whether an entry is a step of the command of this name, in hexadecimal."""
    return entry.key is not None and entry.key.startswith(f"{named}/")


def confirm(session: Session, entry: Entry) -> None:
    """Notes that the outcome was told: from now on the same command without a key is a new action."""
    kept = tuple(each for each in session.wallet.outbox if not is_of(each, name(entry).hex()))
    save(session, outbox.with_told(kept, entry, None))


def forget(session: Session, named: str) -> None:
    """Ends a command that was interrupted, so that it is not continued after what it made was cancelled."""
    begun = [each for each in session.wallet.outbox if not each.is_told and each.made[:GROUP_BYTES].hex() == named]
    save(session, tuple(each for each in session.wallet.outbox if each not in begun and not is_of(each, named)))


def save(session: Session, entries: tuple[Entry, ...]) -> None:
    """Saves the wallet with this outbox."""
    if entries != session.wallet.outbox:
        session.file.save(replace(session.wallet, outbox=entries))
