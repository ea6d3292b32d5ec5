"""A DESK.toml to begin with, for the assets and prices of a pool: everything that may stand in one, with what it means.

What is needed stands as it is: one strategy around the prices of the oracles, and limits.  The rest is commented out: a
line that begins with "#" and no blank is a setting, and works when the "#" is taken away.
"""

from collections.abc import Sequence

from settlement import amounts
from settlement.pool.assets import Asset, Option, Perpetual
from settlement.pool.pool import Pool

WORTH = 5_000
"""The first size is the largest power of ten of the asset that is worth no more than so much of the numeraire."""
STEPS = 5
"""How many of these sizes the position may be away from its target."""

KEY = "0" * 128
"""Stands where the key of a queue's workers is written."""

_HEAD = """\
# What `zksettle desk run` does.  `zksettle desk check` says what it would do now, and changes nothing.
#
# Amounts, prices, percentages and times are texts: "1.5 {asset}", "3000.5", "0.3%", "30s".  An unknown name is refused.
# A line that begins with # and no blank is a setting: take the # away to use it.

# Where the journal is kept, from here; by default beside the wallet.
#journal = "maker.journal"
# How long a quote that somebody asked for is good; by default one to three minutes, as other trades.
#firm = "1m"

# How many requests are answered in a minute: of one asker, and of all.
#[answers]
#to_one = 4
#to_all = 60

# Requests hide who asks.  An address of yours that was given to one counterparty alone tells that it is that one:
# `zksettle wallet address` shows them by number.
#[addresses]
#acme = 1

# Where prices come from.  Each asset has one source; what is too old, or not said, is not quoted.
# Without any [[prices]], the pool's oracles price everything.
#[[prices]]
#source = "oracles"
#max_age = "15m"

# A file that something else replaces: CSV with the line time_ms,asset,price,volatility or JSON:
# {{"format": "zksettle-prices", "version": 1, "time_ms": 1800000000000, "prices": {{"{asset}": "3000.5"}}}}
#[[prices]]
#source = "file"
#path = "prices.json"
#assets = ["{asset}"]
#max_age = "30s"

# A program that writes the same.  It is run without a shell, now and then, and killed when it is late.
#[[prices]]
#source = "command"
#command = ["python3", "feed.py"]
#assets = ["{unit}"]
#every = "5s"
#timeout = "2s"
#max_age = "30s"

# Two sides around a price.  kind = "module:Class" is a strategy of your own: Python that IS RUN beside the open wallet.
[[strategy]]
name = "spot"
kind = "two-sided"
# What the others are paid in, who may read the orders (contacts or addresses), and how long an order stands.
#unit = "{unit}"
#to = ["everybody"]
#life = "1h"
# In how many lots an order is divided, so that a part can be taken; and by how much a wanted order may differ
# from the one that stands before it is replaced.
#lots = 1
#slack = "0.1%"

[strategy.market.{asset}]
# The size of each level, and how many levels there are on each side.
size = "{size}"
#levels = 1
# Between bid and offer of the first level; each further one is a step farther away.
spread = "0.4%"
#step = "0.2%"
# The middle falls by this when the position is `most` above its target, and rises when it is below.
skew = "0.5%"
# No side is quoted with which the position would be farther than `most` from its target.
target = "{target}"
most = "{most}"
"""

_OPTIONS = """
# Options, at a volatility that the prices say, or that is given, by Black's formula; and their delta hedged.
#[[strategy]]
#name = "options"
#kind = "options"
#unit = "{unit}"
#to = ["everybody"]
#life = "1h"
#slack = "1%"
# Between bid and offer, in volatility; and by how much the middle falls at the largest position.
#spread = "4%"
#skew = "5%"
# So long before it expires an option is not quoted any more; and whether quotes stand on the board.
#stop = "1h"
#stands = true
#[strategy.option.{option}]
#size = "1 {option}"
#most = "10 {option}"
#volatility = "60%"
# Outside of the band the delta is hedged to its edge, with trades of `least` at least, up to a position of `most`,
# no worse than the published price by the slippage: taken from others, or as an order that stands.
#[strategy.hedge]
#asset = "{hedge}"
#band = "2 {hedge}"
#least = "0.5 {hedge}"
#most = "50 {hedge}"
#slippage = "0.5%"
#stands = false
"""

