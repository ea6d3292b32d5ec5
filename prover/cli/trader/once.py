"""The --once option of every command that moves something."""

import click

option = click.option(
    "--once", metavar="KEY",
    help="A name of your own for this action, 1 to 64 characters. The wallet keeps it: the same command with the same "
    "KEY settles once and from then on reports that.",
)  # fmt: skip
