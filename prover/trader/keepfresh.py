"""Keeps a wallet's orders fresh, epoch after epoch: a maker's standing quotes.

It needs the wallet's view and no spending key, for only margins are proved again.  So the wallet's file is read once
and then closed, and its owner may trade meanwhile: new orders are found on the board.
"""

import time
from collections.abc import Callable
from itertools import count

from prover.proofs.keystores import Keystore
from prover.trader import keys, owing, refreshing
from prover.trader.refreshing import Refreshed
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.ledger import Ledger

POLL_S = 0.5
"""How long it waits before it looks at the ledger again."""
RETRY_S = 2.0
"""The same, when the ledger could not be reached."""


def run(
    ledger: Ledger, view: keys.View, keystore: Keystore, now_ms: Callable[[], int], tell: Callable[[Refreshed], None],
    warn: Callable[[str], None], *, num_rounds: int | None = None, sleep: Callable[[float], None] = time.sleep,
) -> None:  # fmt: skip
    """Looks at the ledger every POLL_S and refreshes what has become stale, for ever or for so many rounds.

    Tells of each order that it refreshed, and of one that it could not refresh once for each epoch.  While the ledger
    cannot be reached it tries again every RETRY_S, after one warning: a margin that may have arrived is sent again.
    """
    failed: set[tuple[OrderId, int | None]] = set()
    is_cut = False
    for number in count():
        if num_rounds is not None and number >= num_rounds:
            return
        if number:
            sleep(RETRY_S if is_cut else POLL_S)
        try:
            _round(ledger, view, keystore, now_ms(), tell, failed)
            is_cut = False
        except Unavailable as error:
            if not is_cut:
                warn(f"{error}; trying again.")
            is_cut = True


def _round(
    ledger: Ledger, view: keys.View, keystore: Keystore, now_ms: int, tell: Callable[[Refreshed], None],
    failed: set[tuple[OrderId, int | None]],
) -> None:  # fmt: skip
    """One look.  `failed` has what was told of orders that could not be refreshed, and in which epoch."""
    ledger.update()
    setting = owing.setting(ledger, now_ms)
    epoch = None if setting.grid is None else setting.grid.epoch

    def heard(outcome: Refreshed) -> None:
        if outcome.why_not is not None:
            if (outcome.order_id, epoch) in failed:
                return
            failed.add((outcome.order_id, epoch))
        tell(outcome)

    refreshing.refresh_all(ledger, view, keystore, setting, now_ms, heard)
