"""What the charts of benchmarks are put together of: bars, lines, axes (prover/bench/charts.py)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 8.0
COLOURS = ("#1f5fa8", "#d1731f", "#3d8f56", "#8a4fa3", "#b03a48", "#6b6b6b")
DASHES = ("-", "--", ":", "-.")

Rows = Sequence[Mapping[str, Any]]


def bars(axes: "Axes", groups: Mapping[str, Mapping[str, float]], unit: str, show: Callable[[float], str]) -> None:
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


def spreads(axes: "Axes", groups: Mapping[str, Mapping[str, Mapping[str, Any]]], unit: str) -> None:
    """From top to bottom, for each name and group, all runs of a timing in ms as dots, its median and its interval."""
    names = list(dict.fromkeys(name for timings in groups.values() for name in timings))
    height = 0.8 / len(groups)
    for place, (group, timings) in enumerate(groups.items()):
        for is_first, (name, timing) in enumerate(timings.items()):
            at = names.index(name) + (place - (len(groups) - 1) / 2) * height
            middle, low, high = (timing[key] * 1e3 for key in ("median_s", "low_s", "high_s"))
            axes.plot([run * 1e3 for run in timing["runs_s"]], [at] * timing["runs"], "o", markersize=4, alpha=0.35,
                      markeredgewidth=0, color=COLOURS[place])  # fmt: skip
            axes.errorbar(middle, at, xerr=[[middle - low], [high - middle]], fmt="|", markersize=10, capsize=3,
                          color=COLOURS[place], label=None if is_first else group)  # fmt: skip
            axes.annotate(three_digits(middle), (high, at), (6, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.12g}")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(unit)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.margins(x=0.12)
    axes.tick_params(axis="y", length=0)
    if len(groups) > 1:
        axes.legend(frameon=False, fontsize=9)


def lines(axes: "Axes", rows: Rows, unit: str, of: Callable[[Mapping[str, Any]], float], items: str) -> None:
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
    powers_of_two(axes, sorted({row["items"] for row in rows}), items)
    axes.set_ylabel(unit)
    if axes.get_yscale() == "linear":
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=9)


def powers_of_two(axes: "Axes", values: Sequence[int], what: str) -> None:
    """A logarithmic axis with a tick at each value, large ones as powers."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, [str(v) if v < 1024 or v & (v - 1) else f"$2^{{{v.bit_length() - 1}}}$" for v in values])
    axes.minorticks_off()
    axes.set_xlabel(what)


def sizes(axes: "Axes", values: Sequence[int], names: Sequence[str], what: str) -> None:
    """A logarithmic axis with a tick at each value, named 2^k."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, [f"$2^{{{name.removeprefix('2^')}}}$" for name in names])
    axes.minorticks_off()
    axes.set_xlabel(what)


def remove_legend(axes: "Axes") -> None:
    if legend := axes.get_legend():
        legend.remove()


def plain(text: str) -> str:
    """A text from elsewhere, in which matplotlib is to see no formula."""
    return text.replace("$", "\\$")


def three_digits(value: float) -> str:
    """A number with three significant digits, for the label of a bar."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def size(figure: "Figure", rows: int) -> None:
    """Makes the figure high enough for this number of bars."""
    figure.set_size_inches(WIDTH_INCHES, 1.4 + 0.3 * rows)
