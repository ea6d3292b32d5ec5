"""The charts of what is compared: provers, sizes, and two reports (prover/bench/charts.py)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prover.bench import chartparts, comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Document = Mapping[str, Any]

_COLOUR = {comparison.FASTER: chartparts.COLOURS[2], comparison.SLOWER: chartparts.COLOURS[4]}


def peers(figure: "Figure", report: Document) -> None:
    cases = list(dict.fromkeys(timing.get("case", "") for timing in report["timings"] if "2^" not in timing["size"]))
    steps = [timing for timing in report["timings"] if "2^" in timing["size"]]
    of_case = {case: [timing for timing in report["timings"]
                      if timing["size"] == "prove, in process" and timing.get("case", "") == case]
               for case in cases}  # fmt: skip
    heights = [len(timings) + 2 for timings in of_case.values()] + ([len(steps)] if steps else [])
    chartparts.size(figure, sum(heights))
    proofs = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (case, timings) in zip(proofs, of_case.items(), strict=False):
        counts = sorted({timing["threads"] for timing in timings})
        chartparts.spreads(axes, {
            f"{n} thread{'s' if n > 1 else ''}": {t["name"]: t for t in timings if t["threads"] == n} for n in counts
        }, "ms, logarithmic: every run, median and its interval")  # fmt: skip
        axes.set_title(f"A proof of {case or report['circuit']}, key loaded")
    for axes in proofs[len(of_case) :]:
        axes.set_xscale("log")
        names = dict.fromkeys(step["name"] for step in steps)
        by_name = {name: {t["size"]: t["min_s"] for t in steps if t["name"] == name} for name in names}
        chartparts.bars(axes, by_name, "s, logarithmic", chartparts.three_digits)
        axes.set_title("Making a key, as commands")


def sizes(figure: "Figure", report: Document) -> None:
    figure.set_size_inches(chartparts.WIDTH_INCHES * 1.2, 4)
    times, bytes_each = figure.subplots(1, 2)
    rows = report["sizes"]
    counts, runs = [row["constraints"] for row in rows], [t for t in report["timings"] if t["name"] == "prove"]
    middle = [timing["median_s"] * 1e6 / count for timing, count in zip(runs, counts, strict=True)]
    ends = [[abs(timing[end] * 1e6 / count - each) for timing, count, each in zip(runs, counts, middle, strict=True)]
            for end in ("low_s", "high_s")]  # fmt: skip
    times.errorbar(counts, middle, ends, marker="o", markersize=4, capsize=3, color=chartparts.COLOURS[0])
    times.set_ylabel("µs per constraint, median and its interval")
    times.set_title(f"Whole proofs, {runs[0]['threads']} thread{'s' if runs[0]['threads'] > 1 else ''}")
    for place, (key, label) in enumerate((("key_bytes", "the key"), ("above_bytes", "the peak above it"))):
        each = [row[key] / count if row[key] is not None else None for row, count in zip(rows, counts, strict=True)]
        bytes_each.plot(counts, each, marker="o", markersize=4, label=label, color=chartparts.COLOURS[place])
    bytes_each.set_ylabel("bytes per constraint")
    bytes_each.set_title("Memory")
    bytes_each.legend(frameon=False, fontsize=9)
    for axes in (times, bytes_each):
        chartparts.sizes(axes, counts, [row["size"] for row in rows], "constraints: what is linear is level")
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)


def compare(figure: "Figure", report: Document) -> None:
    rows = report["ratios"]
    chartparts.size(figure, len(rows))
    axes = figure.subplots()
    for at, row in enumerate(rows):
        middle = row["ratio"] if row["median_ratio"] is None else row["median_ratio"]
        low, high = (middle if row[end] is None else row[end] for end in ("low", "high"))
        axes.errorbar(middle, at, xerr=[[max(middle - low, 0)], [max(high - middle, 0)]], fmt="o", markersize=4,
                      capsize=3, color=_COLOUR.get(row["verdict"], "#6b6b6b"))  # fmt: skip
        axes.annotate(chartparts.three_digits(middle), (max(high, middle), at), (6, 0), textcoords="offset points",
                      va="center", fontsize=8)  # fmt: skip
    axes.axvline(1, color="#999999", linewidth=0.8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:,.12g}")
    names = [" ".join(filter(None, (row["case"], row["name"], row["size"], _on(row["threads"])))) for row in rows]
    axes.set_yticks(range(len(names)), list(map(chartparts.plain, names)))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.12)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("second / first, logarithmic: ratio of medians and its interval", loc="right")
    axes.set_title(chartparts.plain(f"Two reports of {report['of']}"))


def _on(threads: int) -> str:
    return f"on {threads} thread{'s' if threads > 1 else ''}"