_TAIL = """
# Limits count what was traded and everything that could still be taken, at the worst.  A day is one of UTC.
[limits]
# What one trade is worth, all that stands open, and all of a day.
order = "{order}"
open = "{open}"
day = "{day}"

[limits.asset.{asset}]
#order = "{most}"
#day = "{range}"
# The position, whatever is taken.
least = "0 {asset}"
most = "{range}"

# One counterparty, by its name in [addresses], or whoever nobody knows.
#[limits.counterparty.acme]
#order = "{order}"
#open = "{order}"
#day = "{open}"
#[limits.counterparty.anybody]
#open = "{open}"

# Who is asked for quotes when a strategy wants something done that the board does not have: contacts or addresses.
#[ask]
#to = ["acme"]
#wait = "5s"

# What accounts that owe something are topped up from: own addresses whose accounts the desk then does not trade with.
# An account that has less than `below` of its risk to spare is topped up until it has as much as `to`.
#[reserve]
#addresses = [7]
#below = "10%"
#to = "30%"
#day = "{open}"

# A queue whose workers make the desk's proofs (`zksettle prover queue init`): they see what is proved, and can spend
# nothing.  Where no proof comes in time, the desk makes it, and asks the queue again after a minute.
#[queue]
#url = "postgresql://desk@db/zksettle"
# The public key of the workers; by default the one of the first use.
#key = "{key}"
#patience = "5s"
"""


def text(pool: Pool, prices: Sequence[int] | None, now_ms: int) -> str:
    """The file for a pool, with sizes that suit these prices, of the newest publication; None before the first."""
    unit = pool.assets[amounts.NUMERAIRE]
    slot = next((slot for slot, each in enumerate(pool.assets) if each.is_held and slot != amounts.NUMERAIRE), None)
    if slot is None:
        raise ValueError("the pool has no asset but its numeraire")
    asset, size = pool.assets[slot], _size(pool, slot, prices)
    words = {
        "key": KEY,
        "asset": asset.symbol, "unit": unit.symbol, "size": _show(size, asset), "target": _show(STEPS * size, asset),
        "most": _show(STEPS * size, asset), "range": _show(2 * STEPS * size, asset),
        **{name: _show(times * WORTH * 10**unit.decimals, unit)
           for name, times in (("order", 2), ("open", 4 * STEPS), ("day", 20 * STEPS))},
    }  # fmt: skip
    return _HEAD.format(**words) + _options(pool, now_ms) + _TAIL.format(**words)


def _options(pool: Pool, now_ms: int) -> str:
    """The part about options; empty for a pool that has none that can be traded."""
    for asset in pool.assets:
        if isinstance(asset.terms, Option) and asset.terms.expiry_ms > now_ms:
            underlying = asset.terms.underlying
            perpetuals = [each for each in pool.assets if isinstance(each.terms, Perpetual)]
            on_it = [each for each in perpetuals if each.terms is not None and each.terms.underlying == underlying]
            hedge = (on_it or [pool.assets[underlying]])[0]
            unit = pool.assets[amounts.NUMERAIRE]
            return _OPTIONS.format(option=asset.symbol, hedge=hedge.symbol, unit=unit.symbol)
    return ""


def _size(pool: Pool, slot: int, prices: Sequence[int] | None) -> int:
    """The largest power of ten of smallest units that is worth at most WORTH; without a price a thousandth of a whole
    one, so that the limits of the file hardly refuse it."""
    if prices is None or not prices[slot] or not prices[amounts.NUMERAIRE]:
        return int(10 ** max(0, pool.assets[slot].decimals - 3))
    worth, size = WORTH * 10 ** pool.assets[amounts.NUMERAIRE].decimals * prices[amounts.NUMERAIRE], 1
    while size * 10 * prices[slot] <= worth:
        size *= 10
    return size


def _show(amount: int, asset: Asset) -> str:
    return amounts.show(amount, asset)
