"""Options of commands that work at a proving queue, or ask one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable)

URL, KEY = "ZKSETTLE_QUEUE", "ZKSETTLE_QUEUE_KEY"
PURPOSES = ("block", "take", "quote", "audit")  # as in prover/proofs/purposes.py, the most urgent first
MAX_THREADS = 1024


@dataclass(frozen=True)
class Asked:
    """The queue that a command asks for proofs: its URL and perhaps its key, what they are for, and its patience."""

    url: str
    key: str | None
    priority: str
    timeout_s: int


queue = click.option(
    "--queue", envvar=URL, required=True, metavar="URL", help=f"postgresql://user@host/database. Default: {URL}."
)


def asking(function: F) -> F:
    """Adds --queue, --queue-key and --priority: parameters `queue`, `queue_key`, which may be None, and `priority`."""
    for option in (
        click.option("--priority", type=click.Choice(PURPOSES), default="quote", show_default=True,
                     help="What the proof is for: the queue has the more urgent ones made first."),
        click.option("--queue-key", envvar=KEY, metavar="DIGITS",
                     help=f"The key of the queue's workers, as `prover queue init` showed it. Default: {KEY}, else the "
                          "one that the queue had when this home used it first."),
        click.option("--queue", envvar=URL, metavar="URL",
                     help="Have the workers of a queue prove, whom you let see the inputs: "
                          f"postgresql://user@host/database. Default: {URL}, else it is proved here."),
    ):  # fmt: skip
        function = option(function)
    return function
