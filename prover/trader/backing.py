"""Backs an order with a proof of funds (settlement.orders.funds), when its account holds what the board asks, or with a
fee.

It costs the maker a proof of the statement funds, and the board one more verification, beside 548 bytes.
"""

from dataclasses import replace

from circuits.records import Amount
from prover.proofs import purposes
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from prover.trader import choosing, plan, sessions, showing
from prover.trader.owing import Setting
from prover.trader.plan import Source
from prover.trader.sessions import Session
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.bundles import digests
from settlement.bundles.bundle import Account, Bundle, Flow
from settlement.ids import OrderId
from settlement.orders import funds as proofs_of_funds
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
        fee = setting.parameters.fees.order
        instead = f"; or pay its fee of {amounts.show(fee, setting.pool.assets[amounts.NUMERAIRE])} with --fee"
        raise Unsatisfied(
            f"the board of this pool takes only orders that are backed: from an account that owes nothing and holds "
            f"at least {asked}{instead if fee else ''}"
        )
    return None


def prove(setting: Setting, source: Source, asset: int, order_id: OrderId, keystore: Keystore) -> bytes:
    """The bytes of the funds that back this order: the account at `source` holds the board's amount of the asset."""
    shown = {asset: setting.parameters.board.funds[asset]}
    context = digests.order_context(order_id)
    with purposes.serving(Purpose.QUOTE):
        return proofs_of_funds.encode(showing.prove(setting.pool, source, shown, context, keystore, is_named=True))


def pay(session: Session, setting: Setting, holding: Holding, order_id: OrderId, now_ms: int) -> Bundle:
    """The bundle that pays the board's fee for an order of the account `holding`, out of another cash account.

    Raises Unsatisfied when the pool asks no such fee, and when no other account can pay it.
    """
    fee, numeraire = setting.parameters.fees.order, amounts.NUMERAIRE
    if not fee:
        raise Unsatisfied("the board of this pool asks no fee: leave --fee out")
    others = tuple(each for each in session.wallet.live if each.position != holding.position)
    payer = choosing.payer(replace(session.wallet, live=others), setting, numeraire, fee, None, now_ms)
    plan.check_holds(setting.pool, payer.account, {numeraire: fee})
    source, target = sessions.source(session, payer), sessions.target(session, payer.index)
    flow = Flow(numeraire, Amount(-fee), Account.FEE, b"", order_id)
    expiry_ms = now_ms + sessions.IMMEDIATE_MS
    return sessions.assemble(session, [
        plan.move(setting, source, target, plan.changes({numeraire: fee}, {}), expiry_ms, (flow,))
    ])  # fmt: skip
