"""`zksettle bench ledger`: a ledger under load, with every part of it a process as it is in use.

    posting      a process that sends swaps over HTTP, made beforehand
    service      `zksettle ledger serve` over a file, and over a PostgreSQL of its own
    validators   four `zksettle validator run`, of whom three make a checkpoint final

The signatures are real, and the proofs verify like any others; but the bench knows the trapdoors of its pool's keys, so
nobody had to compute them (prover.bench.simulated).
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from prover.bench import finality, ledgermetrics, ledgersite, lightsync, posting, swaps
from prover.bench.ledgersite import Site
from prover.bench.lightsync import LightSync
from prover.bench.measure import Timing
from prover.bench.posting import Posted
from prover.bench.report import Column, Measurements, Section
from prover.machine import tasks
from prover.machine.home import Home
from zk.runtime import parallel

DATABASES = {"SQLite": (), "PostgreSQL": ("--database", "embedded")}
CONNECTIONS = 56  # fewer than the requests that make the service ask for work
SHARE_PERCENT = 80
WARM_SWAPS = 240
FINAL_RATE = 20
FINAL_S = 10
QUANTILES = (10, 50, 90, 99, 100)
PARTS = 10

RATES = (
    Column("database", "database"), Column("swaps_per_s", "swaps/s", "count"),
    Column("cpu_s", "CPU of the service", "seconds"), Column("block", "swaps in a block", "ratio"),
    Column("final_s", "final", "seconds"), Column("final_most_s", "at most", "seconds"),
    Column("replayed_per_s", "replayed/s", "count"),
)  # fmt: skip
ANSWERS = (
    Column("database", "database"), Column("rate", "swaps/s", "count"),
    *(Column(f"p{percent}_s", f"{percent} %", "seconds") for percent in QUANTILES),
)  # fmt: skip
STAGES = (Column("stage", "stage"), *(Column(name, name, "seconds") for name in DATABASES))
GOALS = (
    Column("goal", "goal"), Column("wanted", "wanted"), *(Column(name, name) for name in DATABASES),
    Column("reached", "reached"),
)  # fmt: skip
SOAK = (Column("part", "tenth", "count"), *(Column(name, name, "count") for name in DATABASES))


@dataclass(frozen=True)
class Measured:
    """What the service over one database did.  `cpu_s`, `stages_s` and `block` are of the soak, a swap's and a block's.

    `start_s` is how long a validator takes that has nothing to replay, `replay_s` how long one takes that has all.
    """

    name: str
    soak: Posted
    cpu_s: float
    stages_s: dict[str, float]
    block: float
    rate: float
    steady: Posted
    replayed: int
    start_s: float
    replay_s: float
    final_s: list[float]

    @property
    def swaps_per_s(self) -> float:
        """How many swaps a second were checked and committed."""
        return len(self.soak.times_s) / self.soak.wall_s

    @property
    def replayed_per_s(self) -> float:
        """How many swaps a second a new validator replays, once it has started."""
        return self.replayed / max(self.replay_s - self.start_s, 0.001)


def bench(count: int, *, margined: bool = False, leaves: int = 0, options: Sequence[str] = ()) -> Measurements:
    """Settles `count` swaps as fast as the service does, and half as many at 80 % of that rate, on each database.

    A wallet syncs so many `leaves` of others, unless that is 0.  `options` are those of `ledger serve`.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as folder:
        site = ledgersite.found(Path(folder) / "founded")
        counts = {
            "warm": WARM_SWAPS, "many": count, "some": -(-count // 2), "few": FINAL_S, "beside": FINAL_RATE * FINAL_S
        }  # fmt: skip
        with tasks.task("Making swaps", total=sum(counts.values())) as task:
            files = {}
            for name, number in counts.items():
                files[name] = Path(folder) / name
                posting.write(files[name], ledgersite.swaps_of(site, number, margined=margined))
                task.advance(number)
        measured = []
        for name, database in DATABASES.items():
            copy = site.copied(Path(folder) / name)
            measured.append(_measure(name, copy, [*database, *options], files))
            shutil.rmtree(Path(folder) / name)
    kind = "between a cash account and one on margin" if margined else "between two cash accounts"
    synced = lightsync.bench(leaves // swaps.LEGS, margined=margined) if leaves else None
    return _report(measured, synced, kind, load)


def _measure(name: str, site: Site, options: Sequence[str], files: dict[str, Path]) -> Measured:
    with ExitStack() as resources:
        with tasks.task(f"Starting the service over {name}"):
            serving = ledgersite.command(site.operator, "ledger", "serve", "--listen", "127.0.0.1:0", *options)
            service = resources.enter_context(serving)
            url: str = service.document()["url"]
            posting.run(url, files["warm"], CONNECTIONS)
        with tasks.task("Settling swaps"):
            before, cpu_s = ledgermetrics.read(url), service.cpu_s()
            soak = posting.run(url, files["many"], CONNECTIONS)
            counted, cpu_s = ledgermetrics.read(url) - before, service.cpu_s() - cpu_s
        count = len(soak.times_s)
        rate = SHARE_PERCENT / 100 * count / soak.wall_s
        with tasks.task(f"Settling {rate:.0f} swaps a second"):
            steady = posting.run(url, files["some"], CONNECTIONS, rate)
        with tasks.task("Replaying"):
            replay_s, start_s = (_replay(site.validators[0], url) for _ in range(2))
        with tasks.task("Cosigning"):
            final_s = finality.measure(site, url, files["few"], files["beside"], FINAL_RATE)
    return Measured(
        name, soak, cpu_s / count, counted.stages_s(count), counted.block, rate, steady,
        site.settled + WARM_SWAPS + count + len(steady.times_s), start_s, replay_s, final_s,
    )  # fmt: skip


def _replay(home: Home, url: str) -> float:
    """The seconds that a validator takes to replay and cosign what it has not seen before."""
    return ledgersite.timed(home, "validator", "run", "--once", *(() if home.pool.exists() else ("--of", url)))


def _report(measured: Sequence[Measured], synced: LightSync | None, kind: str, load: float) -> Measurements:
    stages = dict.fromkeys(stage for one in measured for stage in one.stages_s)
    parts = [_parts(one.soak) for one in measured]
    return Measurements(
        [_timing(one) for one in measured],
        (
            Section("goals", "goals, on two cores with everything on one machine", GOALS, _goals(measured, synced)),
            Section("rates", "swaps checked and committed, and validators", RATES, [_rates(one) for one in measured]),
            Section("answers", f"from POST to receipt at {SHARE_PERCENT} % of that rate: so many had theirs", ANSWERS,
                    [_answers(one) for one in measured]),
            Section("stages", "a swap's share of its block's stages, and how long it waited", STAGES, [
                {"stage": stage, **{one.name: one.stages_s.get(stage) for one in measured}} for stage in stages
            ]),
            Section("soak", "swaps a second, in each tenth of the soak", SOAK, [
                {"part": number + 1, **{one.name: part[number] for one, part in zip(measured, parts, strict=True)}}
                for number in range(PARTS)
            ]),
        ),
        (
            f"Each swap is {kind}: a bundle of two legs. Signatures are real. Proofs were simulated beforehand with the"
            " trapdoors of keys that this bench made for itself; they verify like any other.",
            f"Load comes over {CONNECTIONS} connections from another process of this machine. Validators replay over"
            f" HTTP, and the time of their start is subtracted; checkpoints are final by 3 of {ledgersite.VALIDATORS}"
            f" validators, each a process here, while {FINAL_RATE} swaps a second settle.",
            f"Before the first swap, the machine's load was {load:.1f}: figures are of an idle machine only when it was"
            " next to nothing.",
            *([_synced(synced)] if synced else []),
        ),
    )  # fmt: skip


def _timing(one: Measured) -> Timing:
    size = f"{len(one.soak.times_s):,} swaps"
    return Timing(one.name, size, len(one.soak.times_s), parallel.threads(), one.soak.wall_s, (one.soak.wall_s,))


def _rates(one: Measured) -> dict[str, Any]:
    return {
        "database": one.name, "swaps_per_s": round(one.swaps_per_s), "cpu_s": one.cpu_s, "block": round(one.block, 1),
        "final_s": median(one.final_s), "final_most_s": max(one.final_s),
        "replayed_per_s": round(one.replayed_per_s), "start_s": one.start_s,
        "replay_s": one.replay_s, "replayed": one.replayed,
    }  # fmt: skip


def _answers(one: Measured) -> dict[str, Any]:
    times = {f"p{percent}_s": one.steady.quantile_s(percent) for percent in QUANTILES}
    return {"database": one.name, "rate": round(one.rate), **times}


def _goals(measured: Sequence[Measured], synced: LightSync | None) -> list[dict[str, Any]]:
    """What was wanted, and what each database has of it."""
    rows = [
        _goal("swaps/s checked and committed", ">= 500", [one.swaps_per_s for one in measured], 500, "{:.0f}"),
        _goal(f"p99 from POST to receipt at {SHARE_PERCENT} % of that", "< 250 ms",
              [one.steady.quantile_s(99) * 1e3 for one in measured], -250, "{:.0f} ms"),
        _goal("final with 3 of 4 validators", "< 1.5 s", [median(one.final_s) for one in measured], -1.5, "{:.2f} s"),
        _goal("swaps/s replayed by a new validator", "> 1,000",
              [one.replayed_per_s for one in measured], 1_000, "{:,.0f}"),
    ]  # fmt: skip
    if synced is not None:
        goal = f"{synced.leaves:,} leaves of others synced"
        rows.append(_goal(goal, "< 15 s", [synced.total_s], -15, "{:.1f} s"))
    return rows


def _goal(goal: str, wanted: str, values: Sequence[float], limit: float, shown: str) -> dict[str, Any]:
    """One row; a negative limit is one that must not be exceeded.  A ledger's file alone may have been measured."""
    is_reached = all(value >= limit if limit > 0 else value < -limit for value in values)
    by_database = {name: shown.format(value) for name, value in zip(DATABASES, values)}  # noqa: B905
    return {"goal": goal, "wanted": wanted, **dict.fromkeys(DATABASES), **by_database,
            "reached": "yes" if is_reached else "no"}  # fmt: skip


def _synced(synced: LightSync) -> str:
    return (
        f"A wallet with nothing joined as a light copy in {synced.join_s:.1f} s and tried {synced.leaves:,} leaves in"
        f" {synced.scan_s:.1f} s, {synced.idle_s:.1f} s of it to start; 100,000 are wanted."
    )


def _parts(posted: Posted) -> list[int]:
    """The rate in each part of the time."""
    width_s = posted.wall_s / PARTS
    counts = [0] * PARTS
    for end_s in posted.ends_s:
        counts[min(int(end_s / width_s), PARTS - 1)] += 1
    return [round(count / width_s) for count in counts]
