"""`zksettle validator …`: check somebody else's ledger, and cosign what is true."""

from typing import Any

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def validator() -> None:
    """Check every event of somebody else's ledger, and cosign what is true.

    A pool names its validators.  A checkpoint that enough of them cosigned is final: no operator can replace it unseen.
    """


@validator.command()
@click.option("--name", metavar="NAME", help="The name that cosignatures show, when the key is made.")
@pass_app
def key(app: App, **options: Any) -> None:
    """Show this machine's key, by which a pool names the validator; makes it the first time."""
    from prover.cli.pool import validator_run

    validator_run.key(app, **options)


@validator.command()
@click.option("--of", "url", metavar="URL", help="The ledger's service.  Default: the one that this home has joined.")
@click.option("--fingerprint", metavar="DIGITS",
              help="With --of: the first digits of the pool's ledger id, at least 16, from somebody whom you trust.")
@click.option("--once", is_flag=True, help="Cosign the newest checkpoint, and end.")
@click.option("--listen", metavar="ADDRESS:PORT",
              help="Also serve what was verified here, and pass on to the operator what wallets post.")
@click.option("--public", "is_public", is_flag=True, help="Allow an address that other machines can reach.")
@pass_app
def run(app: App, **options: Any) -> None:
    """Follow the ledger, verify every event, and cosign each checkpoint, until Ctrl-C.

    It cosigns nothing more when the operator shows another history or an event that should have been refused, and keeps
    the evidence; `ledger accuse` checks that of two histories anywhere.  Without --listen it ends then with an error;
    with it, it goes on to serve what it verified, and says publicly that it refuses: at /healthz and /evidence.
    """
    from prover.cli.pool import validator_run

    validator_run.run(app, **options)


@validator.command()
@click.argument("name", metavar="NAME")
@pass_app
def decide(app: App, **options: Any) -> None:
    """Cosign again in spite of evidence against the operator, which is kept under another name.

    NAME is the evidence's file in the pool's folder, as `validator run` names it.  Decide this when the operator has
    explained himself to the validators and they agree on which history goes on.
    """
    from prover.cli.pool import validator_run

    validator_run.decide(app, **options)


@validator.command()
@click.option("--signed", type=paths.Existing(), metavar="FILE",
              help="The newest checkpoint that the key cosigned, as GET /cosignatures of a service shows it.")
@click.option("--never", is_flag=True, help="The key has never cosigned anything of this pool's ledger.")
@pass_app
def recover(app: App, **options: Any) -> None:
    """Say what this validator's key signed last, when that was lost with the machine it was on.

    A validator must never sign less than it has signed, so no backup has this in it.  Ask the operator's service and
    the other validators' (GET /cosignatures) for the newest checkpoint that the key cosigned, and make sure that the
    key is at work nowhere else.
    """
    from prover.cli.pool import validator_run

    validator_run.recover(app, **options)
