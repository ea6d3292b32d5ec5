"""The comparison of every stored row, column by column, with the rows that follow from the replayed history.

Equal values have the columns' types: SQLite's integrity check, which runs before, looks at those.
"""

from collections.abc import Iterable
from contextlib import closing
from itertools import zip_longest

from settlement.audit.replay import Replay
from settlement.errors import require
from settlement.events import Event
from settlement.pool import poolfile
from settlement.storage import tables
from settlement.storage.reader import Reader
from settlement.storage.tables import Row


def check(replay: Replay, history: list[Event], reader: Reader) -> None:
    """Raises Discrepancy for the first table that differs from the replay, the most telling table first.

    The replay has read each bundle's row by its height, and compared it; the orders belong to
    settlement.audit.orderaudit.  """
    for table, name, computed in _expected(replay, history):
        with closing(reader.stored(table)) as stored:
            rows = zip_longest(stored, sorted(computed, key=lambda row: row[:2]))
            is_equal = all(one == other for one, other in rows)
        require(is_equal, f"the {name} in the database do not follow from the history")
    count, expected = reader.count("bundles"), len(replay.roots) - 1
    require(count == expected, f"there are {count} bundles, but the history has {expected}")


def _expected(replay: Replay, history: list[Event]) -> list[tuple[str, str, Iterable[Row]]]:
    """The tables, what to call their rows, and the rows."""
    return [
        ("pool", "pool's bytes", [tables.pool(poolfile.encode(replay.pool))]),
        ("events", "events", map(tables.event, history)),
        ("log", "nodes of the log", (tables.log_node(*place, node) for place, node in replay.log.items())),
        ("roots", "roots", (tables.root(height, tree) for height, tree in replay.roots.items())),
        ("nullifiers", "nullifiers", (tables.nullifier(*spent) for spent in replay.nullifiers.items())),
        ("top_ups", "top-ups", (tables.top_up(*place, height) for place, height in replay.top_ups.items())),
        ("outputs", "accounts", map(tables.output, replay.outputs)),
        ("flows", "flows", map(tables.flow, replay.flows)),
        ("reserves", "reserves", (tables.reserve(*place, amount) for place, amount in replay.holdings.items())),
        ("accounts", "public accounts", (tables.account(*place, amount) for place, amount in replay.balances.items())),
        ("insurance", "insurance's accounts", (tables.insurance(*row) for row in replay.insured.items())),
        ("nodes", "tree's nodes", (tables.node(*place, node) for place, node in replay.tree_nodes.items())),
        ("grids", "grids", (tables.grids(height, published) for height, published in replay.published.items())),
        ("parameters", "changes of the parameters", map(tables.change, replay.announced)),
        ("heartbeats", "insurance's heartbeats", map(tables.heartbeat, replay.heartbeats)),
        ("expiries", "early expiries", map(tables.expiry, replay.expiries)),
    ]
