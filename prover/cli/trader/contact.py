"""`zksettle contact …`: names for addresses."""

from typing import Any

import click

from prover.cli.frame import passphrase
from prover.cli.frame.command import App, group, pass_app

name_argument = click.argument("name", metavar="NAME")


@group()
def contact() -> None:
    """Names for addresses: a NAME stands wherever a command asks for an ADDRESS.

    The list is encrypted as the wallet is, and in backups. So the shell cannot complete names: that would take the
    passphrase. A wallet restored from its phrase alone has none.
    """


@contact.command()
@name_argument
@click.argument("address", metavar="ADDRESS")
@passphrase.wallet_option
@passphrase.option
@pass_app
def add(app: App, **options: Any) -> None:
    """Add a contact, and show the fingerprint to compare with its owner.

    Example: zksettle contact add bob zks1... --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.add(app, **options)


@contact.command("list")
@passphrase.wallet_option
@passphrase.option
@pass_app
def list_(app: App, **options: Any) -> None:
    """List the contacts, with their fingerprints, and when each was compared.

    Example: zksettle contact list --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.show_all(app, **options)


@contact.command()
@name_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def show(app: App, **options: Any) -> None:
    """Show one contact's address and fingerprint.

    Example: zksettle contact show bob --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.show(app, **options)


@contact.command()
@name_argument
@passphrase.wallet_option
@passphrase.option
@pass_app
def remove(app: App, **options: Any) -> None:
    """Forget a contact. What was sealed or paid to it stays so.

    Example: zksettle contact remove bob --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.remove(app, **options)


@contact.command()
@name_argument
@click.argument("new", metavar="NEW")
@passphrase.wallet_option
@passphrase.option
@pass_app
def rename(app: App, **options: Any) -> None:
    """Give a contact another name.

    Example: zksettle contact rename bob bob-london --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.rename(app, **options)


@contact.command()
@name_argument
@click.argument("told", nargs=-1, required=True, metavar="FINGERPRINT")
@passphrase.wallet_option
@passphrase.option
@pass_app
def verify(app: App, **options: Any) -> None:
    """Compare the fingerprint that a contact has told you, and remember that it is right.

    Ask for it on another way than the address came: on the telephone, or face to face. `zksettle contact fingerprint`
    shows its owner what to say.

    Example: zksettle contact verify bob q0wz 7hu3 f4ca 2kd8 vn6l --wallet alice
    """
    from prover.cli.trader import contact_run

    contact_run.verify(app, **options)


@contact.command()
@click.option("--number", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
              help="Of which of the wallet's addresses.")  # fmt: skip
@passphrase.wallet_option
@passphrase.option
@pass_app
def fingerprint(app: App, **options: Any) -> None:
    """Show the fingerprint of the wallet's own address, for others who have it as a contact.

    It is of the address and of the pool, so it also tells whether both of you mean the same one.

    Example: zksettle contact fingerprint --wallet bob
    """
    from prover.cli.trader import contact_run

    contact_run.fingerprint(app, **options)
