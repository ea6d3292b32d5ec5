"""The chart of `zksettle bench farm`: jobs a second over the number of workers, beside what n times one would be."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prover.bench import chartparts

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(figure: "Figure", report: Mapping[str, Any]) -> None:
    """Draws one panel for each kind of work, and the overhead in the title."""
    rows = report["efficiencies"]
    names = list(dict.fromkeys(row["name"] for row in rows))
    figure.set_size_inches(chartparts.WIDTH_INCHES, 4)
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name, colour in zip(panels, names, chartparts.COLOURS, strict=False):
        of_name = [row for row in rows if row["name"] == name]
        counts, rates = [row["workers"] for row in of_name], [row["per_s"] for row in of_name]
        ideal = [n * rates[0] / counts[0] for n in counts]
        axes.plot(counts, ideal, linestyle="--", color="#aaaaaa", label="n times one")
        axes.plot(counts, rates, marker="o", markersize=4, color=colour, label="measured")
        for row in of_name:
            place = (row["workers"], row["per_s"])
            axes.annotate(f"{row['efficiency']:.2f}", place, (6, -12), textcoords="offset points", fontsize=8)
        axes.set_xticks(counts)
        axes.set_xlim(0, max(counts) * 1.15)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("workers")
        axes.set_ylabel("jobs a second")
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.legend(frameon=False, fontsize=9, loc="upper left")
        axes.set_title(f"{name}, with the efficiency".capitalize())
    (alone,) = report["overheads"]
    title = f"A queue of proofs, which adds {alone['p50_s'] * 1e3:.2g} ms to a job when it is idle"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
