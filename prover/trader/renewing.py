"""Places orders that are good until cancelled anew before they expire, on the same account, with the same terms.

At most one of the old and the new settles, because both spend the same account, and both have the same price.
"""

from dataclasses import dataclass

from prover.trader import durations, lifetimes, replacing, trade
from prover.trader.replacing import Wanted
from prover.trader.sessions import Session
from prover.trader.wallets import OwnOrder, Wallet
from settlement.rejection import Rejected
from zk.errors import Unsatisfied

BEFORE_MS = durations.parse_ms("2d")
"""How long before it expires an order is placed anew: whoever runs `order keep` once a day keeps all of them."""


@dataclass(frozen=True)
class Renewed:
    """An order that was placed anew, as another; or why it could not be."""

    old: str
    new: str | None
    why_not: str | None = None


def due(wallet: Wallet, now_ms: int) -> tuple[OwnOrder, ...]:
    """The orders to place anew now: kept ones that expire soon and were not withdrawn."""
    return tuple(
        order for order in wallet.orders
        if order.mark.is_kept and not order.is_withdrawn and now_ms < order.terms.expiry_ms <= now_ms + BEFORE_MS
    )  # fmt: skip


def step(session: Session, now_ms: int) -> tuple[Renewed, ...]:
    """Places what is due anew.  One that cannot be stops none of the others, and is tried again at the next call."""
    done = []
    for order in due(session.wallet, now_ms):
        life = lifetimes.read("", lifetimes.CANCELLED, now_ms)
        try:
            found = replacing.replace_order(
                session, order.order_id, Wanted(), life, now_ms, trade.allow_new_debts, voids=False
            )
            done.append(Renewed(order.order_id, found.placed.order_id))
        except (Unsatisfied, Rejected) as error:
            done.append(Renewed(order.order_id, None, str(error)))
    return tuple(done)
