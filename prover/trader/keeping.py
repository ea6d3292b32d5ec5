"""Which accounts a wallet keeps when it has more than KEEP: the rest is dust, which it only counts.

Whoever knows an address can send accounts to it, so no account may push out one that is worth more.  First come the
accounts that the wallet's own orders would spend.  Then, of those that owe something, the largest by what they hold and
owe together, up to a quarter of the places, because their owner has to watch them.  Then all others by their worth; of
equals, the older one.

The worth is that at the newest published prices.  Before the first publication it is the sum of whole units, whatever
the asset.
"""

from collections.abc import Collection, Iterable, Sequence

from circuits import records
from circuits.records import Position
from prover.trader.wallets import Dust, Holding
from settlement.ledger import Ledger

KEEP = 4096
OWING_SHARE = 4  # a quarter of the places

_WHOLE_UNITS = 10**18  # more decimals than any asset has


def prices(ledger: Ledger) -> tuple[int, ...]:
    """The weight of one smallest unit of every asset in the worth of an account."""
    newest = ledger.reader.grids(1)
    if newest:
        return newest[0].publication.prices
    return tuple(_WHOLE_UNITS // 10**asset.decimals for asset in ledger.pool.assets)


def keep(
    accounts: Sequence[Holding], tied: Collection[Position], weights: Sequence[int], limit: int = KEEP
) -> tuple[tuple[Holding, ...], Dust]:
    """At most `limit` of the accounts, by position, and the dust that the others are.

    `tied` has the positions of accounts that the wallet's own orders would spend, and `weights` are `prices`.
    """
    if len(accounts) <= limit:
        return tuple(sorted(accounts, key=lambda account: account.position)), Dust()

    def rank(account: Holding) -> tuple[bool, int, Position]:
        return account.position not in tied, -worth(account.account.balances, weights), account.position

    owing = [account for account in accounts if min(account.account.balances) < 0]
    owing.sort(key=lambda account: (-worth(map(abs, account.account.balances), weights), account.position))
    first = {account.position for account in owing[: limit // OWING_SHARE]}
    ranked = sorted(accounts, key=rank)
    num_tied = sum(account.position in tied for account in accounts)
    ranked = [
        *ranked[:num_tied],
        *(account for account in ranked[num_tied:] if account.position in first),
        *(account for account in ranked[num_tied:] if account.position not in first),
    ]
    return tuple(sorted(ranked[:limit], key=lambda account: account.position)), dust(ranked[limit:])


def dust(accounts: Sequence[Holding]) -> Dust:
    """The dust that these accounts are."""
    columns = zip(*(account.account.balances for account in accounts), strict=True)
    return Dust(len(accounts), tuple(map(sum, columns)) if accounts else (0,) * records.ASSETS)


def together(first: Dust, second: Dust) -> Dust:
    """The dust of both."""
    columns = zip(first.balances, second.balances, strict=True)
    return Dust(first.count + second.count, tuple(a + b for a, b in columns))


def worth(balances: Iterable[int], weights: Sequence[int]) -> int:
    """The worth of these balances under the weights."""
    return sum(balance * weight for balance, weight in zip(balances, weights, strict=True))
