"""`zksettle prover …`: processes that keep keys and kernels loaded and prove for other commands, here or anywhere."""

import click

from prover.cli.farm.queue import queue
from prover.cli.farm.worker import worker
from prover.cli.frame.command import App, group, pass_app

MAX_WORKERS = 64


@group()
def prover() -> None:
    """Keep a prover running that other commands use: on this machine, or many on many machines.

    `zksettle prove` and `zksettle groth16 prove` send their requests to the one that `serve` runs in their home;
    otherwise they prove by themselves. With --queue the workers of a queue prove, wherever they are.
    """


prover.add_command(worker)
prover.add_command(queue)


@prover.command()
@click.option("--workers", type=click.IntRange(1, MAX_WORKERS), metavar="N",
              help="How many proofs to make at a time. Default: ZKSETTLE_THREADS, else one for each core.")  # fmt: skip
@pass_app
def serve(app: App, workers: int | None) -> None:
    """Prove for other commands until Ctrl-C or `zksettle prover stop`.

    Proofs that take at most ten seconds longer are finished first.

    The prover listens on a Unix socket in the home, which only your user can open.
    """
    from prover.cli.tools import service_run

    service_run.serve(app, workers)


@prover.command()
@pass_app
def status(app: App) -> None:
    """Show whether the prover is running, and what it has done."""
    from prover.cli.tools import service_run

    service_run.status(app)


@prover.command()
@pass_app
def stop(app: App) -> None:
    """Stop the prover.

    Proofs that take at most ten seconds longer are finished first.
    """
    from prover.cli.tools import service_run

    service_run.stop(app)
