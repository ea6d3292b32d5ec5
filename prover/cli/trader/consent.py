"""Shows a trade to the wallet's owner and asks, before anything is proved.

Without a terminal nobody can be asked, so the command must say --yes, or, to take an order, its terms.
"""

import sys
from collections.abc import Sequence

import click

from prover.cli.frame import screen
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.machine import clock
from prover.trader.trade import Agree, Trade
from settlement import amounts
from zk.errors import Unsatisfied


class NotAgreed(Unsatisfied):
    """The owner was asked and did not agree."""


def to_place(app: App, *, is_public: bool, is_agreed: bool) -> Agree:
    """Asks before an order that everybody can read, and before one that makes its account owe something."""

    def agree(trade: Trade) -> None:
        warnings = [*([_public_warning(trade)] if is_public else []), *([trade.owes] if trade.owes else [])]
        must_ask = bool(warnings) and not is_agreed
        decide(app, warnings, "Place the order?", " ".join(warnings), must_ask=must_ask, remedy="--yes")

    return agree


NAME_TERMS = "--yes, or the terms themselves with --sell and --buy"


def to_take(
    app: App, sell: Sequence[str], buy: Sequence[str], *, is_agreed: bool, remedy: str = NAME_TERMS
) -> Agree:
    """Shows the taker's side and asks; `remedy` is what to add to the command where nobody can be asked.

    Where `sell` or `buy` are given the trade must have exactly these terms, and only a debt is asked about.
    """

    def agree(trade: Trade) -> None:
        is_named = bool(sell or buy)
        if is_named:
            _check_terms(trade, sell, buy)
        width = len(f"account {trade.position} afterwards")
        rows = {
            "you give": trade.sells,
            "you receive": trade.buys,
            "until": clock.text(trade.expiry_ms),
            f"account {trade.position} now": show.line(trade.before, trade.pool),
            f"account {trade.position} afterwards": show.line(trade.after, trade.pool),
        }
        lines = [f"{name.ljust(width)}  {value}" for name, value in rows.items()] + ([trade.owes] if trade.owes else [])
        reason = " ".join([f"You would give {trade.sells} and receive {trade.buys}.", trade.owes or ""]).strip()
        must_ask = not is_agreed and (trade.owes is not None or not is_named)
        decide(app, lines, "Take the order?", reason, must_ask=must_ask, remedy="--yes" if is_named else remedy)

    return agree


def to_sweep(app: App, *, is_agreed: bool) -> Agree:
    """Shows what is about to be taken, and asks only about a debt: the limit says what its owner agrees to."""

    def agree(trade: Trade) -> None:
        lines = [f"You give {trade.sells} and receive {trade.buys}.", *([trade.owes] if trade.owes else [])]
        must_ask = trade.owes is not None and not is_agreed
        decide(app, lines, "Take the orders?", " ".join(lines), must_ask=must_ask, remedy="--yes")

    return agree


def _public_warning(trade: Trade) -> str:
    return (
        f"Everybody who looks at the board can read that this order sells {trade.sells} and buys {trade.buys}, until "
        f"it is taken or void, or expires at {clock.text(trade.expiry_ms)}; whoever copies it can prove it later."
    )


def _check_terms(trade: Trade, sell: Sequence[str], buy: Sequence[str]) -> None:
    """Raises Unsatisfied unless the trade sells and buys exactly these amounts."""
    sold, bought = amounts.parse_all(sell, trade.pool), amounts.parse_all(buy, trade.pool)
    wanted = tuple(bought.get(asset, 0) - sold.get(asset, 0) for asset in range(len(trade.changes)))
    if set(sold) & set(bought) or wanted != trade.changes:
        raise Unsatisfied(
            f"the order has other terms: who takes it gives {trade.sells} and receives {trade.buys}; nothing was done"
        )


def decide(app: App, lines: Sequence[str], question: str, reason: str, *, must_ask: bool, remedy: str) -> None:
    """Prints the lines, and asks where it must.  Raises NotAgreed, or UsageError when there is nobody to ask."""
    if must_ask and not sys.stdin.isatty():
        raise click.UsageError(f"{reason} There is no terminal to ask on: add {remedy}")
    for line in lines:
        if not app.screen.is_json:
            app.screen.say(line)
        elif must_ask:
            screen.tell(line)
    if must_ask and not click.confirm(question, err=True):
        raise NotAgreed("nothing was done, because you did not agree")
