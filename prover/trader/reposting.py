"""Signs an order's posting anew before it is sent again, because boards take only what was signed lately.

A posting older than board.MAX_POSTING_AGE_MS is refused, so that nobody can post an order again later than its maker
did.  The maker can: the secret of a leg's rk follows from the phrase (prover/trader/blinding.py).
"""

from prover.network.wire import postings
from prover.trader import assembly, blinding, keys
from prover.trader.sessions import Session
from settlement.bundles import digests, encoding
from settlement.orders import board
from zk import signature
from zk.errors import FormatError

RENEWED_MS = board.MAX_POSTING_AGE_MS // 2


def renewed(session: Session, data: bytes, now_ms: int) -> bytes | None:
    """The posting in these bytes, signed now if that was long ago; the same bytes when the wallet cannot sign it.

    None when its account has moved, as far as this copy of the ledger knows: nobody can take it any more.
    """
    try:
        sent = postings.decode(data)
        leg = encoding.decode_leg(sent.leg_bytes)
    except FormatError:
        return data
    if session.ledger.reader.is_spent(leg.nullifier):
        return None
    seed = session.wallet.seed
    if seed is None or sent.posted_ms > now_ms - RENEWED_MS:
        return data
    for index in sorted({holding.index for holding in session.wallet.live}):
        spending = blinding.spending(keys.blinding_key(seed, index), leg.commitment)
        if signature.public(spending) == (leg.public.rk_x, leg.public.rk_y):
            order_id = digests.leg_id(session.ledger.ledger_id, leg)
            made = assembly.posting(leg, order_id, sent.sealed_terms, sent.funds, now_ms, spending)
            return postings.encode(made)
    return data
