"""What is final of a copy: the service says it, and the copy believes the validators' signatures alone."""

from collections.abc import Callable

from prover.network.wire.refusals import NotFound
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, note
from zk.errors import FormatError

PATH = "/checkpoint/final"


def update(ledger: Ledger, fetch: Callable[[str], bytes]) -> None:
    """Keeps the newest final checkpoint that a service shows, when the copy goes so far.

    In a pool without validators nothing is asked.  Raises FormatError and InvalidProof when it is malformed, of another
    history, or not signed by the operator and a validator, and what `fetch` raises.
    """
    size = ledger.reader.last_event().height + 1
    if not finality.validators(ledger, size).quorum:
        return
    try:
        signed = fetch(PATH).decode()
    except NotFound:
        return
    except UnicodeDecodeError:
        raise FormatError("what the service sent is not a text") from None
    if checkpoint.parse(note.text_of(signed)).size in range(finality.size(ledger) + 1, size + 1):
        finality.operators(ledger).verify(signed)
        finality.keep(ledger, finality.read(ledger, signed, 0))
