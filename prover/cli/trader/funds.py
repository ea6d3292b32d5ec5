"""`zksettle funds …`: prove to somebody what an account holds, and verify such a proof."""

from typing import Any

import click

from prover.cli.frame import passphrase, paths
from prover.cli.frame.command import App, group, pass_app

context_option = click.option(
    "--context", required=True, metavar="TEXT",
    help='What the proof is for, in words that both sides agree on, such as "Acme\'s loan of 3 May".',
)  # fmt: skip


@group()
def funds() -> None:
    """Prove that an account holds at least some amounts and owes nothing, and verify it."""


@funds.command()
@context_option
@click.option("--threshold", "thresholds", multiple=True, required=True, metavar="AMOUNT",
              help='What the account holds at least, such as "1000 USDC". Repeatable.')  # fmt: skip
@passphrase.wallet_option
@passphrase.option
@click.option("--position", type=click.IntRange(0, (1 << 32) - 1), metavar="N",
              help="The position of the account. Default: the newest that holds as much.")  # fmt: skip
@click.option("--hide-account", is_flag=True,
              help="Do not show the account's nullifier. Then nobody can tell whether it was spent.")  # fmt: skip
@click.option("-o", "--output", type=paths.Output(), required=True, metavar="PROOF.json",
              help="The file to write the proof to.")  # fmt: skip
@pass_app
def prove(app: App, **options: Any) -> None:
    """Prove that one account of a wallet holds at least each --threshold and owes nothing.

    The proof moves nothing and shows neither balances nor owner. It is good for this context alone, and its tag is the
    account's only one there: who sees the same tag twice has been shown one account twice. Without --hide-account it
    names the account's nullifier, by which anybody can see when the account moves.
    """
    from prover.cli.trader import funds_run

    funds_run.prove(app, **options)


@funds.command()
@click.argument("proof", type=paths.Existing(), metavar="PROOF.json")
@context_option
@pass_app
def verify(app: App, **options: Any) -> None:
    """Verify PROOF.json against this home's ledger, and say what it shows.

    It is about a root that the ledger had: the account was there then. When it shows its nullifier and has been spent
    since, the proof is refused.
    """
    from prover.cli.trader import funds_run

    funds_run.verify(app, **options)
