"""`zksettle prover worker`: proves for whoever submits to a queue, until it is told to stop."""

from pathlib import Path
from typing import Any

import click

from prover.cli.farm import options
from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app


@command()
@options.queue
@click.option("--key", "key_file", type=paths.Existing(), metavar="FILE",
              help="The farm's key file, which `prover queue init` made. Default: farm/key.json in the home.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Where fetched proving keys are kept. Default: farm/keys in the home.")  # fmt: skip
@click.option("--name", metavar="NAME", help="What the queue's status calls it. Default: the machine's name.")
@click.option("--threads", type=click.IntRange(1, options.MAX_THREADS), metavar="N",
              help="How many threads prove. Default: ZKSETTLE_THREADS, else one for each core.")  # fmt: skip
@click.option("--metrics", "metrics_at", metavar="ADDRESS:PORT",
              help="Serve Prometheus metrics there, at /metrics; they tell no secrets. Port 0 takes one that is free.")
@pass_app
def worker(app: App, **arguments: Any) -> None:
    """Prove for a queue until Ctrl-C or SIGTERM; what it has begun is finished first.

    Such as: zksettle prover worker --queue postgresql://farm@db/zksettle --key farm.json

    It takes up to eight jobs of one circuit, verifies its own proofs, and needs no wallet, pool or ledger. A worker can
    see witnesses and spend nothing. Killed at any moment, it loses no job: another worker takes it within a second. The
    log on standard error has counts and durations, and nothing of what was proved.
    """
    from prover.cli.farm import worker_run

    worker_run.work(app, **arguments)
