"""`zksettle bench …`: measure proving and its parts; every report names its machine."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools import benchoptions
from prover.cli.tools.names import StatementName

LOG_SIZES = (12, 14, 16, 18)
BATCHES = (1, 2, 4, 8, 16, 32, 64)


@group()
def bench() -> None:
    """Measure proving and the kernels below it."""


@bench.command()
@benchoptions.single_threaded
@pass_app
def kernels(app: App, **options: Any) -> None:
    """Measure the operations that proofs are made of.

    Field operations, additions of points, a pairing check, hashes.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_kernels(app, **options)


@bench.command()
@benchoptions.sizes(1, 22, LOG_SIZES, "Base-2 logarithms of the numbers of points.")
@benchoptions.common
@pass_app
def msm(app: App, **options: Any) -> None:
    """Measure multi-scalar multiplications.

    Over G1 and G2, with uniform scalars, on one thread and on all.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_msm(app, **options)


@bench.command()
@benchoptions.sizes(1, 22, LOG_SIZES, "Base-2 logarithms of the numbers of points.")
@benchoptions.single_threaded
@pass_app
def ntt(app: App, **options: Any) -> None:
    """Measure number-theoretic transforms.

    Over Fr, each on one thread.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_ntt(app, **options)


@bench.command()
@click.argument("statement", type=StatementName(), required=False)
@click.option("--zkey", type=paths.Existing(), metavar="CIRCUIT.zkey",
              help="Measure a circom circuit instead: its key.")  # fmt: skip
@click.option("--wtns", type=paths.Existing(), metavar="WITNESS.wtns", help="The circom circuit's witness.")
@benchoptions.common
@pass_app
def prove(app: App, statement: str | None, zkey: Path | None, wtns: Path | None, **options: Any) -> None:
    """Measure a proof of STATEMENT, or of a circom circuit.

    Shows each step, and the phases of the proof beside the time of their field products alone.
    """
    from prover.cli.tools import bench_run

    if statement is not None and zkey is None and wtns is None:
        bench_run.measure_prove(app, statement, **options)
    elif statement is None and zkey is not None and wtns is not None:
        bench_run.measure_prove_circom(app, zkey, wtns, **options)
    else:
        raise click.UsageError("give a STATEMENT, or both --zkey and --wtns")


@bench.command()
@click.option("--statement", type=StatementName(), default="leg", show_default=True, help="The statement to verify.")
@benchoptions.sizes(1, 4096, BATCHES, "Numbers of proofs in a batch.")
@benchoptions.common
@pass_app
def verify(app: App, **options: Any) -> None:
    """Measure verifying one proof, and batches."""
    from prover.cli.tools import bench_run

    bench_run.measure_verify(app, **options)


@bench.command()
@click.option("--statement", type=StatementName(), default="leg", show_default=True, help="The statement to prove.")
@benchoptions.sizes(1, 1024, BATCHES, "Numbers of proofs in a batch.")
@benchoptions.common
@pass_app
def throughput(app: App, **options: Any) -> None:
    """Measure proofs per second.

    In this process, and by the prover service if it runs in this home.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_throughput(app, **options)


@bench.command()
@click.option("--foreign", type=click.IntRange(0, 100_000_000), default=100_000, show_default=True, metavar="N",
              help="Leaves of the ledger that belong to others.")
@click.option("--dust", type=click.IntRange(0, 10_000_000), default=10_000, show_default=True, metavar="N",
              help="Small accounts of the wallet.")
@benchoptions.common
@pass_app
def wallet(app: App, **options: Any) -> None:
    """Measure a wallet at a ledger with very many leaves.

    Syncing and showing it, as whole commands, with their memory. The ledger is synthetic.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_wallet(app, **options)


@bench.command()
@click.option("--swaps", "count", type=click.IntRange(100, 10_000_000), default=4_000, show_default=True, metavar="N",
              help="How many swaps each service settles as fast as it can: the length of the soak.")
@click.option("--margined", is_flag=True, help="One account of each swap is on margin, with an escrow.")
@click.option("--leaves", type=click.IntRange(0, 10_000_000), default=100_000, show_default=True, metavar="N",
              help="How many leaves of others a new wallet syncs. 0 leaves that out.")
@click.option("--processes", type=click.IntRange(1, 64), metavar="N",
              help="Of `ledger serve`.  Default: as many as it takes.")
@benchoptions.reported
@pass_app
def ledger(app: App, **options: Any) -> None:
    """Measure a ledger's service under load, and its validators.

    Each is a process as in use, over a file and over PostgreSQL. Reports swaps a second that are checked and committed,
    the time from POST to receipt, where it goes, the time until a swap is final, and the rate at which a new validator
    replays. Proofs are simulated beforehand, and verified like any other.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_ledger(app, **options)


@bench.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--rapidsnark", type=paths.Existing(), metavar="PROGRAM", help="rapidsnark's prover, if you have it.")
@click.option("--ceremony", type=click.IntRange(1, 20), metavar="POWER",
              help="Also measure how a key is made: preparing 2^POWER powers of tau; setting up, contributing to and "
                   "verifying the key of FOLDER's circuit.r1cs. snarkjs takes minutes.")
@benchoptions.common
@pass_app
def peers(app: App, **options: Any) -> None:
    """Measure other provers and this one on the files in FOLDER.

    FOLDER contains circuit.zkey, witness.wtns and verification_key.json, as snarkjs writes them, and circuit.r1cs for
    provers that make their own key. snarkjs runs if ZKSETTLE_NODE names the folder in which npm installed it, zksnake
    if pip installed it.
    """
    from prover.cli.tools import bench_run

    bench_run.measure_peers(app, **options)
