"""Publications that no oracle signed, for tests that are not about prices."""

from circuits import records
from settlement.checks import recording
from settlement.ledger import Ledger
from settlement.risk.grids import Coverage, Publication, PublishedGrids
from settlement.risk.market import ONE, Market
from tests.settlement.bundles.samples import NOW_MS

PRICES = tuple(range(1, records.ASSETS + 1))


def publication(epoch: int, coverage: Coverage = Coverage.MIXTURE) -> Publication:
    """Everything is worth its number in the pool, and in the grids one or two more."""
    initial, maintenance = (
        records.RiskGrid((tuple(price + more for price in PRICES),) * records.SCENARIOS) for more in (1, 2)
    )
    zeros, ones = (0,) * records.ASSETS, (ONE,) * records.ASSETS
    market = Market(PRICES, zeros, ones, (None,) * records.ASSETS, NOW_MS + epoch)
    return Publication(epoch, market, initial, maintenance, coverage, b"")


def publish(
    ledger: Ledger, epoch: int, coverage: Coverage = Coverage.MIXTURE, now_ms: int = NOW_MS
) -> PublishedGrids:
    """Records it as the next epoch of the ledger."""
    made = publication(epoch, coverage)
    return ledger.record(lambda state, time_ms: recording.grids(state, made, time_ms), now_ms).published
