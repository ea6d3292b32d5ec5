"""Reports as SVG charts, one for each benchmark.  matplotlib is imported only when a chart is drawn.

A chart is drawn from the document that `--json` prints, so an earlier report can be drawn as well.  Times are those of
the fastest warm run; the caption names the machine and the commit.
"""

import importlib.util
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prover.machine import units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 8.0
TEXT = "path"  # outlines instead of fonts, so that a chart looks the same everywhere
COLOURS = ("#1f5fa8", "#d1731f", "#3d8f56", "#8a4fa3", "#b03a48", "#6b6b6b")
DASHES = ("-", "--", ":", "-.")

Document = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


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
    """The machine, the commit and the number of runs."""
    machine, runs = report["machine"], [timing["runs"] for timing in report["timings"]]
    lanes = f"{machine['lanes']} lane{'s' if machine['lanes'] > 1 else ''}"
    least = f"fastest of {runs[0]} warm run{'s' if runs[0] > 1 else ''}" if runs else "warm"
    return f"{machine['cpu']}, {machine['cores']} cores, {lanes}; commit {machine['commit']}; {least}"


def _bars(axes: "Axes", groups: Mapping[str, Mapping[str, float]], unit: str, show: Callable[[float], str]) -> None:
    """Horizontal bars from top to bottom, one for each name and group, labelled with their values."""
    names = list(dict.fromkeys(name for values in reversed(list(groups.values())) for name in values))
    height = 0.8 / len(groups)
    for place, (group, values) in enumerate(groups.items()):
        at = [names.index(name) + (place - (len(groups) - 1) / 2) * height for name in values]
        bars = axes.barh(at, list(values.values()), height * 0.92, color=COLOURS[place], label=group)
        axes.bar_label(bars, list(map(show, values.values())), padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.margins(x=0.12)
    axes.tick_params(axis="y", length=0)
    if len(groups) > 1:
        axes.legend(frameon=False, fontsize=9)


def _lines(axes: "Axes", rows: Rows, unit: str, of: Callable[[Mapping[str, Any]], float], items: str) -> None:
    """One line for each name and number of threads, over the number of items on a logarithmic axis."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    counts = sorted({row["threads"] for row in rows})
    for name in names:
        for threads in counts:
            of_line = [row for row in rows if (row["name"], row["threads"]) == (name, threads)]
            if of_line:
                label = f"{name}, {threads} thread{'s' if threads > 1 else ''}" if len(counts) > 1 else name
                axes.plot([row["items"] for row in of_line], [of(row) for row in of_line], marker="o", markersize=4,
                          label=label, color=COLOURS[names.index(name)],
                          linestyle=DASHES[counts.index(threads)])  # fmt: skip
    _powers_of_two(axes, sorted({row["items"] for row in rows}), items)
    axes.set_ylabel(unit)
    if axes.get_yscale() == "linear":
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=9)


def _powers_of_two(axes: "Axes", values: Sequence[int], what: str) -> None:
    """A logarithmic axis with a tick at each value, large ones as powers."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, [str(v) if v < 1024 or v & (v - 1) else f"$2^{{{v.bit_length() - 1}}}$" for v in values])
    axes.minorticks_off()
    axes.set_xlabel(what)


def _remove_legend(axes: "Axes") -> None:
    if legend := axes.get_legend():
        legend.remove()


def _three_digits(value: float) -> str:
    """A number with three significant digits, for the label of a bar."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _size(figure: "Figure", rows: int) -> None:
    """Makes the figure high enough for this number of bars."""
    figure.set_size_inches(WIDTH_INCHES, 1.4 + 0.3 * rows)


def _kernels(figure: "Figure", report: Document) -> None:
    timings = report["timings"]
    _size(figure, len(timings))
    axes = figure.subplots()
    axes.set_xscale("log")
    for place, timing in enumerate(timings):
        each_ns = timing["each_s"] * 1e9
        axes.plot(each_ns, place, "o", color=COLOURS[0])
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

        figure.set_size_inches(WIDTH_INCHES * 1.2, 4)
        whole, each = figure.subplots(1, 2)
        whole.set_yscale("log")
        _lines(whole, report["timings"], "ms, logarithmic", lambda row: row["min_s"] * 1e3, "points")
        whole.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        whole.yaxis.set_major_formatter("{x:,.12g}")
        whole.set_title(title)
        _lines(each, report["timings"], "ns per point", lambda row: row["each_s"] * 1e9, "points")
        _remove_legend(each)
        each.set_title("The same, per point")

    return draw_sizes


def _prove(figure: "Figure", report: Document) -> None:
    rows = [row for row in report["phases"] if row["phase"] not in ("in all", "waiting")]
    counts = sorted({row["threads"] for row in rows})
    groups = {"products alone": {r["phase"]: r["model_s"] * 1e3 for r in rows if r["model_s"] is not None}}
    for n in counts:
        of_count = {row["phase"]: row["busy_s"] * 1e3 for row in rows if row["threads"] == n}
        groups[f"measured, {n} thread{'s' if n > 1 else ''}"] = of_count
    _size(figure, len(groups) * len({row["phase"] for row in rows}))
    axes = figure.subplots()
    _bars(axes, groups, "ms of processor time, threads together", _three_digits)
    proofs = [timing for timing in report["timings"] if timing["name"] == "proof"]
    whole = ", ".join(f"{t['min_s'] * 1e3:.0f} ms on {t['threads']}" for t in proofs)
    axes.set_title(f"Phases of a proof of {report.get('statement') or report['circuit']} ({whole})")


def _verify(figure: "Figure", report: Document) -> None:
    figure.set_size_inches(WIDTH_INCHES, 4)
    axes = figure.subplots()
    rows = [timing for timing in report["timings"] if timing["name"] == "verify in batch"]
    _lines(axes, rows, "ms per proof", lambda row: row["each_s"] * 1e3, "proofs in the batch")
    _remove_legend(axes)
    axes.set_title("Verification in batches")


def _throughput(figure: "Figure", report: Document) -> None:
    figure.set_size_inches(WIDTH_INCHES, 4)
    axes = figure.subplots()
    _lines(axes, report["timings"], "proofs per second", lambda row: 1 / row["each_s"], "proofs requested at once")
    axes.set_title(f"Proofs of {report['statement']} per second")


def _peers(figure: "Figure", report: Document) -> None:
    timings = [timing for timing in report["timings"] if timing["size"] == "prove, in process"]
    steps = [timing for timing in report["timings"] if "2^" in timing["size"]]
    counts = sorted({timing["threads"] for timing in timings})
    groups = {
        f"{n} thread{'s' if n > 1 else ''}": {t["name"]: t["min_s"] * 1e3 for t in timings if t["threads"] == n}
        for n in counts
    }
    _size(figure, len(timings) + len(steps) + (3 if steps else 0))
    heights = [len(timings), len(steps)] if steps else [1]
    proofs, *others = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _bars(proofs, groups, "ms", _three_digits)
    proofs.set_title(f"A proof of {report['circuit']}, key loaded")
    for axes in others:
        axes.set_xscale("log")
        names = dict.fromkeys(step["name"] for step in steps)
        by_name = {name: {t["size"]: t["min_s"] for t in steps if t["name"] == name} for name in names}
        _bars(axes, by_name, "s, logarithmic", _three_digits)
        axes.set_title("Making a key, as commands")


def _wallet(figure: "Figure", report: Document) -> None:
    timings = report["timings"]
    _size(figure, len(timings))
    axes = figure.subplots()
    _bars(axes, {"": {timing["name"]: timing["min_s"] * 1e3 for timing in timings}}, "ms", _three_digits)
    axes.set_title(f"A wallet at a ledger of {timings[0]['size']} leaves, whole commands")


def _ledger(figure: "Figure", report: Document) -> None:
    stages, answers = report["stages"], report["answers"]
    names = [row["database"] for row in answers]
    figure.set_size_inches(WIDTH_INCHES, 2.4 + 0.3 * len(names) * len(stages))
    shares, times = figure.subplots(2, 1, height_ratios=(len(names) * len(stages), 8))
    passed = [row for row in stages if row["stage"] != "wait"]
    bars = {name: {row["stage"]: row[name] * 1e3 for row in passed if row[name] is not None} for name in names}
    _bars(shares, bars, "ms of a swap", _three_digits)
    rates = ", ".join(f"{row['swaps_per_s']:,} a second with {row['database']}" for row in report["rates"])
    shares.set_title(f"Stages of settling a swap ({rates})")
    for place, row in enumerate(answers):
        quantiles = {int(key[1:-2]): value * 1e3 for key, value in row.items() if key.startswith("p")}
        times.plot(list(quantiles.values()), list(quantiles), marker="o", markersize=4, color=COLOURS[place],
                   label=f"{row['database']}, {row['rate']:,} a second")  # fmt: skip
    times.set_xscale("log")
    times.xaxis.set_major_formatter("{x:,.12g}")
    times.set_xlabel("ms from POST to receipt, logarithmic")
    times.set_ylabel("% of swaps")
    times.legend(frameon=False, fontsize=9)


_DRAW: dict[str, Callable[["Figure", Document], None]] = {
    "kernels": _kernels,
    "msm": _by_size("Multi-scalar multiplication"),
    "ntt": _by_size("Number-theoretic transform"),
    "prove": _prove,
    "verify": _verify,
    "throughput": _throughput,
    "peers": _peers,
    "wallet": _wallet,
    "ledger": _ledger,
}
