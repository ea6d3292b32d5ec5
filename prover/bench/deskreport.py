"""The report of `zksettle bench desk`: one table of goals, and what they come from."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from prover.bench.arrivals import PATIENCE_S
from prover.bench.deskfigures import ALONE, Found, Round, quantile_s
from prover.bench.measure import Timing
from prover.bench.report import Column, Measurements, Section
from prover.machine import units
from zk.runtime import parallel

STAGES = ("asked", "quoted", "checked", "settled")
PERCENTS = (50, 90, 95, 100)
QUOTE_GOALS_S = {50: 0.250, 95: 0.500}
REQUOTED, REQUOTE_GOAL_S = 100, 2.0
SYNCED, SYNC_GOAL_S = 1_000, 3.0
JUNK_GOAL = 2.0

GOALS = (
    Column("goal", "goal"), Column("carrier", "carrier"), Column("wanted", "wanted"), Column("found", "found"),
    Column("reached", "reached"),
)  # fmt: skip
QUOTES = (
    Column("carrier", "carrier"), Column("kind", "kind"),
    *(Column(f"p{percent}_s", f"{percent} %", "seconds") for percent in PERCENTS),
    *(Column(f"{stage}_s", stage, "seconds") for stage in STAGES),
)  # fmt: skip
BOARDS = (
    Column("carrier", "carrier"), Column("refreshed", "requoted", "count"), Column("refresh_s", "in", "seconds"),
    Column("synced", "orders", "count"), Column("sync_s", "synced in", "seconds"),
    Column("sync_cpu_s", "CPU", "seconds"), Column("placed_s", "placed in", "seconds"),
)  # fmt: skip
ARRIVALS = (
    Column("carrier", "carrier"), Column("junk", "beside"), Column("orders", "orders", "count"),
    Column("p50_s", "50 %", "seconds"), Column("p95_s", "95 %", "seconds"), Column("max_s", "longest", "seconds"),
    Column("lost", "lost", "count"), Column("ratio", "95 % to alone", "ratio"),
    Column("junk_per_s", "junk/s", "count"),
)  # fmt: skip


def report(found: Sequence[Found], rounds: int, orders: int, reused: int) -> Measurements:
    """The report of some carriers.  Of the orders, so many were kept from an earlier run."""
    quotes = list(_quotes(found))
    return Measurements(
        [
            Timing(f"request to settled, {kind}, {one.carrier}", f"{rounds} rounds", 1, parallel.threads(),
                   first.total_s, tuple(each.total_s for each in rest))
            for one, kind, first, rest in quotes
        ],
        (
            Section("goals", "goals", GOALS, list(_goals(found))),
            Section("quotes", "from the request to the settlement: so many were done; half did each stage in", QUOTES,
                    [_quote(*one) for one in quotes]),
            Section("boards", "boards of live orders, each with a leg, an escrow and a margin proof", BOARDS,
                    [_board(one) for one in found]),
            Section("arrivals", "an honest order, from its maker to a reader who has verified it", ARRIVALS,
                    [row for one in found for row in _arrivals(one)]),
        ),
        (
            "Over mailbox and nostr the two desks, the ledger and the relay are processes of this machine, and each"
            " desk has a copy of the ledger of its own; over memory they are threads of one, and share its file. Proofs"
            " are real; quotes are two-way: the maker proves two legs, and on margin two escrows and two margins with"
            " them. A round begins when both desks have followed the ledger and made their next legs ready.",
            f"The board has {orders:,} orders, 8 of each account, the most that it takes; {reused:,} of them were kept"
            " from an earlier run, and the others were proved first. They are verified as they arrive, by who reads"
            " them and by who carries them. Junk is orders in which all is well but the proofs, of 20 addresses, of one"
            " or of another one each time; over nostr, of connections. An honest order counts from when it is due, and"
            f" is lost {PATIENCE_S:.0f} s after the last one of its stretch is due.",
            "The machine's load was " + ", ".join(f"{one.load:.1f} before {one.carrier}" for one in found)
            + ": figures are of an idle machine only when it was next to nothing.",
        ),
    )  # fmt: skip


def _quotes(found: Sequence[Found]) -> Iterator[tuple[Found, str, Round, list[Round]]]:
    for one in found:
        for kind, (first, rest) in one.rounds.items():
            yield one, kind, first, rest


def _quote(one: Found, kind: str, _: Round, rest: Sequence[Round]) -> dict[str, Any]:
    totals = [each.total_s for each in rest]
    stages = {
        f"{stage}_s": quantile_s([each.stage_s(number) for each in rest], 50) for number, stage in enumerate(STAGES)
    }  # fmt: skip
    quantiles = {f"p{percent}_s": quantile_s(totals, percent) for percent in PERCENTS}
    return {"carrier": one.carrier, "kind": kind, **quantiles, **stages}


def _board(one: Found) -> dict[str, Any]:
    names = ("carrier", "refreshed", "refresh_s", "synced", "sync_s", "sync_cpu_s", "placed_s")
    return {name: getattr(one, name) for name in names}


def _arrivals(one: Found) -> Iterator[dict[str, Any]]:
    for kind, times_s in one.arrived_s.items():
        ratio = None if kind == ALONE else _ratio(one, kind)
        yield {
            "carrier": one.carrier, "junk": "nothing" if kind == ALONE else kind, "orders": len(times_s),
            **{f"p{percent}_s": _unless_lost(quantile_s(times_s, percent)) for percent in (50, 95)},
            "max_s": _unless_lost(max(times_s)), "lost": times_s.count(math.inf),
            "ratio": None if ratio is None or math.isinf(ratio) else round(ratio, 2),
            "junk_per_s": None if kind == ALONE else round(one.junk_per_s[kind]),
        }  # fmt: skip


def _unless_lost(seconds: float) -> float | None:
    return None if math.isinf(seconds) else seconds


def _ratio(one: Found, kind: str) -> float:
    """How much longer 95 of 100 orders took beside junk than alone; infinite when more than five were lost."""
    alone_s, beside_s = (quantile_s(one.arrived_s[each], 95) for each in (ALONE, kind))
    return math.inf if math.isinf(alone_s) else beside_s / alone_s


def _goals(found: Sequence[Found]) -> Iterator[dict[str, Any]]:
    for one, kind, _, rest in _quotes(found):
        for percent, goal_s in QUOTE_GOALS_S.items():
            took_s = quantile_s([each.total_s for each in rest], percent)
            yield _goal(f"quote settled, {kind}, {percent} %", one, took_s, goal_s)
    for one in found:
        yield _goal(f"{one.synced:,} orders synced", one, one.sync_s, SYNC_GOAL_S, is_whole=one.synced >= SYNCED)
        is_whole = one.refreshed >= REQUOTED
        yield _goal(f"{one.refreshed} orders requoted", one, one.refresh_s, REQUOTE_GOAL_S, is_whole=is_whole)
    for one, kind in [(each, kind) for each in found for kind in each.arrived_s if kind != ALONE]:
        ratio = _ratio(one, kind)
        yield {
            "goal": f"an honest order beside junk of {kind}, 95 %", "carrier": one.carrier,
            "wanted": f"< {JUNK_GOAL:.0f} times", "found": "lost" if math.isinf(ratio) else f"{ratio:.2f} times",
            "reached": "yes" if ratio < JUNK_GOAL and not one.arrived_s[kind].count(math.inf) else "no",
        }  # fmt: skip


def _goal(goal: str, one: Found, took_s: float, goal_s: float, *, is_whole: bool = True) -> dict[str, Any]:
    """One row; of a smaller board than the goal is about, nothing is said."""
    reached = ("yes" if took_s < goal_s else "no") if is_whole else "(fewer)"
    return {
        "goal": goal, "carrier": one.carrier, "wanted": f"< {units.seconds(goal_s)}", "found": units.seconds(took_s),
        "reached": reached,
    }  # fmt: skip
