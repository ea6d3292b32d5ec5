"""`zksettle guardian …`: hold a share of the guardians' keys, watch margined accounts, seize those in breach."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import move

_member = click.option(
    "--member", type=click.IntRange(1, 32), metavar="N",
    help="Act as this guardian only, and ask the others.  Default: all whose files are here.",
)  # fmt: skip


@group()
def guardian() -> None:
    """Watch margined accounts, and seize those in breach, as some of the pool's guardians.

    Any threshold of them together open every margined account, and no cash account.  `zksettle pool new` deals the keys
    of guardians who are all on this machine; separate ones use `new` and `deal`.
    """


@guardian.command()
@click.option("--listen", "address", metavar="HOST:PORT", help="Where the other guardians reach this one.")
@click.option("--show", is_flag=True, help="Show the name of the identity that is here.")
@pass_app
def new(app: App, **options: Any) -> None:
    """Make the identity of a guardian, and show its name for the others."""
    from prover.cli.pool import guardian_run

    guardian_run.new(app, **options)


@guardian.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--threshold", type=click.IntRange(1, 32), required=True, help="How many guardians it takes.")
@click.option("--number", type=click.IntRange(1, 2**31), default=1, show_default=True,
              help="The number of the keys; new ones have a higher number than the old.")  # fmt: skip
@click.option("--wait", "wait_s", type=click.IntRange(1, 3600), default=120, show_default=True, metavar="SECONDS",
              help="How long to wait for the others.")  # fmt: skip
@click.option("-o", "--output", type=paths.Output(), metavar="FILE",
              help="Write what the pool must say to this file, for `pool new --parameters`.")  # fmt: skip
@pass_app
def deal(app: App, **options: Any) -> None:
    """Deal the guardians' two keys among separate machines.

    Every guardian runs this at the same time, with the same NAMEs in the same order, of which its own is one.  Nobody
    ever holds a whole key.
    """
    from prover.cli.pool import guardian_run

    guardian_run.deal(app, **options)


@guardian.command()
@click.option("--once", is_flag=True, help="Catch up with the ledger, do what is to be done, and end.")
@_member
@click.option("--interval-ms", type=click.IntRange(10, 60_000), default=100, show_default=True,
              help="How often to look at the ledger.")  # fmt: skip
@pass_app
def watch(app: App, **options: Any) -> None:
    """Watch the ledger: open margined accounts, seize those in breach, and show that the insurance is solvent.

    Founds the insurance's account when there is none, and draws for it what was paid to the public accounts.
    """
    from prover.cli.pool import guardian_run

    guardian_run.watch(app, **options)


@guardian.command()
@click.argument("position", required=False, type=click.IntRange(min=0))
@_member
@pass_app
def seize(app: App, **options: Any) -> None:
    """Seize the account at POSITION of the tree, or else the one that is worst; only one that is in breach."""
    from prover.cli.pool import guardian_run

    guardian_run.seize(app, **options)


@guardian.command()
@click.argument("assets", nargs=-1, metavar="[ASSET]...")
@_member
@pass_app
def sell(app: App, **options: Any) -> None:
    """Sell what the insurance took over: take orders of the board that make its position in ASSETs smaller.

    Default: every asset but the numeraire.  Only orders that everybody can read are taken, whole, the best first, and
    only at prices of the last five minutes or worse by no more than half the penalty that the pool takes of the risk
    that ends.  No guardian signs another trade.
    """
    from prover.cli.pool import guardiansell_run

    guardiansell_run.sell(app, **options)


@guardian.command()
@_member
@pass_app
def status(app: App, **options: Any) -> None:
    """Show who is reachable, what is watched, and the health of the insurance.  Shows no account."""
    from prover.cli.pool import guardian_run

    guardian_run.status(app, **options)


@guardian.command()
@move.moves_amount
@click.option("--yes", "is_agreed", is_flag=True, help="Do not ask.")
@pass_app
def fund(app: App, **options: Any) -> None:
    """Give AMOUNT of the numeraire from a wallet to the pool's insurance.  Nobody can take it back."""
    from prover.cli.pool import guardianfund_run

    guardianfund_run.fund(app, **options)


@guardian.command()
@click.argument("claim")
@_member
@pass_app
def expire(app: App, **options: Any) -> None:
    """Let a CLAIM expire early at a price that shares the loss, after the insurance has fallen silent."""
    from prover.cli.pool import guardian_run

    guardian_run.expire(app, **options)
