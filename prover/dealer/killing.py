"""The kill switch: moves every account of a wallet at once, so that nothing that it ever offered can be taken.

It needs the wallet alone, so it works when the daemon is dead, and on another machine that has a copy of the wallet.
Orders and quotes are void when their accounts have moved, whoever copied them, and wherever they are.
"""

from prover.dealer.journal import Journal
from prover.dealer.standing import Quotes
from prover.trader import moving, sessions
from prover.trader.moving import Moved
from prover.trader.sessions import Session


def cancel_all(session: Session, quotes: Quotes, journal: Journal, now_ms: int) -> Moved:
    """Moves every live account, up to 32 in a bundle, first those that stand on the board.

    An account that cannot move, for want of margin perhaps, stops no other; why is in what is returned.  Raises
    Unavailable when the ledger cannot be reached: repeated, it goes on where it was.
    """
    quotes.resume(now_ms)
    sessions.sync(session)
    moved = moving.move(session, moving.all_positions(session, now_ms), now_ms)
    for settlement in moved.settlements:
        journal.write(
            now_ms, "cancelled all", "whatever these accounts had offered is void", height=settlement.receipt.height,
            bundle=settlement.receipt.bundle_id.hex(),
        )  # fmt: skip
    for position, sentence in moved.failed:
        journal.write(now_ms, "not moved", sentence, position=position)
    quotes.look(now_ms)
    journal.sync()
    return moved
