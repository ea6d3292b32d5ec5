"""The strategies that DESK.toml may name: those that come with the program, and a user's own.

    [[strategy]]
    name = "spot"
    kind = "two-sided"            # or "options", or a class of your own: "mine:Strategy"
    …                             # its settings

`module:Class` RUNS CODE: the module is imported from where Python finds it, with all rights of whoever runs the desk,
beside an open wallet.  The class is called with the settings, a dictionary of what TOML has, and the pool.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prover.dealer.strategies.options import Options
from prover.dealer.strategies.strategy import Strategy
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.twosided import TwoSided
from settlement.pool.pool import Pool
from zk.errors import FormatError

BUILT_IN: Mapping[str, Callable[[Table], Strategy]] = {"two-sided": TwoSided, "options": Options}
METHODS = ("price", "standing", "wishes")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,31}", re.ASCII)
_CLASS = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*):([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)


@dataclass(frozen=True)
class Named:
    """A strategy and the name that the journal calls it by."""

    name: str
    strategy: Strategy


def decode(values: object, pool: Pool, place: str) -> Named:
    """The strategy of one table.  Raises FormatError, also when a class of the user's own cannot be had or fails."""
    table = Table(values, pool, place)
    name, kind = table.text("name"), table.text("kind")
    if not _NAME.fullmatch(name):
        raise table.wrong("name", "must be 1 to 32 letters, digits, spaces, _ and -")
    if kind in BUILT_IN:
        return Named(name, BUILT_IN[kind](table))
    match = _CLASS.fullmatch(kind)
    if match is None:
        raise table.wrong("kind", f"must be one of {', '.join(BUILT_IN)}, or module:Class for one of your own")
    return Named(name, _own(match[1], match[2], table))


def _own(module: str, name: str, table: Table) -> Strategy:
    where = f"{table.place}: kind {module}:{name}"
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise FormatError(f"{where} cannot be had: {error}") from error
    try:
        strategy: Strategy = kind(table.rest(), table.pool)
    except Exception as error:  # whatever a user's own code raises
        raise FormatError(f"{where} failed: {type(error).__name__}: {error}") from error
    if missing := [method for method in METHODS if not callable(getattr(strategy, method, None))]:
        raise FormatError(f"{where} is no strategy: it has no method {missing[0]}")
    return strategy
