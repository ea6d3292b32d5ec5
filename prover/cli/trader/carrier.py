"""`zksettle carrier …`: over what this home's orders and letters go."""

from typing import Any

import click

from prover.cli.frame.command import App, group, pass_app


@group()
def carrier() -> None:
    """Name the carriers of orders and letters: the ledger's own board, other services, relays of Nostr.

    Nobody has to trust a carrier: what it brings is checked here, and what it takes is sealed or proved.
    """


@carrier.command()
@click.argument("kind", type=click.Choice(["board", "mailbox", "nostr"]))
@click.argument("url", metavar="[URL]", default="")
@click.option("--proxy", metavar="ADDRESS:PORT", help="A SOCKS proxy for relays, such as Tor's 127.0.0.1:9050.")
@pass_app
def add(app: App, **options: Any) -> None:
    """Use a carrier, beside those that are used already.

    Such as: zksettle carrier add nostr wss://relay.example --proxy 127.0.0.1:9050
    """
    from prover.cli.trader import carrier_run

    carrier_run.add(app, **options)


@carrier.command()
@click.argument("kind", type=click.Choice(["board", "mailbox", "nostr"]))
@click.argument("url", metavar="[URL]", default="")
@pass_app
def remove(app: App, **options: Any) -> None:
    """Use a carrier no longer.

    Such as: zksettle carrier remove board
    """
    from prover.cli.trader import carrier_run

    carrier_run.remove(app, **options)


@carrier.command("list")
@pass_app
def list_(app: App) -> None:
    """List the carriers that are used."""
    from prover.cli.trader import carrier_run

    carrier_run.show(app)
