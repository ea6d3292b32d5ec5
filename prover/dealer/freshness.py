"""Keeps the orders of a desk fresh: at each publication of prices, what is on margin proves that anew, and no more."""

from collections.abc import Collection

from prover.dealer.book import Stood
from prover.dealer.journal import Journal
from prover.dealer.patience import Patience
from prover.trader import refreshing, sessions
from prover.trader.refreshing import Refreshed
from prover.trader.sessions import Session


class Freshness:
    """The epoch for which the orders of one wallet are proved, those that its owner placed by hand among them."""

    def __init__(self, session: Session, journal: Journal):
        self._session, self._journal = session, journal
        self._epoch: int | None = None
        self._patience = Patience()

    def refresh(self, standing: Collection[Stood], now_ms: int) -> bool:
        """Proves every own order's margin again if there is a new grid; whether there was.

        What could not be proved stays stale, and is tried again until it can be.
        """
        session, setting = self._session, sessions.setting(self._session, now_ms)
        epoch = None if setting.grid is None else setting.grid.epoch
        if epoch is None or epoch == self._epoch or not self._patience.may_try("all", epoch, now_ms):
            return False
        names = {part.order_id: each.key for each in standing for part in each.parts}
        failed = False

        def tell(outcome: Refreshed) -> None:
            nonlocal failed
            order_id = outcome.order_id.hex()
            strategy, quote = names.get(order_id, ("", ""))
            if outcome.why_not is None:
                event, why = "refreshed", "prices were published"
            else:
                event, why, failed = "stale", outcome.why_not, True
                if not self._patience.refuse(order_id, epoch, why, now_ms):
                    return
            self._journal.write(
                now_ms, event, why, order=order_id, strategy=strategy, quote=quote, epoch=outcome.epoch
            )  # fmt: skip

        refreshing.refresh_all(session.ledger, session.wallet.view, session.keystore, setting, now_ms, tell)
        if failed:
            self._patience.refuse("all", epoch, "", now_ms)
        else:
            self._epoch = epoch
        return True
