"""Runs `zksettle bench …`: measures, then shows tables, the machine, a chart, and an earlier report for comparison."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from prover.bench import (
    charts,
    kernels,
    ledger,
    multiplications,
    peers,
    prove,
    report,
    throughput,
    transforms,
    verification,
    wallet,
)
from prover.bench.peerfiles import Unavailable
from prover.bench.report import Measurements, Section
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import clock, files, hardware, units
from prover.proofs.keystores import Keystore
from prover.upkeep import warmup

DIGITS = 16  # of a key file's SHA-256

Benchmark = Callable[[Keystore], Measurements]


def measure_kernels(app: App, runs: int, **options: Any) -> None:
    """Measures single operations."""
    _run(app, {"benchmark": "kernels"}, lambda keystore: kernels.bench(runs), **options)


def measure_msm(app: App, sizes: tuple[int, ...], runs: int, **options: Any) -> None:
    """Measures multi-scalar multiplications."""
    _run(app, {"benchmark": "msm"}, lambda keystore: multiplications.bench(sizes, runs), **options)


def measure_ntt(app: App, sizes: tuple[int, ...], runs: int, **options: Any) -> None:
    """Measures transforms."""
    _run(app, {"benchmark": "ntt"}, lambda keystore: transforms.bench(sizes, runs), **options)


def measure_prove(app: App, statement: str, runs: int, **options: Any) -> None:
    """Measures a proof of a statement."""
    about = {"benchmark": "prove", "statement": statement}
    _run(app, about, partial(prove.bench, statement, runs=runs), **options)


def measure_prove_circom(app: App, zkey: Path, wtns: Path, runs: int, **options: Any) -> None:
    """Measures a proof of a circom circuit."""
    about = {"benchmark": "prove", "circuit": _circuit(zkey)}
    _run(app, about, lambda keystore: prove.bench_circom(zkey, wtns, runs), **options)


def measure_verify(app: App, statement: str, sizes: tuple[int, ...], runs: int, **options: Any) -> None:
    """Measures verification."""
    about = {"benchmark": "verify", "statement": statement}
    _run(app, about, partial(verification.bench, statement, sizes=sizes, runs=runs), **options)


def measure_throughput(app: App, statement: str, sizes: tuple[int, ...], runs: int, **options: Any) -> None:
    """Measures proofs per second."""
    about = {"benchmark": "throughput", "statement": statement}
    benchmark = partial(throughput.bench, statement, service=app.home.service, sizes=sizes, runs=runs)
    _run(app, about, benchmark, **options)


def measure_wallet(app: App, foreign: int, dust: int, runs: int, **options: Any) -> None:
    """Measures a wallet at a ledger with many leaves."""
    _run(app, {"benchmark": "wallet"}, partial(wallet.bench, foreign=foreign, dust=dust, runs=runs), **options)


def measure_ledger(
    app: App, count: int, margined: bool, leaves: int, processes: int | None, **options: Any
) -> None:  # fmt: skip
    """Measures a ledger's service under load.  Raises click.ClickException when a part of it fails."""
    about = {"benchmark": "ledger", "statement": "margined" if margined else "cash"}
    serve = () if processes is None else ("--processes", str(processes))

    def benchmark(keystore: Keystore) -> Measurements:
        return ledger.bench(count, margined=margined, leaves=leaves, options=serve)

    try:
        _run(app, about, benchmark, **options)
    except RuntimeError as error:  # what a process that was measured said
        raise click.ClickException(str(error)) from None


def measure_peers(
    app: App, folder: Path, rapidsnark: Path | None, ceremony: int | None, runs: int, **options: Any
) -> None:
    """Measures other provers and this one.  Raises click.ClickException when no other prover can run."""

    def benchmark(keystore: Keystore) -> Measurements:
        return peers.bench(folder, rapidsnark, app.home.path, runs, ceremony)

    try:
        _run(app, {"benchmark": "peers", "circuit": _circuit(folder / "circuit.zkey")}, benchmark, **options)
    except Unavailable as error:
        raise click.ClickException(str(error)) from None


