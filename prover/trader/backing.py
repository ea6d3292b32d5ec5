"""Backs an order with a proof of funds (settlement.funds), when its account holds what the pool's board asks.

It costs the maker a proof of the statement funds, and the board one more verification, beside 548 bytes.
"""

from prover.proofs.keystores import Keystore
from prover.trader import plan, showing
from prover.trader.owing import Setting
from prover.trader.plan import Source
from settlement import amounts, digests
from settlement import funds as proofs_of_funds
from settlement.ids import OrderId
from zk.errors import Unsatisfied


def choose(setting: Setting, balances: plan.Changes, *, is_wanted: bool) -> int | None:
    """The asset that backs an order of an account with these balances, the numeraire first; None for no backing.

    Raises Unsatisfied when the pool's board takes only orders that are backed, and this one would not be.
    """
    rules = setting.parameters.board
    accepted = [asset for asset, threshold in enumerate(rules.funds) if threshold]
    if is_wanted and min(balances) >= 0:
        for asset in accepted:
            if balances[asset] >= rules.funds[asset]:
                return asset
    if rules.funds_required:
        asked = " or ".join(amounts.show(rules.funds[asset], setting.pool.assets[asset]) for asset in accepted)
        raise Unsatisfied(
            f"the board of this pool takes only orders that are backed: from an account that owes nothing and holds "
            f"at least {asked}"
        )
    return None


def prove(setting: Setting, source: Source, asset: int, order_id: OrderId, keystore: Keystore) -> bytes:
    """The bytes of the funds that back this order: the account at `source` holds the board's amount of the asset."""
    shown = {asset: setting.parameters.board.funds[asset]}
    context = digests.order_context(order_id)
    return proofs_of_funds.encode(showing.prove(setting.pool, source, shown, context, keystore, is_named=True))
