"""`zksettle pool …`: create and show a pool."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def pool() -> None:
    """Create a pool with its empty ledger, and show it."""


@pool.command()
@click.option("--name", default="zksettle example pool", show_default=True, metavar="TEXT", help="The pool's name.")
@click.option("--insecure-dev", is_flag=True,
              help="Use development keys, made here by one party, who could forge. The pool says so.")  # fmt: skip
@click.option("--custodian", "custodians", multiple=True, metavar="ASSET=KEY",
              help="Who holds an asset outside, by its `zksettle custodian key`. Default: this machine. Repeatable.")
@click.option("--require-funds", "funds_required", is_flag=True,
              help="Let the board take only orders of accounts that show funds. Default: a full board keeps those.")
@click.option("--governor", "governors", multiple=True, metavar="KEY",
              help="A governor, by its `zksettle governance key`. Repeatable. Default: three, made here.")  # fmt: skip
@click.option("--governor-quorum", type=click.IntRange(1, 16), metavar="N",
              help="How many governors must sign a change. Default: more than half.")  # fmt: skip
@click.option("--delay", "delay_minutes", type=click.IntRange(0, 10**7), metavar="MINUTES",
              help="From a change's announcement to its force. Default: 60.")  # fmt: skip
@click.option("--oracle", "oracles", multiple=True, metavar="KEY",
              help="An oracle, by its `zksettle oracle key`. Repeatable. Default: five, made here.")  # fmt: skip
@click.option("--validator", "validators", multiple=True, metavar="KEY",
              help="A validator, by its `zksettle validator key`; more than two thirds make a checkpoint final. "
                   "Repeatable. Default: none.")  # fmt: skip
@click.option("--fee", "fees", multiple=True, metavar="leg|order=AMOUNT",
              help='What a leg or an order pays, such as leg="0.01 USDC". Repeatable. Default: nothing.')  # fmt: skip
@click.option("--set", "named", multiple=True, metavar="NAME=VALUE",
              help="Another parameter, in JSON, such as penalty_bps=800 or risk.2.own_move_bps=60. Repeatable.")
@click.option("--parameters", "parameters_file", type=paths.Existing(), metavar="FILE",
              help="A JSON file of parameters, all or some; `pool show --parameters` prints one to begin with.")
@pass_app
def new(app: App, **options: Any) -> None:
    """Create a pool of ten example assets: six that are held, and four claims.

    Oracles, guardians and governors that no option names are created on this machine, which is also the custodian of
    every held asset for which --custodian names no other.  Its keys come from the ceremony that was installed last.
    """
    from prover.cli.pool import pool_run

    pool_run.new(app, **options)


@pool.command()
@click.option("--parameters", "only_parameters", is_flag=True,
              help="Print only the parameters, in JSON, for `pool new --parameters`: the defaults where no pool is.")
@pass_app
def show(app: App, only_parameters: bool) -> None:
    """Show the pool: assets and their risk, oracles, limits, keys."""
    from prover.cli.pool import pool_run

    if only_parameters:
        pool_run.show_parameters(app)
    else:
        pool_run.show_pool(app)


@pool.command()
@click.argument("url", metavar="URL", required=False)
@click.option("--fingerprint", metavar="DIGITS",
              help="The first digits of the pool's ledger id, at least 16, from somebody whom you trust.")  # fmt: skip
@click.option("--light", "is_light", is_flag=True,
              help="Trust the pool's validators that proofs and rules were checked, and take only what is final.")
@click.option("--full", "is_full", is_flag=True,
              help="Without URL: check everything that the light copy here took on trust, and make it a full one.")
@pass_app
def join(app: App, **options: Any) -> None:
    """Join the pool of a ledger that somebody else serves at URL.

    The ledger is copied and every event of it verified; from then on, all commands read the copy and send what they
    settle to the service.  With --light the copy is there in seconds: its bytes and trees are verified here, and that
    proofs and rules were checked is taken from the quorum of the pool's validators.
    """
    from prover.cli.pool import join_run

    join_run.join(app, **options)