def _circuit(zkey: Path) -> str:
    """A circom circuit's name in a report: the name of its key file, and digits that identify the key.

    Raises FormatError when the file cannot be read.
    """
    return f"{zkey.stem} {files.digest(zkey)[:DIGITS]}"


def _run(
    app: App,
    about: Mapping[str, Any],
    benchmark: Benchmark,
    against: Path | None,
    plot: Path | None,
    threads: int | None = None,
) -> None:
    """Measures with warm kernels and keys, and shows the report.

    Raises, before anything is measured, click.ClickException when a chart is wanted without matplotlib, and FormatError
    when `against` is not a report.
    """
    if plot is not None and not charts.is_possible():
        raise click.ClickException("--plot needs matplotlib: pip install 'zksettle[plot]'")
    earlier = None if against is None else report.earlier(paths.read_bytes(against), str(against))
    if threads is not None:
        os.environ["ZKSETTLE_THREADS"] = str(threads)
    with watching.show_progress(app):
        keystore = Keystore(app.home.keys, clock.now_ms())
        warmup.run(keystore)
        measurements = benchmark(keystore)
    document = report.to_json(about, hardware.describe(), hardware.peak_memory_bytes(), measurements)
    sections = list(measurements.sections)
    if earlier is not None:
        sections.append(report.against(document, earlier))
        document["against"] = sections[-1].rows
    _print(app, document, sections)
    if plot is not None:
        paths.write_text(plot, charts.draw(document))
        app.screen.say(f"The chart is in {plot}.")
    app.screen.document(document)


def _print(app: App, document: Mapping[str, Any], sections: Sequence[Section]) -> None:
    if document["timings"]:
        app.screen.table(
            ("what", "size", ">threads", ">first", ">least", ">median", ">most", ">each"),
            [_timing_row(timing) for timing in document["timings"]],
        )
    for section in sections:
        app.screen.gap()
        app.screen.table(
            [("" if column.kind == "text" else ">") + column.heading for column in section.columns],
            [[_cell(row[column.key], column.kind) for column in section.columns] for row in section.rows],
            title=section.title,
        )
    app.screen.gap()
    for note in document["notes"]:
        app.screen.paragraph(note)
    _print_machine(app, document)


def _timing_row(timing: Mapping[str, Any]) -> tuple[str, ...]:
    times = (units.seconds(timing[key]) for key in ("first_s", "min_s", "median_s", "max_s"))
    each = units.seconds(timing["each_s"]) if timing["items"] > 1 else ""
    return timing["name"], timing["size"], str(timing["threads"]), *times, each


def _cell(value: Any, kind: str) -> str:
    """A value in the format of its column's kind; nothing for None."""
    if value is None:
        return ""
    formats: dict[str, Callable[[Any], str]] = {
        "seconds": units.seconds, "ratio": "{:.2f}".format, "percent": "{:.1%}".format, "count": "{:,}".format
    }  # fmt: skip
    return formats.get(kind, str)(value)


def _print_machine(app: App, document: Mapping[str, Any]) -> None:
    machine, peak = document["machine"], document["peak_memory_bytes"]
    runs = [timing["runs"] for timing in document["timings"]]
    app.screen.fields([
        ("machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['threads']} threads"),
        ("features", ", ".join(machine["features"]) or "unknown"),
        ("kernels", f"{machine['lanes']} lane{'s' if machine['lanes'] > 1 else ''}"),
        ("software", ", ".join((f"zksettle {machine['zksettle']}", f"commit {machine['commit']}",
                                f"Python {machine['python']}", f"Numba {machine['numba']}"))),
        *([("runs", f"{runs[0]} warm, after a first one; kernels were compiled before")] if runs else []),
        ("memory", "unknown" if peak is None else f"{units.size(peak)} at most"),
    ])  # fmt: skip
