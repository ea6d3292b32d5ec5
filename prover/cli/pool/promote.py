"""`zksettle ledger promote …`: another operator, without the old one's key."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app

_output = click.option(
    "-o", "--output", type=paths.Output(), metavar="FILE", help="Write it to this file instead of showing it."
)


@group()
def promote() -> None:
    """Make a validator or a standby the operator, when the old one is gone or lies.

    The successor proposes, the quorum of the pool's validators signs, and the successor finishes.  Nothing that is
    final is lost.  What the old operator settled after the succession's size is void until it is sent again, which
    homes do by themselves; and whoever learns of the succession takes nothing more from the old key.
    """


@promote.command()
@click.option("--size", type=click.IntRange(1), metavar="N",
              help="Begin after so many events. Default: all that this home's copy has.")  # fmt: skip
@click.option("--number", type=click.IntRange(1), metavar="N",
              help="The succession's number, when too few have signed one before. Default: the next.")  # fmt: skip
@click.option("--url", metavar="URL", help="Where the successor's service will be; homes turn to it by themselves.")
@_output
@pass_app
def propose(app: App, **options: Any) -> None:
    """Propose this home, which has a full copy of the ledger, as its operator: makes its log key and a text to sign."""
    from prover.cli.pool import promote_run

    promote_run.propose(app, **options)


@promote.command()
@click.argument("proposal", metavar="FILE", type=paths.Existing())
@_output
@pass_app
def sign(app: App, **options: Any) -> None:
    """Sign a succession with this home's validator key.

    The validator signs when its own copy has the events that the proposal names, and it has cosigned no more than
    these; and from then on it cosigns for no operator before this one, also when too few sign.
    """
    from prover.cli.pool import promote_run

    promote_run.sign(app, **options)


@promote.command()
@click.argument("signed", metavar="FILE...", type=paths.Existing(), nargs=-1, required=True)
@click.option("--tell", metavar="URL", multiple=True,
              help="Bring the succession to this service, such as the old operator's; may be repeated.")  # fmt: skip
@_output
@pass_app
def finish(app: App, signed: tuple[Path, ...], **options: Any) -> None:
    """Take over with what the validators have signed: this home's copy is the ledger now, and `ledger serve` serves it.

    What the copy has beyond the succession is settled again here, where it still holds.  Repeated, it changes nothing,
    and tells the services that --tell names.
    """
    from prover.cli.pool import promote_run

    promote_run.finish(app, signed, **options)
