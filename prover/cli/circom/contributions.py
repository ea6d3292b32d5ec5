"""The options of contributors, which the commands of both phases of a ceremony share."""

import click

name_option = click.option("-n", "--name", metavar="TEXT", help="The contributor's name, which is public.")
entropy_option = click.option(
    "-e", "--entropy", default="", metavar="TEXT", help="Random text, mixed with the system's randomness."
)
