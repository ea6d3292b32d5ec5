"""Where the next leg of each account starts from: its keys, a root, and its path to that root, kept while they may be.

Reading a path of an older tree takes some hashes, and a proof takes a third less after one on the same path
(prover/proofs/nearby.py).  Which root that is stays as random as if it was drawn for each leg (prover/trader/roots.py).
"""

from collections import OrderedDict
from dataclasses import dataclass

from circuits.records import Position
from prover.trader import keys, roots
from prover.trader.pads import Pads
from prover.trader.plan import Source
from prover.trader.roots import Drawn
from prover.trader.wallets import Holding
from settlement.ledger import Ledger

MAX = 256
"""Accounts whose starts are kept; the one that was asked for longest ago is forgotten first."""


@dataclass(frozen=True, repr=False)
class _Start(keys.Secret):
    source: Source
    drawn: Drawn


class Starts:
    """The starts of a wallet's legs, and the secrets of their escrows, in memory only."""

    def __init__(self) -> None:
        self.pads = Pads()
        self._kept: OrderedDict[Position, _Start] = OrderedDict()

    def __repr__(self) -> str:
        return "Starts"

    def source(self, ledger: Ledger, seed: keys.Seed, holding: Holding) -> Source:
        """The start of a leg that spends this holding, under a root of the last ten minutes."""
        kept = self._kept.pop(holding.position, None)
        if kept is not None and kept.source.account != holding.account:  # of a ledger that lost this account
            kept = None
        drawn = roots.draw(ledger, holding.position, None if kept is None else kept.drawn)
        if kept is not None and kept.drawn.tree == drawn.tree:
            source = kept.source
        else:
            path = ledger.reader.path(holding.position, drawn.tree.size)
            own = keys.account(seed, holding.index)
            source = Source(own, holding.account, holding.position, path, drawn.tree.root)
        self._kept[holding.position] = _Start(source, drawn)
        while len(self._kept) > MAX:
            self._kept.popitem(last=False)
        return source
