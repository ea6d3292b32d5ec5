"""`zksettle demo`: a whole story with real proofs.  Every step names the command that does the same."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app


@command()
@click.option("--keep", type=paths.Existing(), metavar="FOLDER",
              help="Keep the story's data in a new FOLDER, which --home FOLDER opens afterwards.")  # fmt: skip
@click.option("--network", "is_network", is_flag=True,
              help="Tell how it is with many: an operator, validators, guardians and desks as processes of their own.")
@pass_app
def demo(app: App, **options: Any) -> None:
    """Tell the whole story with real proofs.

    A pool with guardians and insurance, an order on margin, a settlement, four cheats that are refused. Prices fall,
    the account is topped up, prices fall again, and it is seized. An option expires, and whoever never owed anything
    takes everything out. Who sees what, and how long everything takes.

    With --network: a ledger that nobody need trust. Guardians deal their keys, validators cosign, two desks settle with
    each other, a validator is killed, and a stranger checks the receipt.

    It runs in a temporary home and touches none of your data.  It uses only your home's proving keys, so that they are
    made once.
    """
    from prover.cli.demo import demo_run

    demo_run.demo(app, **options)
