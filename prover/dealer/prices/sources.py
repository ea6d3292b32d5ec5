"""The market of a desk, from the pool's oracles, a file, or a command of the user's.

    [[prices]]
    source = "oracles"             # the newest publication of the pool
    max_age = "15m"                # by default as long as the pool takes margin against it

    [[prices]]
    source = "file"                # JSON or CSV (prover/dealer/prices/written.py)
    path = "prices.json"           # from the folder of DESK.toml
    assets = ["ETH", "BTC"]        # without it, all that no other source is named for
    max_age = "30s"

    [[prices]]
    source = "command"             # runs this, without a shell, and reads what it writes
    command = ["python3", "feed.py"]
    every = "5s"
    timeout = "2s"

Each asset has one source, so that a price never comes from another place because the first one failed.  What a source
says too late, from the future, or not at all is no price.  A numeraire of which a file or command says nothing counts
at par.  Without any [[prices]], the oracles are the source of everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from circuits import records
from prover.dealer.prices import written
from prover.dealer.prices.commands import Command
from prover.dealer.prices.written import Said
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.view import SCALE, Market
from prover.machine import files
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool
from zk.errors import FormatError

AHEAD_MS = 5_000
"""Clocks of feeds may be ahead of this machine's by so much."""
KINDS: Mapping[str, tuple[str, ...]] = {"oracles": (), "file": ("path",), "command": ("command", "every", "timeout")}
"""What each kind of source has beside the assets and their greatest age."""


@dataclass(frozen=True)
class Reading:
    """What the sources say now, and what is wrong with them, in sentences."""

    market: Market
    problems: tuple[str, ...]


class Source(Protocol):
    """One place that prices come from."""

    @property
    def name(self) -> str:
        """What it is called in a sentence."""

    def read(self, ledger: Ledger, now_ms: int) -> tuple[dict[int, Said], int | None]:
        """What it says by slot, and the epoch if it has one.  Raises FormatError or OSError.  It never waits."""

    def max_age_ms(self, ledger: Ledger, now_ms: int) -> int:
        """How old its prices may be."""

    def close(self) -> None:
        """Ends what it began."""


class Oracles:
    """The newest publication of the pool."""

    name = "the oracles"

    def __init__(self, max_age_ms: int | None = None):
        self._max_age_ms = max_age_ms

    def read(self, ledger: Ledger, now_ms: int) -> tuple[dict[int, Said], int | None]:
        """Prices and volatilities of the newest publication; a suspended claim has none."""
        published = ledger.reader.grids(1)
        if not published:
            raise FormatError("nothing was published yet")
        market = published[0].publication.market
        return {
            slot: Said(market.time_ms, price or None, market.volatilities[slot] or None)
            for slot, price in enumerate(market.prices)
            if slot not in market.suspended
        }, published[0].publication.epoch

    def max_age_ms(self, ledger: Ledger, now_ms: int) -> int:
        """What the settings say, else as long as the pool takes margin against it."""
        return ledger.parameters(now_ms).limits.grid_age_ms if self._max_age_ms is None else self._max_age_ms

    def close(self) -> None:
        """Nothing was begun."""


class File:
    """A file that something else replaces."""

    def __init__(self, path: Path, pool: Pool, max_age_ms: int):
        self._path, self._pool, self._max_age_ms = path, pool, max_age_ms
        self.name = f"the file {path.name}"

    def read(self, ledger: Ledger, now_ms: int) -> tuple[dict[int, Said], int | None]:
        """What it says now."""
        return written.decode(files.read(self._path, written.MAX_BYTES), self._pool, self.name), None

    def max_age_ms(self, ledger: Ledger, now_ms: int) -> int:
        """What the settings say."""
        return self._max_age_ms

    def close(self) -> None:
        """Nothing was begun."""


class Run:
    """A command of the user's."""

    def __init__(self, command: Command, shown: str, pool: Pool, max_age_ms: int):
        self._command, self._pool, self._max_age_ms = command, pool, max_age_ms
        self.name = f"the command {shown}"

    def read(self, ledger: Ledger, now_ms: int) -> tuple[dict[int, Said], int | None]:
        """What it wrote last."""
        return written.decode(self._command.read(now_ms), self._pool, "what it wrote"), None

    def max_age_ms(self, ledger: Ledger, now_ms: int) -> int:
        """What the settings say."""
        return self._max_age_ms

    def close(self) -> None:
        """Ends the command."""
        self._command.close()


