"""`zksettle prover …`: a resident process that keeps keys and kernels loaded and proves for other commands."""

import click

from prover.cli.frame.command import App, group, pass_app

MAX_WORKERS = 64


@group()
def prover() -> None:
    """Keep a prover running that other commands use.

    `zksettle prove` and `zksettle groth16 prove` send it their requests while it runs in their home; otherwise they
    prove by themselves.
    """


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
