"""Options and words of the commands that first ask the resident prover."""

from collections.abc import Callable

import click

from prover.cli.frame import screen

DEFAULT_S, MAX_S = 60, 3600  # as in prover/service/protocol.py, which loads later


def options(function: Callable) -> Callable:
    """A decorator that adds --no-service and --timeout: parameters `service`, bool, and `timeout`, seconds."""
    service = click.option("--service/--no-service", default=True,
                           help="Ask the prover that runs in this home, if there is one. Default: yes.")  # fmt: skip
    timeout = click.option("--timeout", type=click.IntRange(1, MAX_S), default=DEFAULT_S, metavar="SECONDS",
                           help=f"How long that prover, or a queue, may take. Default: {DEFAULT_S}.")  # fmt: skip
    return service(timeout(function))


def tell(text: str) -> None:
    """Prints on standard error why the resident prover did not prove."""
    screen.tell(text)


def by(is_service: bool, is_queue: bool = False) -> str:
    """The end of a sentence about a proof, which says whether the resident prover or a queue's worker made it."""
    return " by a worker of the queue" if is_queue else " by the resident prover" if is_service else ""
