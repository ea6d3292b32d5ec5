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
from settlement.ids import OrderId
from settlement.ledger import Ledger

POLL_S = 0.5
"""How long it waits before it looks at the ledger again."""


def run(
    ledger: Ledger, view: keys.View, keystore: Keystore, now_ms: Callable[[], int], tell: Callable[[Refreshed], None],
    *, num_rounds: int | None = None, sleep: Callable[[float], None] = time.sleep,
) -> None:  # fmt: skip
    """Looks at the ledger every POLL_S and refreshes what has become stale, for ever or for so many rounds.

    Tells of each order that it refreshed, and of one that it could not refresh once for each epoch.
    """
    failed: set[tuple[OrderId, int | None]] = set()
    for number in count():
        if num_rounds is not None and number >= num_rounds:
            return
        if number:
            sleep(POLL_S)
        now = now_ms()
        ledger.update()
        setting = owing.setting(ledger, now)
        epoch = None if setting.grid is None else setting.grid.epoch

        def heard(outcome: Refreshed, epoch: int | None = epoch) -> None:
            if outcome.why_not is not None:
                if (outcome.order_id, epoch) in failed:
                    return
                failed.add((outcome.order_id, epoch))
            tell(outcome)

        refreshing.refresh_all(ledger, view, keystore, setting, now, heard)
