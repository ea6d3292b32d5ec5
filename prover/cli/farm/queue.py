"""`zksettle prover queue …`: make a proving queue, see how it is, and look after it."""

from typing import Any

import click

from prover.cli.farm import options
from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

_key_file = click.option("--key", "key_file", type=paths.Output(), metavar="FILE",
                         help="The farm's key file. Default: farm/key.json in the home.")  # fmt: skip


@group()
def queue() -> None:
    """Make a queue of proofs that many machines share, see how it is, and look after it."""


@queue.command()
@options.queue
@_key_file
@pass_app
def init(app: App, **arguments: Any) -> None:
    """Make a queue in a PostgreSQL database, as in: prover queue init --queue postgresql://farm@db/zksettle

    The database needs nothing but to exist. The first time, the secret key of its workers is made, to which inputs are
    sealed: copy that file to each of them, and tell whoever submits the public key. Repeated, it changes nothing, or
    upgrades the tables of an earlier version.
    """
    from prover.cli.farm import queue_run

    queue_run.init(app, **arguments)


@queue.command()
@click.argument("new_key", type=paths.Output(), metavar="NEW.json")
@options.queue
@click.option("--patience", type=click.IntRange(0, 86_400), default=60, show_default=True, metavar="SECONDS",
              help="How long jobs that are queued may still be proved by the workers with the old key.")
@pass_app
def rekey(app: App, **arguments: Any) -> None:
    """Give the queue a new key when the old one may be known, as in: prover queue rekey new.json

    For a worker's machine that was stolen, for example: whoever has the farm's file opens what is sealed to it, and
    passes for a worker. The new key is made in NEW.json, unless it is there. The queue is drained, what is left then is
    withdrawn, and workers and submitters with the old key end. Copy NEW.json to each sound worker, and tell whoever
    submits the public key, which they give with --queue-key or in DESK.toml. Change the database's password too.
    """
    from prover.cli.farm import queue_run

    queue_run.rekey(app, **arguments)


@queue.command()
@options.queue
@pass_app
def status(app: App, **arguments: Any) -> None:
    """Show what waits, since when, who works, and what is parked and why, as in: prover queue status --json"""
    from prover.cli.farm import queue_status_run

    queue_status_run.status(app, **arguments)


@queue.command()
@options.queue
@click.argument("jobs", nargs=-1, metavar="[JOB]…")
@click.option("--all", "is_all", is_flag=True, help="Every parked job.")
@pass_app
def retry(app: App, **arguments: Any) -> None:
    """Queue parked jobs again, with three attempts each, as in: prover queue retry --all

    A job is parked when three attempts at it failed; `prover queue status` shows it with the reason.
    """
    from prover.cli.farm import queue_run

    queue_run.retry(app, **arguments)


@queue.command()
@options.queue
@click.option("--patience", type=click.IntRange(0, 86_400), default=0, metavar="SECONDS",
              help="Wait so long for the queue to be empty. Ends with 1 when it is not. Default: do not wait.")
@pass_app
def drain(app: App, **arguments: Any) -> None:
    """Take no more jobs, and have what is queued made, as in: prover queue drain --patience 60

    Whoever submits is refused, until `prover queue resume`.
    """
    from prover.cli.farm import queue_run

    queue_run.drain(app, **arguments)


@queue.command()
@options.queue
@pass_app
def resume(app: App, **arguments: Any) -> None:
    """Take jobs again after `prover queue drain`, as in: prover queue resume"""
    from prover.cli.farm import queue_run

    queue_run.resume(app, **arguments)


@queue.command()
@options.queue
@click.argument("worker", metavar="WORKER")
@pass_app
def pardon(app: App, **arguments: Any) -> None:
    """Let a quarantined machine work again, when it is known to be sound, as in: prover queue pardon 4f1c09aa7be2d310

    WORKER is its key, or the first digits, as `prover queue status` shows it. A worker is quarantined when it has
    signed a proof that does not verify.
    """
    from prover.cli.farm import queue_run

    queue_run.pardon(app, **arguments)
