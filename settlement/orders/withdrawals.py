"""Withdrawals: an order's maker takes it off the board by a message under the order's own key, the rk of its leg.

The message names the ledger and the order, so it is good for nothing else, and nobody but the maker can make it.  It
has no time in it: a wallet signs it when it places the order, and keeps it (prover/trader/assembly.py).

    What a withdrawal does       the board stops listing the order, says why to who asks, and does not take it again
    What it does not             whoever copied the order can still settle it, until it expires or its account moves

An order is a signed leg, and what was shown cannot be unshown: only moving the account ends it.
"""

from settlement.bundles import digests
from settlement.bundles.bundle import Leg
from settlement.checks import checks, signatures
from settlement.checks.state import State
from settlement.ids import LedgerId, OrderId
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Withdrawal
from zk import signature
from zk.errors import FormatError
from zk.signature import Claim


def check_signed(ledger_id: LedgerId, order_id: OrderId, leg: Leg, signed: bytes) -> None:
    """Raises Rejected, WITHDRAWAL, unless these 96 bytes withdraw the order with this leg."""
    why = "the withdrawal is not signed with the order's key"
    try:
        decoded = signature.decode(signed, "the signature")
    except FormatError:
        raise Rejected(Rejection.WITHDRAWAL, why) from None
    claim = Claim((leg.public.rk_x, leg.public.rk_y), digests.withdrawal_message(ledger_id, order_id), decoded)
    signatures.verify([(claim, Rejection.WITHDRAWAL, why)])


def check(state: State, withdrawal: Withdrawal) -> None:
    """Checks a withdrawal that is stored, or that another board shows.

    Raises Rejected unless it is of this leg, which its maker signed for this ledger, and signed with the leg's key.
    """
    leg = checks.decode_leg(withdrawal.leg_bytes)
    if (withdrawal.order_id, withdrawal.expiry_ms) != (digests.leg_id(state.ledger_id, leg), leg.expiry_ms):
        raise Rejected(Rejection.MALFORMED, "a column of the withdrawal is not what its leg says")
    checks.check_leg_signatures(state, (leg,))
    check_signed(state.ledger_id, withdrawal.order_id, leg, withdrawal.signature)
