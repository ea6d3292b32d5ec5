"""`zksettle ledger …`: show and audit the public record, and add to it."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def ledger() -> None:
    """Show the ledger, audit it, and settle finished bundles."""


@ledger.command()
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many events, newest last."
)
@pass_app
def show(app: App, **options: Any) -> None:
    """Show what is public: tree, custody, events.

    The newest event's digest stands for the whole history: note it, and give it to `zksettle ledger audit --expect`.
    """
    from prover.cli.pool import ledger_run

    ledger_run.show_ledger(app, **options)


@ledger.command()
@click.argument("bundle_file", metavar="FILE", type=paths.Existing())
@pass_app
def submit(app: App, **options: Any) -> None:
    """Settle a finished bundle, such as a deposit that its custodian has signed.

    Whoever submits it needs no wallet.  A bundle that settled before is left alone, with exit code 0.
    """
    from prover.cli.pool import submit_run

    submit_run.submit(app, **options)


@ledger.command()
@click.option("--expect", multiple=True, metavar="DIGEST",
              help="An event that the history must have, from `zksettle ledger show`; may be repeated.")  # fmt: skip
@click.option("--ceremony", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Also compare the pool's keys with the ceremony in this folder, verified again.")  # fmt: skip
@pass_app
def audit(app: App, **options: Any) -> None:
    """Verify the whole history from the database alone.

    It checks the chain of events, roots, custody, signatures, grids, every proof, and that no event was lost which a
    wallet of this home saw, the ledger's list of settled events has, or --expect names.  With --ceremony it also checks
    that the pool's keys come from the ceremony that the pool names.
    """
    from prover.cli.pool import ledger_run

    ledger_run.audit_ledger(app, **options)
