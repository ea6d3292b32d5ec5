"""`zksettle validator …`: check somebody else's ledger, and cosign what is true."""

from typing import Any

import click

from prover.cli.frame.command import App, group, pass_app


@group()
def validator() -> None:
    """Check every event of somebody else's ledger, and cosign what is true.

    A pool names its validators.  A checkpoint that enough of them cosigned is final: no operator can replace it unseen.
    """


@validator.command()
@click.option("--name", metavar="NAME", help="The name that cosignatures show, when the key is made.")
@pass_app
def key(app: App, **options: Any) -> None:
    """Show this machine's key, by which a pool names the validator; makes it the first time."""
    from prover.cli.pool import validator_run

    validator_run.key(app, **options)


@validator.command()
@click.option("--of", "url", metavar="URL", help="The ledger's service.  Default: the one that this home has joined.")
@click.option("--fingerprint", metavar="DIGITS",
              help="With --of: the first digits of the pool's ledger id, at least 16, from somebody whom you trust.")
@click.option("--once", is_flag=True, help="Cosign the newest checkpoint, and end.")
@pass_app
def run(app: App, **options: Any) -> None:
    """Follow the ledger, verify every event, and cosign each checkpoint, until Ctrl-C.

    It ends with an error, and cosigns nothing more, when the operator shows another history or an event that should
    have been refused; evidence of a second history is a file that `ledger accuse` checks anywhere.
    """
    from prover.cli.pool import validator_run

    validator_run.run(app, **options)
