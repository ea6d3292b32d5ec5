"""`zksettle`: the list of commands, and what becomes of an error.

Exit codes: 0 done · 1 refused or invalid · 2 wrong usage · 3 malformed input · 130 interrupted.
"""

import io
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import click

from prover.cli import command, failure
from prover.cli.screen import WIDTH

PLACES = {
    "demo": "prover.cli.demo:demo",
    "pool": "prover.cli.pool:pool",
    "wallet": "prover.cli.wallet:wallet",
    "deposit": "prover.cli.move:deposit",
    "withdraw": "prover.cli.move:withdraw",
    "pay": "prover.cli.move:pay",
    "order": "prover.cli.order:order",
    "oracle": "prover.cli.oracle:oracle",
    "ledger": "prover.cli.ledger:ledger",
    "prove": "prover.cli.proof:prove",
    "verify": "prover.cli.proof:verify",
    "circuit": "prover.cli.circuit:circuit",
    "groth16": "prover.cli.snarkjs:groth16",
    "export": "prover.cli.snarkjs:export",
    "import": "prover.cli.snarkjs:import_",
    "bench": "prover.cli.bench:bench",
    "warmup": "prover.cli.upkeep:warmup",
    "doctor": "prover.cli.upkeep:doctor",
    "completion": "prover.cli.upkeep:completion",
}
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}


def _version() -> str:
    try:
        return version("zksettle")
    except PackageNotFoundError:
        return "not installed"


@click.group(cls=command.LazyGroup, places=PLACES, context_settings=SETTINGS)
@click.version_option(_version(), prog_name="zksettle")
def zksettle() -> None:
    """Private, atomic, margined settlement between traders.

    Begin with `zksettle demo`: the whole story, with real proofs, in a folder of its own.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code, having said in one sentence what went wrong."""
    session = command.Session()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our letters shows question marks
    try:
        code = zksettle.main(arguments, prog_name="zksettle", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else 0
    except (Exception, KeyboardInterrupt) as error:
        return failure.report(error, session.screen)


if __name__ == "__main__":
    sys.exit(main())
