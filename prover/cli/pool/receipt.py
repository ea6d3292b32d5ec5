"""`zksettle receipt …`: what shows a stranger that a bundle has settled, and what one's own legs of it did."""

from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app


@group()
def receipt() -> None:
    """Keep the receipt of a settled bundle as a file, and verify one without a ledger."""


@receipt.command()
@click.argument("bundle", metavar="BUNDLE|HEIGHT|ORDER")
@click.option("-o", "--output", type=paths.Output(), metavar="FILE", required=True, help="The file to write.")
@click.option("--wallet", "name", metavar="NAME",
              help="Open the legs that this wallet made: the receipt then says what they did.")  # fmt: skip
@click.option("--leg", "legs", type=click.IntRange(0, 31), multiple=True, metavar="N",
              help="Open this leg of the wallet's only. Repeatable.")  # fmt: skip
@passphrase.option
@click.option("--wait", "wait_s", type=click.IntRange(0, 3600), default=15, show_default=True, metavar="SECONDS",
              help="How long to wait until the validators have made it final.")  # fmt: skip
@pass_app
def make(app: App, **options: Any) -> None:
    """Make the receipt of a bundle, named by its id, its height, or with --wallet by an order that it settled.

    Whoever has the file and the pool's fingerprint can verify it anywhere: it has the pool, the bundle, its place in
    the log, and a checkpoint with the signatures of the operator and of the validators.  The ledger's service is asked
    for its newest checkpoint alone, so it does not learn which bundle this is about.

    Without --wallet it shows that the bundle settled.  With it, whoever gets the file also learns what the wallet's
    legs sold and bought: give it to those who may know.  Example: zksettle receipt make BUNDLE --wallet main -o FILE
    """
    from prover.cli.pool import receipt_run

    receipt_run.make(app, **options)


@receipt.command()
@click.argument("bundles", metavar="[BUNDLE|HEIGHT|ORDER]…", nargs=-1)
@click.option("--wallet", "name", default="main", envvar="ZKSETTLE_WALLET", show_default=True, metavar="NAME",
              help="The wallet whose legs are summed.")  # fmt: skip
@click.option("--from", "since", metavar="TIME", help="Take the bundles from this time on, in UTC: 2026-11-22.")
@click.option("--to", "until", metavar="TIME", help="Take the bundles before this time.")
@click.option("--for", "purpose", metavar="TEXT", required=True,
              help="For whom and for what: a line that stands in the file, signed.")  # fmt: skip
@click.option("-o", "--output", type=paths.Output(), metavar="FILE", required=True, help="The file to write.")
@passphrase.option
@click.option("--wait", "wait_s", type=click.IntRange(0, 3600), default=15, show_default=True, metavar="SECONDS",
              help="How long to wait until the validators have made it final.")  # fmt: skip
@pass_app
def net(app: App, **options: Any) -> None:
    """Make a net receipt: what the wallet's legs of some bundles changed together, per asset, and nothing else.

    Name the bundles, or a period.  Each leg is in the file, in the log, and signed for by the key that moved it; the
    changes of a single leg stay hidden.  But who knows all of them but one learns that one, and so does who gets two
    net receipts that differ by one leg.  It does not show that these are all legs: what is left out is not missed.

    Example: zksettle receipt net --from 2026-11-22 --to 2026-11-23 --for "the auditor, 22 November" -o FILE
    """
    from prover.cli.pool import receiptnet_run

    receiptnet_run.make(app, **options)


@receipt.command()
@click.argument("receipt_files", metavar="FILE [FILE]", type=paths.Existing(), nargs=-1, required=True)
@click.option("--fingerprint", metavar="DIGITS",
              help="The first digits of the pool's ledger id, at least 16, from somebody whom you trust. "
                   "Default: the pool here.")  # fmt: skip
@pass_app
def verify(app: App, **options: Any) -> None:
    """Verify a receipt offline, and say what it shows; with --fingerprint it takes neither a pool nor a ledger.

    A net receipt is verified too.  Of two receipts it also says whether they are the two sides of one trade and agree:
    together they confirm it.
    """
    from prover.cli.pool import receipt_run

    receipt_run.verify(app, **options)
