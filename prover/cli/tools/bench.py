"""`zksettle bench …`: measure proving and its parts; every report names its machine."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.tools import benchoptions, benchpeers
from prover.cli.tools.names import StatementName

LOG_SIZES = (12, 14, 16, 18)
PROOF_SIZES = (16, 18, 20)
CARRIERS = ("memory", "mailbox", "nostr")
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
@benchoptions.sizes(8, 22, PROOF_SIZES, "Base-2 logarithms of the sizes.")
@benchoptions.common
@pass_app
def sizes(app: App, **options: Any) -> None:
    """Measure whole proofs of several sizes, and their memory.

    Each size is a chain that fills its domain, with a key of its own, which takes minutes to make for 2^20. Reports the
    time of a proof, the peak of memory above the key's own, and how both grow with the number of constraints.

    Such as: zksettle bench sizes --sizes 16,18 --threads 2 --markdown sizes.md
    """
    from prover.cli.tools import bench_run

    bench_run.measure_sizes(app, **options)


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
@click.option("--rounds", type=click.IntRange(1, 10_000), default=30, show_default=True, metavar="N",
              help="How many requests are asked, quoted and taken, of each kind.")
@click.option("--orders", type=click.IntRange(16, 1_000), default=1_000, show_default=True, metavar="N",
              help="How many live orders the board has. Made once, which takes minutes, and kept in the cache.")
@click.option("--carrier", "carriers", type=click.Choice(CARRIERS), multiple=True, default=CARRIERS,
              show_default=True, help="What letters and orders go over. Repeatable.")
@benchoptions.reported
@pass_app
def desk(app: App, **options: Any) -> None:
    """Measure two desks, and the board that they trade on.

    Desks, ledger and relay are processes, as in use; over memory they are threads. Reports the time from a request for
    quote to its settlement, in cash and on margin; how long a fresh desk takes for a board of live orders, and a desk
    to requote at a new epoch; and what 200 junk orders a second change for honest ones. All proofs are real.

    Such as: zksettle bench desk --rounds 30 --carrier nostr
    """
    from prover.cli.tools import bench_run

    bench_run.measure_desk(app, **options)


@bench.command()
@benchoptions.sizes(1, 16, (1, 2, 4, 8), "Numbers of workers; efficiency is over one, so 1 must be among them.")
@click.option("--jobs", "each", type=click.IntRange(1, 10_000), default=48, show_default=True, metavar="N",
              help="How many jobs there are for each worker.")
@benchoptions.single_threaded
@pass_app
def farm(app: App, **options: Any) -> None:
    """Measure a queue of proofs and its workers.

    Over a PostgreSQL of its own, with workers that wait as long as a proof takes on one thread here, so that eight of
    them fit on any machine; with one and two that prove; how long the queue itself takes for a job; and how many go
    through it in a second.

    Such as: zksettle bench farm --runs 3 --plot farm.svg
    """
    from prover.cli.tools import bench_run

    bench_run.measure_farm(app, **options)


for comparing in (benchpeers.peers, benchpeers.compare):
    bench.add_command(comparing)
