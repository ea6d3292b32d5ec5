"""`zksettle book …`: a wallet's trades, positions, profit and loss, from the wallet alone."""

from collections.abc import Callable
from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app


def _options(function: Callable) -> Callable:
    """The options that every command here takes."""
    each = (
        click.option("--wallet", "name", default="main", envvar="ZKSETTLE_WALLET", show_default=True, metavar="NAME",
                     help="The wallet."),
        click.option("--to", "until", metavar="TIME", help="End before this time, in UTC. Default: now."),
        click.option("--csv", "csv_file", type=paths.Output(), metavar="FILE",
                     help="Write the table to FILE, too, which must be new."),
        passphrase.option,
    )  # fmt: skip
    for option in reversed(each):
        function = option(function)
    return function


_since = click.option("--from", "since", metavar="TIME", help="Begin at this time, in UTC, such as 2026-11-22.")
_method = click.option("--method", type=click.Choice(["average", "fifo"]), default="average", show_default=True,
                       help="The cost of what is sold: at average cost, or first in, first out.")  # fmt: skip


@group()
def book() -> None:
    """Show a wallet's trades, positions, profit and loss, and charges, and export them.

    All of it follows from the wallet and the ledger's public data; nobody else is asked. The books add up to the last
    unit for every period, which is checked each time. A wallet that was restored from its phrase, or that only watches,
    has the same figures; what only the wallet that traded has noted, such as with whom, is said to be missing.
    """


@book.command()
@_since
@_options
@pass_app
def blotter(app: App, **options: Any) -> None:
    """List the trades: what was bought or sold, at which price, for which fee, out of which order or quote, with whom.

    Example: zksettle book blotter --wallet alice --from 2026-11-01 --csv trades.csv
    """
    from prover.cli.trader import book_run

    book_run.show_blotter(app, **options)


@book.command()
@_method
@_options
@pass_app
def positions(app: App, **options: Any) -> None:
    """Show what the wallet has of each asset, in all and by account, what that has cost and what it is worth.

    Example: zksettle book positions --wallet alice --to "2026-11-30 18:00" --method fifo
    """
    from prover.cli.trader import book_run

    book_run.show_positions(app, **options)


@book.command()
@_method
@_since
@_options
@pass_app
def pnl(app: App, **options: Any) -> None:
    """Show profit and loss of a period: realised, and unrealised at the oracles' newest prices before its end.

    Costs are rounded down to the numeraire's smallest unit; what is left over stays with the rest of the position. What
    is deposited or received counts at the prices then, and what is withdrawn or paid realises what it has gained.
    Interest and funding are a part of it, and shown besides.

    Example: zksettle book pnl --wallet alice --from 2026-11-01 --to 2026-12-01
    """
    from prover.cli.trader import book_run

    book_run.show_profit(app, **options)


@book.command()
@_since
@_options
@pass_app
def fees(app: App, **options: Any) -> None:
    """List the fees that the wallet paid, and the interest and funding of the claims that it held.

    Example: zksettle book fees --wallet alice --from 2026-11-01 --csv fees.csv
    """
    from prover.cli.trader import book_run

    book_run.show_fees(app, **options)


@book.command()
@_since
@_options
@pass_app
def export(app: App, **options: Any) -> None:
    """Show every line of the books, between the opening and the closing balance of each asset.

    Example: zksettle book export --wallet alice --from 2026-11-01 --to 2026-12-01 --csv november.csv
    """
    from prover.cli.trader import book_run

    book_run.export(app, **options)
