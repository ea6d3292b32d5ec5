"""DESK.toml: everything that a desk is told, read strictly.

    journal = "maker.journal"        # default: beside the wallet
    firm = "1m"                      # how long a quote is good; default: as long as other trades, one to three minutes

    [answers]                        # to how many requests in a minute
    to_one = 4
    to_all = 60

    [addresses]                      # to whom an own address was given, and to nobody else: then it tells who asks
    acme = 1

    [[strategy]]                     # as prover/dealer/strategies/kinds.py says, each with a name of its own
    [[prices]]                       # prover/dealer/prices; default: the pool's oracles
    [limits]                         # prover/dealer/limits/limits.py
    [ask]                            # prover/dealer/wishing.py: who is asked for what strategies want done
    [reserve]                        # prover/dealer/reserve: what margined accounts are topped up from
    [queue]                          # prover/dealer/farming.py: other machines that make its proofs

An unknown key, a value of the wrong type, a missing one, and a name that stands twice are refused by one sentence that
names it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prover.dealer import farming, wishing
from prover.dealer.farming import Queue
from prover.dealer.limits import limits
from prover.dealer.limits.limits import Limits
from prover.dealer.prices import sources
from prover.dealer.prices.sources import Sources
from prover.dealer.reserve import rules
from prover.dealer.reserve.rules import Rules
from prover.dealer.strategies import kinds
from prover.dealer.strategies.strategy import Strategy
from prover.dealer.strategies.tables import Table
from prover.dealer.wishing import Makers
from prover.machine import files
from prover.rfq import answering
from prover.trader import durations
from settlement.pool.pool import Pool
from zk.errors import FormatError

MAX_BYTES = 1 << 20
MAX_STRATEGIES = 64
MAX_ADDRESS = 1 << 16
MAX_ANSWERS = 100_000


@dataclass(frozen=True)
class Config:
    """What a DESK.toml says.  `known` has the names of counterparties by the number of the address they were given."""

    journal: Path | None
    firm_ms: int | None
    answers: answering.Limits
    known: Mapping[int, str]
    strategies: tuple[tuple[str, Strategy], ...]
    limits: Limits
    sources: Sources
    makers: Makers = Makers()
    reserve: Rules | None = None
    queue: Queue | None = None


def read(path: Path, pool: Pool) -> Config:
    """The desk in this file, for this pool.  Raises FormatError, in one sentence that names what is wrong."""
    data = files.read(path, MAX_BYTES)
    try:
        document = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:  # which names keys and tables that stand twice
        raise FormatError(f"{path}: {_first_lower(str(error))}") from None
    return decode(document, pool, path)


def decode(document: Mapping[str, object], pool: Pool, path: Path) -> Config:
    """The desk of a parsed file, beside which its own paths are.  Raises as `read`."""
    table, folder = Table(document, pool, path.name), path.parent
    table.only("journal", "firm", "answers", "addresses", "strategy", "prices", "limits", "ask", "reserve", "queue")
    journal = table.maybe("journal", table.text)
    firm_ms = table.maybe("firm", table.duration)
    if firm_ms is not None and firm_ms > answering.MAX_LIFE_MS:
        raise table.wrong("firm", f"must be at most {answering.MAX_LIFE_MS // durations.UNITS_MS['m']}m")
    return Config(
        None if journal is None else folder / journal, firm_ms, _answers(table.table("answers")),
        _addresses(table.table("addresses")), _strategies(table, pool),
        limits.decode(table.table("limits").rest(), pool, f"{path.name}.limits"),
        sources.decode([each.rest() for each in table.list("prices")], pool, folder, f"{path.name}.prices"),
        wishing.decode(table.table("ask")) if "ask" in document else Makers(),
        rules.decode(table.table("reserve").rest(), pool, f"{path.name}.reserve") if "reserve" in document else None,
        farming.decode(table.table("queue")) if "queue" in document else None,
    )  # fmt: skip


def _answers(table: Table) -> answering.Limits:
    usual = answering.Limits()
    table.only("to_one", "to_all")
    return answering.Limits(
        table.number("to_one", 1, MAX_ANSWERS, usual.to_one), table.number("to_all", 1, MAX_ANSWERS, usual.to_all)
    )


def _addresses(table: Table) -> dict[int, str]:
    found: dict[int, str] = {}
    for name in table.rest():
        number = table.number(name, 1, MAX_ADDRESS)
        if number in found:
            raise table.wrong(name, f"has address {number}, which {found[number]} has: a name needs one of its own")
        found[number] = name
    return found


def _strategies(table: Table, pool: Pool) -> tuple[tuple[str, Strategy], ...]:
    found: dict[str, Strategy] = {}
    tables = table.list("strategy")
    if not 0 < len(tables) <= MAX_STRATEGIES:
        raise table.wrong("strategy", f"stands {len(tables)} times: a desk has from 1 to {MAX_STRATEGIES} of them")
    for each in tables:
        named = kinds.decode(each.rest(), pool, each.place)
        if named.name in found:
            raise each.wrong("name", f"{named.name[:40]!r} stands twice: every strategy needs one of its own")
        found[named.name] = named.strategy
    return tuple(found.items())


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
