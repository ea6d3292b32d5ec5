"""Turns an exception or a signal into an exit code and one sentence on standard error.

What fails after something was done for good, such as a settlement, has an exit code of its own, and the sentence says
first what was done: nobody must take it for a refusal and do it again.
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from prover.cli.frame import screen as screens
from prover.cli.frame.command import Done
from prover.cli.frame.screen import Screen
from zk.errors import FormatError, InvalidProof, Unsatisfied

DONE = 0
REFUSED = 1
USAGE = 2
MALFORMED = 3
UNREPORTED = 4  # done, but something failed after that
INTERRUPTED = 130
SIGNALLED = 128  # plus the signal's number

MAX_SENTENCE = 8000  # characters; a violated constraint may have 4000

TRACEBACK_VARIABLE = "ZKSETTLE_TRACEBACK"


class Signalled(BaseException):
    """A signal asks the program to end.  Like KeyboardInterrupt, it lets every block clean up on its way out."""

    def __init__(self, number: int):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


def raise_on_signals() -> None:
    """Makes SIGTERM and SIGHUP raise Signalled in the main thread.  A signal that was ignored stays ignored."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignores Ctrl-C, SIGTERM and SIGHUP in this block, which must be short."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread is interrupted
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), signal.SIG_IGN) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _raise(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_DFL)  # a second one ends the program at once
    raise Signalled(number)


def report(error: BaseException, screen: Screen, done: Done | None = None) -> int:
    """Reports the error on standard error and returns the exit code.  With --json, also prints a document.

    `done` is what the command has done for good.  Raises nothing when neither stream can be written to.
    """
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error)
    if isinstance(error, click.UsageError) and type(error).__name__ == "NoArgsIsHelpError":
        click.echo(error.format_message(), err=True)  # a group without a command: its help, not a sentence
        return USAGE
    code, sentence, more = _explain(error)
    if done is not None:
        code, more = DONE if done.is_complete else UNREPORTED, {**more, **done.document}
        sentence = f"{done.sentence}, but then: {sentence.rstrip('.')}. {done.remedy}".rstrip()
    if len(sentence) > MAX_SENTENCE:
        sentence = f"{sentence[:MAX_SENTENCE]}…"
    with suppress(OSError):
        screen.document({"error": sentence, "exit_code": code, **more})
    screens.tell(sentence, fg="red" if sys.stderr.isatty() else None)
    return code


def _explain(error: BaseException) -> tuple[int, str, dict[str, Any]]:
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return INTERRUPTED, "interrupted", {}
    if isinstance(error, SystemExit):  # how click ends when the reader of its output is gone
        return REFUSED, "standard output: Broken pipe", {}
    if isinstance(error, Signalled):
        return SIGNALLED + error.number, str(error), {}
    if isinstance(error, click.FileError):
        return MALFORMED, f"{error.ui_filename} cannot be read: {error.message}", {}
    if isinstance(error, click.UsageError):
        return USAGE, _usage(error), {}
    if isinstance(error, click.ClickException):
        return error.exit_code, error.format_message(), {}
    import sqlite3

    from prover.circom import sandbox
    from prover.farm import jobs
    from prover.guardian import channel
    from prover.machine import files, longstep
    from prover.network.wire import refusals as network
    from prover.service import protocol
    from prover.trader import sessions, walletfile, walletsync
    from settlement import errors, rejection
    from settlement.audit import audit
    from settlement.storage import checkpoints, connections

    if isinstance(error, sessions.Unreported):
        return _explain(error.__cause__ or error)
    if isinstance(error, rejection.Rejected):
        reason = error.rejection
        return REFUSED, str(error), {"rejection": {"number": reason.value, "name": reason.name, "detail": error.detail}}
    refusals = (audit.Discrepancy, files.Busy, longstep.NotEnoughMemory, protocol.Failed, walletfile.WrongPassphrase)
    others = (channel.NoAnswer, walletsync.LedgerWentBack, checkpoints.EventsLost, sandbox.Overdue, sandbox.Unavailable)
    ledgers = (errors.Unavailable, network.Refused, jobs.NotProved)
    if isinstance(error, (Unsatisfied, InvalidProof, screens.Broken, *others, *refusals, *ledgers)):
        return REFUSED, str(error), {}
    if isinstance(error, FormatError):
        return MALFORMED, str(error), {}
    if isinstance(error, sqlite3.Error):
        return REFUSED, f"the ledger's file failed ({connections.one_line(error)}): nothing was changed in it", {}
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return REFUSED, f"{error.filename}: {what}" if error.filename else what, {}
    # A bug.  Its message might contain a secret, so only its kind is shown.
    return REFUSED, f"internal error ({type(error).__name__}); set {TRACEBACK_VARIABLE}=1 to see where", {}


def _usage(error: click.UsageError) -> str:
    hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
    return error.format_message().rstrip(".") + hint
