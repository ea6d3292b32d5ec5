"""`zksettle home …`: back up a home, check a backup, restore it."""

from pathlib import Path

import click

from prover.cli.frame import paths
from prover.cli.frame.command import App, group, pass_app


@group()
def home() -> None:
    """Keep a home safe, and move it: back it up, check the backup, restore it.

    A backup is one file, a tar archive with SHA-256 digests.  In it are the ledger as it is at that moment, every
    wallet, the secrets of the pool's oracles, governors and operator, the guardians' shares, this home's custodian,
    ceremony and validator keys, and development keys.  Wallets stay encrypted under their passphrases; the other
    secrets are readable by whoever has the file.  Keys of a ceremony are not in it: install them again.

    Of a ledger that is elsewhere, the copy is in it, and where its service is.  What a validator has signed last is not
    in it: an old backup would let it contradict itself, so a restored one signs nothing before `validator recover`.
    """


@home.command()
@click.argument("file", type=paths.Output())
@pass_app
def backup(app: App, file: Path) -> None:
    """Write a backup of this home to FILE, which must be new, and check it.

    The home may be in use meanwhile, and wallets open.  FILE contains secrets and can be read by its owner only.
    """
    from prover.cli.pool import home_run

    home_run.backup(app, file)


@home.command()
@click.argument("file", type=paths.Existing())
@pass_app
def check(app: App, file: Path) -> None:
    """Check that a backup is complete and undamaged, and that its ledger opens."""
    from prover.cli.pool import home_run

    home_run.check(app, file)


@home.command()
@click.argument("file", type=paths.Existing())
@pass_app
def restore(app: App, file: Path) -> None:
    """Restore a backup as a new home, which --home names.

    The backup is checked first.  The new home appears complete or not at all, and nothing that exists is overwritten.
    What settled after the backup was made is not in it, and the old home does not know what the new one does: go on
    with one of them only.
    """
    from prover.cli.pool import home_run

    home_run.restore(app, file)
