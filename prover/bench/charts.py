"""Reports as SVG charts, one for each benchmark.  matplotlib is imported only when a chart is drawn.

A chart is drawn from the document that `--json` prints, so an earlier report can be drawn as well.  Times are those of
the fastest warm run unless an axis says otherwise; the caption names the machine and the commit.
"""

import importlib.util
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from prover.bench import chartparts, comparisoncharts, exports, farmchart
from prover.machine import units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEXT = "path"  # outlines instead of fonts, so that a chart looks the same everywhere

Document = Mapping[str, Any]


def is_possible() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(report: Document) -> str:
    """The SVG of a report; equal reports give equal bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.hashsalt": "zksettle", "svg.fonttype": TEXT, "font.size": 10, "axes.spines.top": False,
        "axes.spines.right": False, "axes.axisbelow": True, "axes.titlelocation": "left", "axes.titlesize": 11,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        figure = Figure(layout="constrained")
        _DRAW[report["benchmark"]](figure, report)
        figure.supxlabel(_caption(report), fontsize=8, color="#555555", x=0.01, ha="left")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _caption(report: Document) -> str:
    """The machine, the commit and the number of runs; of a comparison, the two reports."""
    if report["benchmark"] == "compare":
        return "\n".join(f"{which}: {chartparts.plain(one)}" for which, one in exports.compared(report))
    machine, runs = report["machine"], [timing["runs"] for timing in report["timings"]]
    lanes = f"{machine['lanes']} lane{'s' if machine['lanes'] > 1 else ''}"
    shown = {"sizes": "median of ", "peers": ""}.get(report["benchmark"], "fastest of ")
    least = f"{shown}{runs[0]} warm run{'s' if runs[0] > 1 else ''}" if runs else "warm"
    return f"{machine['cpu']}, {machine['cores']} cores, {lanes}; commit {machine['commit']}; {least}"


def _kernels(figure: "Figure", report: Document) -> None:
    timings = report["timings"]
    chartparts.size(figure, len(timings))
    axes = figure.subplots()
    axes.set_xscale("log")
    for place, timing in enumerate(timings):
        each_ns = timing["each_s"] * 1e9
        axes.plot(each_ns, place, "o", color=chartparts.COLOURS[0])
        each = units.seconds(timing["each_s"])
        axes.annotate(each, (each_ns, place), (7, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(timings)), [f"{timing['name']} ({timing['size']})" for timing in timings])
    axes.invert_yaxis()
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.margins(x=0.12)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:,.12g}")
    axes.set_xlabel("ns each, logarithmic")
    axes.set_title("Operations on one thread")


def _by_size(title: str) -> Callable[["Figure", Document], None]:
    """A function that draws time and time per point over size."""

    def draw_sizes(figure: "Figure", report: Document) -> None:
        from matplotlib.ticker import LogLocator

        figure.set_size_inches(chartparts.WIDTH_INCHES * 1.2, 4)
        whole, each = figure.subplots(1, 2)
        whole.set_yscale("log")
        chartparts.lines(whole, report["timings"], "ms, logarithmic", lambda row: row["min_s"] * 1e3, "points")
        whole.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        whole.yaxis.set_major_formatter("{x:,.12g}")
        whole.set_title(title)
        chartparts.lines(each, report["timings"], "ns per point", lambda row: row["each_s"] * 1e9, "points")
        chartparts.remove_legend(each)
        each.set_title("The same, per point")

    return draw_sizes


def _prove(figure: "Figure", report: Document) -> None:
    rows = [row for row in report["phases"] if row["phase"] not in ("in all", "waiting")]
    counts = sorted({row["threads"] for row in rows})
    groups = {"products alone": {r["phase"]: r["model_s"] * 1e3 for r in rows if r["model_s"] is not None}}
    for n in counts:
        of_count = {row["phase"]: row["busy_s"] * 1e3 for row in rows if row["threads"] == n}
        groups[f"measured, {n} thread{'s' if n > 1 else ''}"] = of_count
    chartparts.size(figure, len(groups) * len({row["phase"] for row in rows}))
    axes = figure.subplots()
    chartparts.bars(axes, groups, "ms of processor time, threads together", chartparts.three_digits)
    proofs = [timing for timing in report["timings"] if timing["name"] == "proof"]
    whole = ", ".join(f"{t['min_s'] * 1e3:.0f} ms on {t['threads']}" for t in proofs)
    axes.set_title(f"Phases of a proof of {report.get('statement') or report['circuit']} ({whole})")


def _verify(figure: "Figure", report: Document) -> None:
    figure.set_size_inches(chartparts.WIDTH_INCHES, 4)
    axes = figure.subplots()
    rows = [timing for timing in report["timings"] if timing["name"] == "verify in batch"]
    chartparts.lines(axes, rows, "ms per proof", lambda row: row["each_s"] * 1e3, "proofs in the batch")
    chartparts.remove_legend(axes)
    axes.set_title("Verification in batches")


def _throughput(figure: "Figure", report: Document) -> None:
    figure.set_size_inches(chartparts.WIDTH_INCHES, 4)
    axes = figure.subplots()
    chartparts.lines(
        axes, report["timings"], "proofs per second", lambda row: 1 / row["each_s"], "proofs requested at once"
    )
    axes.set_title(f"Proofs of {report['statement']} per second")


def _wallet(figure: "Figure", report: Document) -> None:
    timings = report["timings"]
    chartparts.size(figure, len(timings))
    axes = figure.subplots()
    times_ms = {timing["name"]: timing["min_s"] * 1e3 for timing in timings}
    chartparts.bars(axes, {"": times_ms}, "ms", chartparts.three_digits)
    axes.set_title(f"A wallet at a ledger of {timings[0]['size']} leaves, whole commands")


def _ledger(figure: "Figure", report: Document) -> None:
    stages, answers = report["stages"], report["answers"]
    names = [row["database"] for row in answers]
    figure.set_size_inches(chartparts.WIDTH_INCHES, 2.4 + 0.3 * len(names) * len(stages))
    shares, times = figure.subplots(2, 1, height_ratios=(len(names) * len(stages), 8))
    passed = [row for row in stages if row["stage"] != "wait"]
    bars = {name: {row["stage"]: row[name] * 1e3 for row in passed if row[name] is not None} for name in names}
    chartparts.bars(shares, bars, "ms of a swap", chartparts.three_digits)
    rates = ", ".join(f"{row['swaps_per_s']:,} a second with {row['database']}" for row in report["rates"])
    shares.set_title(f"Stages of settling a swap ({rates})")
    for place, row in enumerate(answers):
        quantiles = {int(key[1:-2]): value * 1e3 for key, value in row.items() if key.startswith("p")}
        times.plot(list(quantiles.values()), list(quantiles), marker="o", markersize=4, color=chartparts.COLOURS[place],
                   label=f"{row['database']}, {row['rate']:,} a second")  # fmt: skip
    times.set_xscale("log")
    times.xaxis.set_major_formatter("{x:,.12g}")
    times.set_xlabel("ms from POST to receipt, logarithmic")
    times.set_ylabel("% of swaps")
    times.legend(frameon=False, fontsize=9)


def _desk(figure: "Figure", report: Document) -> None:
    quotes, boards = report["quotes"], report["boards"]
    kinds = list(dict.fromkeys(row["kind"] for row in quotes))
    chartparts.size(figure, 2 * len(quotes) + 2 * len(boards) + 4)
    times, others = figure.subplots(2, 1, height_ratios=(2 * len(quotes) + 1, 2 * len(boards) + 1))
    chartparts.bars(times, {
        f"{kind}, {percent} %": {row["carrier"]: row[f"p{percent}_s"] * 1e3 for row in quotes if row["kind"] == kind}
        for kind in kinds for percent in (50, 95)
    }, "ms", chartparts.three_digits)
    times.set_title("From a request for quote to its settlement")
    chartparts.bars(others, {
        f"{boards[0]['synced']:,} orders synced": {row["carrier"]: row["sync_s"] for row in boards},
        f"{boards[0]['refreshed']:,} orders requoted": {row["carrier"]: row["refresh_s"] for row in boards},
    }, "s", chartparts.three_digits)
    others.set_title("A board of live orders, with all proofs verified")


_DRAW: dict[str, Callable[["Figure", Document], None]] = {
    "kernels": _kernels,
    "msm": _by_size("Multi-scalar multiplication"),
    "ntt": _by_size("Number-theoretic transform"),
    "prove": _prove,
    "sizes": comparisoncharts.sizes,
    "verify": _verify,
    "throughput": _throughput,
    "peers": comparisoncharts.peers,
    "compare": comparisoncharts.compare,
    "wallet": _wallet,
    "ledger": _ledger,
    "desk": _desk,
    "farm": farmchart.draw,
}
