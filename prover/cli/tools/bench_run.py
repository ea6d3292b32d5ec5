"""Runs `zksettle bench …`: measures, shows tables and the machine, compares with an earlier report, writes files."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from prover.bench import (
    charts,
    comparison,
    desk,
    exports,
    farm,
    kernels,
    ledger,
    multiplications,
    namedpeers,
    peers,
    prove,
    report,
    tables,
    throughput,
    transforms,
    verification,
    wallet,
)
from prover.bench import sizes as proofsizes
from prover.bench.contenders import COMMAND, PROVE, VERIFY
from prover.bench.peerfiles import Unavailable
from prover.bench.report import Measurements
from prover.bench.tables import Table
from prover.cli.frame import paths, watching
from prover.cli.frame.command import App
from prover.machine import clock, environment, files, hardware
from prover.proofs.keystores import Keystore
from prover.upkeep import warmup

DIGITS = 16  # of a key file's SHA-256

WORKS = {"prove": PROVE, "verify": VERIFY, "command": COMMAND}  # of provers in `bench peers`

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


def measure_sizes(app: App, sizes: tuple[int, ...], runs: int, **options: Any) -> None:
    """Measures whole proofs of several sizes.  Raises click.ClickException when a process of it fails."""
    try:
        _run(app, {"benchmark": "sizes"}, lambda keystore: proofsizes.bench(sizes, runs), **options)
    except RuntimeError as error:  # what a process that was measured said
        raise click.ClickException(str(error)) from None


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


def measure_desk(app: App, rounds: int, orders: int, carriers: tuple[str, ...], **options: Any) -> None:
    """Measures two desks and their board.  Raises click.ClickException when a part of it fails."""
    used = tuple(dict.fromkeys(carriers))
    about = {"benchmark": "desk", "statement": f"{orders} orders over {', '.join(used)}"}
    try:
        _run(app, about, partial(desk.bench, rounds=rounds, orders=orders, carriers=used), **options)
    except RuntimeError as error:  # what a process that was measured said
        raise click.ClickException(str(error)) from None


def measure_farm(app: App, sizes: tuple[int, ...], each: int, runs: int, **options: Any) -> None:
    """Measures a queue of proofs.  Raises click.ClickException when a part of it fails."""
    if 1 not in sizes:
        raise click.UsageError("--sizes must have 1: efficiency is over one worker")
    try:
        _run(app, {"benchmark": "farm"}, partial(farm.bench, counts=sizes, each=each, runs=runs), **options)
    except RuntimeError as error:  # what a process that was measured said
        raise click.ClickException(str(error)) from None


def measure_peers(
    app: App, folders: tuple[Path, ...], sizes: tuple[int, ...], named: Sequence[tuple[str, str]],
    works: Sequence[str], ceremony: int | None, runs: int, **options: Any,
) -> None:  # fmt: skip
    """Measures other provers and this one.  Raises click.ClickException when no other prover can run."""
    others = [namedpeers.parse(name, command) for name, command in named]
    chosen = [WORKS[work] for work in works] or peers.WORKS
    request = peers.Request(folders, sizes, others, app.home.path, runs, ceremony, chosen)
    circuits = [_circuit(folder / "circuit.zkey") for folder in folders]
    about = {"benchmark": "peers", "circuit": ", ".join(circuits + [f"chain 2^{k}" for k in sizes])}
    try:
        _run(app, about, lambda keystore: peers.bench(request), **options)
    except Unavailable as error:
        raise click.ClickException(str(error)) from None


def compare(app: App, first: Path, second: Path, plot: Path | None, markdown: Path | None) -> None:
    """Compares two reports.  Raises FormatError when one is malformed, or they are of different work."""
    _check_outputs({"--plot": plot, "--markdown": markdown})
    reports = [comparison.earlier(paths.read_bytes(path), str(path)) for path in (first, second)]
    ratios, differences, notes = comparison.compare(*reports)
    document = {
        "benchmark": "compare", "of": reports[0]["benchmark"],
        **{which: {"file": str(path), "sha256": files.digest(path), "machine": one["machine"],
                   "command": one.get("environment", {}).get("command")}
           for which, path, one in zip(("first", "second"), (first, second), reports, strict=True)},
        "ratios": ratios.rows, "differences": differences.rows, "notes": notes,
    }  # fmt: skip
    shown = [tables.of_section(section) for section in (ratios, differences)]
    _print(app, shown, notes, exports.compared(document))
    if plot is not None:
        paths.write_text(plot, charts.draw(document))
        app.screen.say(f"The chart is in {plot}.")
    if markdown is not None:
        paths.write_text(markdown, exports.comparison_page(document, shown))
        app.screen.say(f"The page is in {markdown}.")
    app.screen.document(document)


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
    csv: Path | None = None,
    markdown: Path | None = None,
    threads: int | None = None,
) -> None:
    """Measures with warm kernels and keys, and shows the report.

    Raises, before anything is measured, click.ClickException when a chart is wanted without matplotlib, and FormatError
    when `against` is not a report.
    """
    _check_outputs({"--plot": plot, "--csv": csv, "--markdown": markdown})
    earlier = None if against is None else comparison.earlier(paths.read_bytes(against), str(against))
    if threads is not None:
        os.environ["ZKSETTLE_THREADS"] = str(threads)
    before = environment.load()
    with watching.show_progress(app):
        keystore = Keystore(app.home.keys, clock.now_ms())
        warmup.run(keystore)
        measurements = benchmark(keystore)
    around = environment.describe(app.arguments, before)
    document = report.to_json(about, hardware.describe(), around, hardware.peak_memory_bytes(), measurements)
    sections = list(measurements.sections)
    if earlier is not None:
        sections.append(comparison.against(document, earlier))
        document["against"] = sections[-1].rows
    _print(app, tables.of(document, sections), document["notes"], tables.machine(document))
    if plot is not None:
        paths.write_text(plot, charts.draw(document))
        app.screen.say(f"The chart is in {plot}.")
    if csv is not None:
        paths.write_text(csv, exports.as_csv(document))
        app.screen.say(f"Every run is in {csv}.")
    if markdown is not None:
        page = exports.page(document, tables.of(document, sections, is_wide=True), tables.machine(document))
        paths.write_text(markdown, page)
        app.screen.say(f"The page is in {markdown}.")
    app.screen.document(document)


def _check_outputs(outputs: Mapping[str, Path | None]) -> None:
    """Raises click.ClickException when a chart is wanted without matplotlib, click.UsageError for one file of two."""
    if outputs["--plot"] is not None and not charts.is_possible():
        raise click.ClickException("--plot needs matplotlib: pip install 'zksettle[plot]'")
    paths.check_different({name: path for name, path in outputs.items() if path is not None})


def _print(app: App, shown: Sequence[Table], notes: Sequence[str], fields: Sequence[tuple[str, str]]) -> None:
    for place, table in enumerate(shown):
        if place:
            app.screen.gap()
        app.screen.table(table.columns, table.rows, title=table.title)
    app.screen.gap()
    for note in notes:
        app.screen.paragraph(note)
    app.screen.fields(fields)
