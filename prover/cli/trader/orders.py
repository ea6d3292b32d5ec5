"""`zksettle order`: the group with all its commands, which three files declare."""

from prover.cli.trader import orderlife, stop
from prover.cli.trader.order import order

__all__ = ["order", "orderlife", "stop"]
