"""`zksettle`: the list of commands, and how errors become exit codes.

Exit codes: 0 done · 1 refused or invalid · 2 wrong usage · 3 malformed input · 4 settled, but not all of the rest was
done · 130 interrupted · 128 + n ended by signal n.

Until its report is printed in full, a command that settles something may be repeated, even after a kill: it settles
once, and ends with 0 when it has said so (prover/trader/outbox.py).
"""

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from prover.cli.frame import command, elsewhere, failure
from prover.cli.frame.screen import WIDTH
from prover.version import VERSION

COMMANDS = {
    "demo": "prover.cli.demo.command:demo",
    "pool": "prover.cli.pool.pool:pool",
    "ceremony": "prover.cli.pool.ceremony:ceremony",
    "home": "prover.cli.pool.home:home",
    "wallet": "prover.cli.trader.wallet:wallet",
    "deposit": "prover.cli.trader.move:deposit",
    "withdraw": "prover.cli.trader.move:withdraw",
    "pay": "prover.cli.trader.move:pay",
    "top-up": "prover.cli.trader.move:top_up",
    "account": "prover.cli.trader.account:account",
    "contact": "prover.cli.trader.contact:contact",
    "order": "prover.cli.trader.orders:order",
    "rfq": "prover.cli.trader.rfq:rfq",
    "desk": "prover.cli.trader.desk:desk",
    "carrier": "prover.cli.trader.carrier:carrier",
    "book": "prover.cli.trader.book:book",
    "claim": "prover.cli.trader.claim:claim",
    "loan": "prover.cli.trader.loan:loan",
    "funds": "prover.cli.trader.funds:funds",
    "viewing": "prover.cli.trader.viewing:viewing",
    "oracle": "prover.cli.pool.oracle:oracle",
    "custodian": "prover.cli.pool.custodian:custodian",
    "guardian": "prover.cli.pool.guardian:guardian",
    "governance": "prover.cli.pool.governance:governance",
    "validator": "prover.cli.pool.validator:validator",
    "receipt": "prover.cli.pool.receipt:receipt",
    "ledger": "prover.cli.pool.ledger:ledger",
    "relay": "prover.cli.pool.relay:relay",
    "prove": "prover.cli.tools.proof:prove",
    "verify": "prover.cli.tools.proof:verify",
    "prover": "prover.cli.tools.service:prover",
    "circuit": "prover.cli.tools.circuit:circuit",
    "groth16": "prover.cli.circom.groth16:groth16",
    "r1cs": "prover.cli.circom.r1cs:r1cs",
    "wtns": "prover.cli.circom.wtns:wtns",
    "powersoftau": "prover.cli.circom.powersoftau:powersoftau",
    "zkey": "prover.cli.circom.zkey:zkey",
    "export": "prover.cli.tools.snarkjs:export",
    "import": "prover.cli.tools.snarkjs:import_",
    "bench": "prover.cli.tools.bench:bench",
    "warmup": "prover.cli.tools.upkeep:warmup",
    "doctor": "prover.cli.tools.upkeep:doctor",
    "completion": "prover.cli.tools.upkeep:completion",
}
COLLECT_AFTER = 100_000  # objects; Python's own 700 makes importing Numba a tenth slower
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}


@click.group(cls=command.LazyGroup, commands_at=COMMANDS, context_settings=SETTINGS)
@click.version_option(VERSION, prog_name="zksettle")
def zksettle() -> None:
    """Private, atomic, margined settlement between traders.

    Begin with `zksettle demo`: the whole story, with real proofs, in a folder of its own.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.  Reports an error in one sentence."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    app = command.App(elsewhere.home, words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows a question mark
    try:
        code = zksettle.main(words, prog_name="zksettle", standalone_mode=False, obj=app)
        return code if isinstance(code, int) else 0
    except SystemExit as error:
        if app.done is None:
            raise  # click ends the program in silence when the reader of its output is gone
        return failure.report(error, app.screen, app.done)
    except (Exception, KeyboardInterrupt, failure.Signalled) as error:
        if isinstance(error, click.UsageError):  # which may be noticed before --json is
            app.screen.is_json = app.screen.is_json or "--json" in words
        return failure.report(error, app.screen, app.done)


def run() -> NoReturn:
    """Runs the command that the program was called with and ends the process.

    Skips Python's own teardown of modules, which after loading Numba takes longer than a proof.
    """
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    _open_closed_streams()
    failure.raise_on_signals()
    code = main()
    with failure.uninterrupted():
        atexit._run_exitfuncs()
        with suppress(OSError):
            sys.stderr.flush()
        try:
            sys.stdout.flush()
        except OSError:
            code = code or failure.REFUSED
        os._exit(code)


def _open_closed_streams() -> None:
    """Replaces standard streams that were closed when the program started: their output is discarded."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, so no other file becomes a standard stream
    sys.stdin = sys.stdin or open(0, closefd=False)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)
    sys.stderr = sys.stderr or open(2, "w", closefd=False)


if __name__ == "__main__":
    run()
