"""What fails after something was done for good is told as done, whatever else is in the way of telling it."""

import contextlib
import io
import json
import signal

import pytest

from prover.cli import main
from prover.cli.frame import command, failure, screen
from prover.cli.frame.command import Done
from zk.errors import FormatError, Unsatisfied

SETTLED = Done("settled at height 7 (bundle abc)", {"settled": {"height": 7}})


class Full(io.StringIO):
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("error, reason", [
    (OSError(28, "No space left on device", "/wallets/w.json"), "/wallets/w.json: No space left on device"),
    (OSError(28, "No space left on device"), "No space left on device"),
    (screen.Broken("standard output: Broken pipe"), "standard output: Broken pipe"),
    (failure.Signalled(signal.SIGTERM), "ended by SIGTERM"),
    (KeyboardInterrupt(), "interrupted"),
    (Unsatisfied("a sentence."), "a sentence"),
    (FormatError("the wallet is damaged"), "the wallet is damaged"),
    (KeyError("secret"), "internal error (KeyError)"),
])  # fmt: skip
def test_it_is_one_sentence_that_says_first_what_was_done(error, reason, capsys):
    assert failure.report(error, screen.Screen(), SETTLED) == 4
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and "secret" not in printed.err
    assert printed.err.startswith(f"settled at height 7 (bundle abc), but then: {reason}")
    assert printed.err.endswith(". The same command, repeated, reports this and does nothing else.\n")


def test_with_json_the_document_has_what_was_done(capsys):
    assert failure.report(OSError(28, "No space left"), screen.Screen(is_json=True), SETTLED) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 4 and document["settled"] == {"height": 7} and "No space" in document["error"]


def test_once_the_report_was_printed_a_repetition_is_not_promised_and_once_that_is_noted_the_code_is_0(capsys):
    reported = Done("settled at height 7, as reported", {}, remedy="")
    assert failure.report(OSError(28, "No space left"), screen.Screen(), reported) == 4
    complete = Done("settled at height 7, as reported", {}, remedy="", is_complete=True)
    assert failure.report(failure.Signalled(signal.SIGTERM), screen.Screen(), complete) == 0
    assert "repeated" not in capsys.readouterr().err


def test_a_command_has_one_document_even_if_it_fails_after_it(capsys):
    shown = screen.Screen(is_json=True)
    shown.document({"settled": 7})
    assert failure.report(OSError(28, "No space left"), shown, SETTLED) == 4
    assert json.loads(capsys.readouterr().out) == {"settled": 7}


def test_the_code_is_the_same_when_neither_stream_takes_anything():
    for is_json in (False, True):
        with contextlib.redirect_stdout(Full()), contextlib.redirect_stderr(Full()):
            assert failure.report(Unsatisfied("no"), screen.Screen(is_json)) == 1
            assert failure.report(Unsatisfied("no"), screen.Screen(is_json), SETTLED) == 4
            screen.tell("Proving leg: 2 s")


@pytest.mark.parametrize("error, code", [(SystemExit(1), 4), (KeyboardInterrupt(), 4), (OSError(32, "Broken pipe"), 4)])
def test_whatever_leaves_a_command_that_has_settled_its_code_says_so(error, code, monkeypatch, capsys):
    def settle_and_fail(*_, obj: command.App, **__):
        obj.done = SETTLED
        raise error

    monkeypatch.setattr(main.zksettle, "main", settle_and_fail)
    assert main.main(["withdraw", "1 USDC"]) == code
    assert capsys.readouterr().err.startswith("settled at height 7")


def test_signals_wait_for_nothing_in_a_short_block_and_come_back_after_it():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with failure.uninterrupted():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
