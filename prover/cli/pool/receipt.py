"""`zksettle receipt …`: what shows a stranger that a bundle has settled."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def receipt() -> None:
    """Keep the receipt of a settled bundle as a file, and verify one without a ledger."""


@receipt.command()
@click.argument("bundle", metavar="BUNDLE|HEIGHT")
@click.option("-o", "--output", type=paths.Output(), metavar="FILE", required=True, help="The file to write.")
@click.option("--wait", "wait_s", type=click.IntRange(0, 3600), default=15, show_default=True, metavar="SECONDS",
              help="How long to wait until the validators have made it final.")  # fmt: skip
@pass_app
def save(app: App, **options: Any) -> None:
    """Save the receipt of a bundle, named by its id or its height.

    Whoever has the file and the pool's fingerprint can verify it anywhere: it has the pool, the bundle, its place in
    the log, and a checkpoint with the signatures of the operator and of the validators.  The ledger's service is asked
    for its newest checkpoint alone, so it does not learn which bundle this is about.
    """
    from prover.cli.pool import receipt_run

    receipt_run.save(app, **options)


@receipt.command()
@click.argument("receipt_file", metavar="FILE", type=paths.Existing())
@click.option("--fingerprint", metavar="DIGITS",
              help="The first digits of the pool's ledger id, at least 16, from somebody whom you trust. "
                   "Default: the pool here.")  # fmt: skip
@pass_app
def verify(app: App, **options: Any) -> None:
    """Verify a receipt offline, and say what it shows; with --fingerprint it takes neither a pool nor a ledger."""
    from prover.cli.pool import receipt_run

    receipt_run.verify(app, **options)
