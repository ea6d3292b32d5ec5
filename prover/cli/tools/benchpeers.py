"""`zksettle bench peers` and `zksettle bench compare`: this prover beside others, and one report beside another."""

import shlex
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app
from prover.cli.tools import benchoptions


@command()
@click.argument("folders", type=click.Path(file_okay=False, path_type=Path), nargs=-1, metavar="[FOLDER]...")
@click.option("--sizes", type=benchoptions.Sizes(4, 20), default=(), metavar="N,N,…",
              help="Also make circuits of these sizes, by base-2 logarithm, with keys of their own.")
@click.option("--peer", "named", type=(str, str), multiple=True, metavar="NAME COMMAND",
              help="Another prover, as a command with names in braces; may be repeated.")
@click.option("--rapidsnark", type=paths.Existing(), metavar="PROGRAM", help="rapidsnark's prover, if you have it.")
@click.option("--only", "works", type=click.Choice(["prove", "verify", "command"]), multiple=True,
              help="Measure only this work; may be repeated. Default: all three.")
@click.option("--ceremony", type=click.IntRange(1, 20), metavar="POWER",
              help="Also measure how a key is made: preparing 2^POWER powers of tau; setting up, contributing to and "
                   "verifying the key of FOLDER's circuit.r1cs. snarkjs takes minutes.")
@benchoptions.common
@pass_app
def peers(
    app: App, folders: tuple[Path, ...], sizes: tuple[int, ...], named: tuple[tuple[str, str], ...],
    rapidsnark: Path | None, ceremony: int | None, **options: Any,
) -> None:  # fmt: skip
    """Measure other provers and this one on the same files, in turns.

    Each FOLDER contains circuit.zkey, witness.wtns and verification_key.json, as snarkjs writes them, and circuit.r1cs
    for provers that make their own key. snarkjs runs if ZKSETTLE_NODE names the folder in which npm installed it,
    zksnake if pip installed it. Energy and events are counted where the system exposes counters. Every proof is
    verified.

    A COMMAND of --peer names its files as {zkey}, {wtns}, {verification_key} and {r1cs}. With {proof} and {public},
    files to write, it is timed from start to exit, like "prover {zkey} {wtns} {proof} {public}". Without, it is started
    once and loads its files; it writes {"ready": true}, then for each line it reads a line such as
    {"seconds": 0.123, "proof": {"pi_a": ..., "pi_b": ..., "pi_c": ...}}. With {threads} it runs on one thread and on
    all. prover/bench/namedpeers.py has the details.

    Such as: zksettle bench peers joinsplit chain --sizes 12,14 --runs 10 --csv runs.csv --markdown page.md
    """
    from prover.cli.tools import bench_run

    if not folders and not sizes:
        raise click.UsageError("give a FOLDER, or --sizes")
    if ceremony is not None and len(folders) + len(sizes) > 1:
        raise click.UsageError("--ceremony makes the key of one circuit: give one FOLDER")
    if rapidsnark is not None:
        program = shlex.quote(str(rapidsnark.resolve()))
        named = (*named, ("rapidsnark", program + " {zkey} {wtns} {proof} {public}"))
    bench_run.measure_peers(app, folders, sizes, named, ceremony=ceremony, **options)


@command()
@click.argument("first", type=paths.Existing(), metavar="FIRST.json")
@click.argument("second", type=paths.Existing(), metavar="SECOND.json")
@click.option("--plot", type=paths.Output(), metavar="FILE.svg",
              help="Draw the ratios with their intervals. Needs matplotlib: pip install 'zksettle[plot]'.")
@click.option("--markdown", type=paths.Output(), metavar="FILE.md", help="Write the comparison as a page.")
@pass_app
def compare(app: App, **options: Any) -> None:
    """Compare two reports of one benchmark, made with --json.

    Shows the ratio of every time, with the interval that its runs allow, and what differs in machines, programs and
    settings. The machines may differ; the work may not.

    Such as: zksettle bench compare before.json after.json --markdown page.md
    """
    from prover.cli.tools import bench_run

    bench_run.compare(app, **options)
