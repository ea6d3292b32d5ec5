"""`zksettle demo`: a whole story with real proofs.  Every step names the command that does the same."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, command, pass_app


@command()
@click.option("--keep", type=paths.Existing(), metavar="FOLDER",
              help="Keep the story's data in a new FOLDER, which --home FOLDER opens afterwards.")  # fmt: skip
@pass_app
def demo(app: App, **options: Any) -> None:
    """Tell the whole story with real proofs.

    A pool with guardians and insurance, an order on margin, a settlement, four cheats that are refused. Prices fall,
    the account is topped up, prices fall again, and it is seized. An option expires, and whoever never owed anything
    takes everything out. Who sees what, and how long everything takes.

    It runs in a temporary home and touches none of your data.  It uses only your home's proving keys, so that they are
    made once.
    """
    from prover.cli.demo import demo_run

    demo_run.demo(app, **options)
