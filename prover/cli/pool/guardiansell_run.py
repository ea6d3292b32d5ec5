"""Runs `zksettle guardian sell`."""

from typing import Any

from prover.cli.frame.command import App, Done
from prover.cli.pool import guardian_run, guardian_show
from prover.guardian import selling
from prover.guardian.selling import Offer
from settlement import amounts
from settlement.pool.assets import NUMERAIRE
from settlement.pool.pool import Pool, asset_index
from settlement.risk.grids import Publication
from zk.errors import Unsatisfied


def sell(app: App, assets: tuple[str, ...], member: int | None) -> None:
    """Takes orders while there is one that makes the insurance's position smaller, and shows each."""
    with guardian_run.opened(app, member) as (opened, _):
        pool, taken = opened.ledger.pool, list[dict[str, Any]]()
        slots = {asset_index(pool, name) for name in assets} or set(range(len(pool.assets)))
        while True:
            opened.look()
            now = opened.now()
            if now is None or now.insurance is None:
                raise Unsatisfied("nothing can be sold without fresh prices and an insurance that can be opened")
            offer = opened.sell(now, slots - {NUMERAIRE})
            if offer is None:
                break
            taken.append(_document(pool, now.published, offer))
            count = f"{len(taken)} order{'' if len(taken) == 1 else 's'}"
            app.done = Done(f"the insurance has taken {count}", {"taken": taken}, "")
            app.screen.say(_sentence(pool, now.published, offer), "good")
        left = guardian_show.inherited(pool, now.insurance.account.balances)
        if not taken and not left:
            raise Unsatisfied("the insurance has nothing to sell: it holds the numeraire alone")
        if not taken:
            raise Unsatisfied(
                f"no order that everybody can read reduces what the insurance has ({', '.join(left)}) at a price that "
                "its guardians sign: no loss above half the penalty of the risk that ends, at prices of the last "
                f"{selling.MAX_PRICE_AGE_MS // 60_000} minutes"
            )
        app.screen.say(f"The insurance is left with {', '.join(left) or 'the numeraire alone'}.")
        app.screen.document({"taken": taken, "left": left})


def _sentence(pool: Pool, published: Publication, offer: Offer) -> str:
    gives, gets = amounts.show_trade(offer.changes, pool)
    bps = selling.loss_share(offer.changes, published.prices)
    price = f"{amounts.number(abs(bps), 2)} % {'worse' if bps > 0 else 'better'} than" if bps else "at"
    order_id = offer.order.order_id.hex()[:16]
    return f"Took order {order_id}: the insurance gave {gives} for {gets}, {price} the newest prices."


def _document(pool: Pool, published: Publication, offer: Offer) -> dict[str, Any]:
    gives, gets = amounts.show_trade(offer.changes, pool)
    return {
        "order": offer.order.order_id.hex(), "gave": gives, "got": gets,
        "loss_bps": selling.loss_share(offer.changes, published.prices), "epoch": published.epoch,
    }  # fmt: skip
