"""Orders for tests of the board, of legs whose proofs prove nothing."""

import pytest

from settlement.bundles import bundle, digests
from settlement.ids import LedgerId, OrderId
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.orders import funds as proofs_of_funds
from settlement.rejection import Rejected, Rejection
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk import signature

TERMS = (bytes([7]) * bundle.CIPHERTEXT_BYTES,)


def make(ledger, terms=TERMS, **changes) -> samples.Made:
    """A leg that names these sealed terms; `changes` as of samples.make."""
    return samples.make(ledger, terms=digests.terms(terms), **changes)


def margined(ledger, terms=TERMS, **changes) -> samples.Made:
    """A leg into an account that may owe something, which names these sealed terms."""
    return guarded.guarded(ledger, terms=digests.terms(terms), **changes)


def place(ledger, leg, terms=TERMS, now_ms=NOW_MS, verify=any_proof, funds=b"") -> board.Order:
    """Posts the leg as its owner does."""
    return board.place(ledger, samples.posting(ledger, leg, terms, funds, now_ms), now_ms, verify)


def withdrawal(ledger_id: LedgerId, order_id: OrderId, secret: int = samples.RK_SECRET) -> bytes:
    """What an order's owner signs to take it off the board."""
    return signature.encode(signature.sign(secret, digests.withdrawal_message(ledger_id, order_id)))


def withdraw(ledger: Ledger, order_id: OrderId) -> None:
    """Takes an order off the board, as its owner does."""
    board.withdraw(ledger, order_id, withdrawal(ledger.ledger_id, order_id), NOW_MS)


def backed(ledger, leg, asset=0, **changes) -> bytes:
    """Funds that back the order, if `changes` do not make them false."""
    return proofs_of_funds.encode(samples.funds(ledger, leg, asset, **changes))


def refusal(action, *arguments, **named) -> Rejection:
    """The reason why the action is refused, which it must be."""
    with pytest.raises(Rejected) as caught:
        action(*arguments, **named)
    return caught.value.rejection
