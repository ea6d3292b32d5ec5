"""`zksettle relay …`: carry the orders and letters of a ledger for others."""

from typing import Any

import click

from prover.cli.frame.command import App, group, pass_app


@group()
def relay() -> None:
    """Carry the orders and letters of this home's ledger for others, who need not trust it."""


@relay.command()
@click.option("--listen", default="127.0.0.1:7465", show_default=True, metavar="ADDRESS:PORT", help="Where.")
@click.option("--public", "is_public", is_flag=True, help="Allow an address that other machines can reach.")
@click.option("--peer", "peers", multiple=True, metavar="URL",
              help="A relay (ws://) or a ledger's service (http://) to exchange all with. Repeatable.")  # fmt: skip
@click.option("--metrics", metavar="ADDRESS:PORT", help="Also show what came and went, for Prometheus.")
@pass_app
def serve(app: App, **options: Any) -> None:
    """Run a relay of Nostr until Ctrl-C.

    It carries only orders that would settle, by the home's copy of the ledger, and says why it refuses one; letters are
    sealed. What it has is in the home, and checked again at each start.

    Such as: zksettle relay serve --listen 127.0.0.1:7465 --peer wss://relay.example
    """
    from prover.cli.pool import relay_run

    relay_run.serve(app, **options)
