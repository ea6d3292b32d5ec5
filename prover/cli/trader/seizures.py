"""Tells the owner of a margined account what the guardians took and what they left."""

from typing import Any

from prover.cli.trader import show
from prover.machine import clock
from prover.trader.seized import Seized
from settlement import amounts
from settlement.pool.pool import Pool


def text(each: Seized, pool: Pool) -> str:
    """What was taken, why and when, at which prices, and what is left where, in a few sentences."""
    numeraire = pool.assets[amounts.NUMERAIRE]
    held = each.account.account.balances
    prices = ", ".join(
        f"{asset.symbol} {amounts.show_price(price, asset, numeraire)}"
        for asset, price, balance in zip(pool.assets, each.prices, held, strict=True) if balance
    )  # fmt: skip
    why = (
        "because the guardian key that it was sealed to is retired" if each.is_stale
        else f"because it would not have survived scenario {each.scenario}"
    )  # fmt: skip
    worth = f"{amounts.show_value(each.worth, numeraire)} {numeraire.symbol}"
    return (
        f"The guardians seized account {each.account.position} at height {each.height}, {clock.text(each.settled_ms)}, "
        f"{why}. It had {show.line(held, pool)}, worth {worth} at the prices of epoch {each.epoch} ({prices}). "
        f"{_left(each, pool)}"
    )


def _left(each: Seized, pool: Pool) -> str:
    residual = each.residual
    if not any(residual.account.balances):
        return "Nothing is left of it."
    return f"Left to you: {show.line(residual.account.balances, pool)}, in account {residual.position}."


def document(each: Seized, pool: Pool) -> dict[str, Any]:
    """The same as JSON values; prices in 10^-9 of the numeraire's smallest unit for one smallest unit."""
    pairs = zip(pool.assets, each.prices, strict=True)
    return {
        "position": each.account.position,
        "height": each.height,
        "settled_ms": each.settled_ms,
        "epoch": each.epoch,
        "scenario": each.scenario,
        "stale_key": each.is_stale,
        "taken": show.balances_json(each.account.account.balances, pool),
        "prices": {asset.symbol: str(price) for asset, price in pairs if not asset.is_unused},
        "worth": str(each.worth),
        "left": str(each.residual.account.balances[amounts.NUMERAIRE]),
        "left_position": each.residual.position,
    }