class Sources:
    """All sources of a desk; `slots` says which assets each of them prices."""

    def __init__(self, pool: Pool, sources: Sequence[tuple[Source, frozenset[int]]]):
        self._pool, self._sources = pool, sources

    def read(self, ledger: Ledger, now_ms: int) -> Reading:
        """The market now, and why it lacks what it lacks.  It never waits."""
        prices: list[int | None] = [None] * records.ASSETS
        volatilities, problems, epoch = list(prices), list[str](), None
        for source, slots in self._sources:
            try:
                said, of_epoch = source.read(ledger, now_ms)
                epoch = of_epoch or epoch
            except (FormatError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                problems.append(f"{source.name}: {reason}")
                continue
            max_age_ms = source.max_age_ms(ledger, now_ms)
            if amounts.NUMERAIRE in slots and not isinstance(source, Oracles):
                said = {amounts.NUMERAIRE: Said(now_ms, SCALE, None), **said}
            problems += self._refused(source, said, slots, max_age_ms, now_ms)
            for slot in slots & set(said):
                if -AHEAD_MS <= now_ms - said[slot].time_ms <= max_age_ms:
                    prices[slot], volatilities[slot] = said[slot].price, said[slot].volatility
        return Reading(Market(self._pool, now_ms, tuple(prices), tuple(volatilities), epoch), tuple(problems))

    def close(self) -> None:
        """Ends the commands."""
        for source, _ in self._sources:
            source.close()

    def _refused(
        self, source: Source, said: Mapping[int, Said], slots: frozenset[int], max_age_ms: int, now_ms: int
    ) -> list[str]:  # fmt: skip
        """A sentence for what is too old, and one for what is of the future."""
        ages = {slot: now_ms - said[slot].time_ms for slot in sorted(slots & set(said))}
        old = [self._pool.assets[slot].symbol for slot, age_ms in ages.items() if age_ms > max_age_ms]
        early = [self._pool.assets[slot].symbol for slot, age_ms in ages.items() if age_ms < -AHEAD_MS]
        sentences = []
        if old:
            sentences.append(f"{source.name}: {_list(old)} older than {max_age_ms / 1000:g} seconds")
        if early:
            sentences.append(f"{source.name}: {_list(early)} of the future: compare the clocks")
        return sentences


def decode(tables: object, pool: Pool, folder: Path, place: str) -> Sources:
    """The sources that the tables of DESK.toml name; paths are from this folder.  Raises FormatError."""
    if not isinstance(tables, list):
        raise FormatError(f"{place} is not an array of tables: write [[{place}]]")
    made, named = list[tuple[Source, frozenset[int] | None]](), set[int]()
    for number, values in enumerate(tables):
        table = Table(values, pool, f"{place}[{number}]")
        slots = table.maybe("assets", table.texts)
        chosen = None if slots is None else frozenset(map(table.slot, slots))
        if chosen is not None and (twice := chosen & named):
            raise table.wrong("assets", f"names {pool.assets[min(twice)].symbol}, which another source prices")
        named |= chosen or set()
        made.append((_source(table, pool, folder), chosen))
    if sum(chosen is None for _, chosen in made) > 1:
        raise FormatError(f"{place}: only one source may price what is left; give the others `assets`")
    rest = frozenset(range(records.ASSETS)) - named
    found = [(source, rest if chosen is None else chosen) for source, chosen in made]
    return Sources(pool, found or [(Oracles(), rest)])


def _source(table: Table, pool: Pool, folder: Path) -> Source:
    kind = table.choice("source", tuple(KINDS))
    table.only("source", "assets", "max_age", *KINDS[kind])
    if kind == "oracles":
        return Oracles(table.maybe("max_age", table.duration))
    if kind == "file":
        return File(folder / table.text("path"), pool, table.duration("max_age", "30s"))
    arguments = table.texts("command")
    if not arguments:
        raise table.wrong("command", "names no program")
    command = Command(arguments, folder, table.duration("every", "5s"), table.duration("timeout", "2s"))
    return Run(command, Path(arguments[0]).name, pool, table.duration("max_age", "30s"))


def _list(symbols: Sequence[str]) -> str:
    return f"the prices of {', '.join(symbols)} are" if len(symbols) > 1 else f"the price of {symbols[0]} is"
