"""Tells what a wallet has settled or put on the board: at once, in one line, and then in full.

From the first line on the command ends with 0 or with 4, unless it is killed.  When the full report is printed and
flushed, the wallet notes that the outcome was told.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.cli.frame import failure, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import final, show
from prover.desk import Desk, Placed, Settlement
from prover.machine import clock


@contextmanager
def open_desk(app: App, wallet_name: str, passphrase_file: Path | None) -> Iterator[Desk]:
    """Opens a wallet to move something with it.  Every settlement must be given to `report`, every order confirmed."""

    def announce(outcome: Settlement | Placed) -> None:
        _announce(app, outcome)

    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True, on_done=announce) as desk:
        yield desk


def report(app: App, desk: Desk, settlement: Settlement, sentence: str) -> None:
    """Prints a settlement in full and notes in the wallet that it was told.

    Raises screen.Broken or OSError when that fails.
    """
    with app.screen.delivering():
        app.screen.say(sentence)
        if not settlement.receipt.is_checkpointed:
            app.screen.say("Its checkpoint beside the ledger could not be written: look at that disk.", "warn")
        for order in settlement.closed:
            app.screen.say(show.closed_text(order), "warn")
        ledger, height = desk.session.ledger, settlement.receipt.height
        fields = show.receipt_fields(settlement.receipt, is_repeated=settlement.is_repeated)
        app.screen.fields([*fields, *final.receipt_fields(ledger, height)])
        app.screen.document({
            **show.receipt_json(settlement.receipt, is_repeated=settlement.is_repeated),
            **final.receipt_json(ledger, height),
            "repeated": settlement.is_repeated,
            "legs": len(settlement.bundle.legs),
            "padding": _padding_json(desk, settlement),
            "closed_orders": show.closed_json(settlement.closed),
            "payments": [
                show.flow_json(flow, desk.pool) for leg in settlement.bundle.legs for flow in leg.flows
            ],
        })  # fmt: skip
    confirm(app, desk, settlement)


def _padding_json(desk: Desk, settlement: Settlement) -> dict[str, Any] | None:
    """What the dummy legs took, None for what an earlier run settled."""
    if settlement.is_repeated or not desk.session.padded:
        return None
    padding = desk.session.padded[-1]
    return {"dummy_legs": padding.legs, "proved_us": padding.us}


def confirm(app: App, desk: Desk, outcome: Settlement | Placed) -> None:
    """Notes in the wallet that the full report was printed.  The command ends with 0 if that succeeds."""
    assert app.done is not None, "told before it is done"
    app.done = replace(app.done, sentence=f"{app.done.sentence}, as reported", remedy="")
    with failure.uninterrupted():
        desk.confirm(outcome)
        app.done = replace(app.done, is_complete=True)


def _announce(app: App, outcome: Settlement | Placed) -> None:
    """Says that it is done.  Never fails: what cannot be written now fails again in the full report."""
    is_first = app.done is None
    document: dict[str, Any] = {"order": outcome.order_id} if isinstance(outcome, Placed) else {
        "settled": show.receipt_json(outcome.receipt, is_repeated=outcome.is_repeated)
    }  # fmt: skip
    app.done = Done(outcome.done, document)
    if is_first:
        with suppress(OSError):
            _say(app, outcome)


def _say(app: App, outcome: Settlement | Placed) -> None:
    what = outcome.done[0].upper() + outcome.done[1:]
    if not outcome.is_repeated:
        app.screen.say(f"{what}.", "good")
        return
    why = "with the same --once" if outcome.entry.is_told else "whose report did not arrive"
    if isinstance(outcome, Placed):
        now = "It is on the board." if outcome.is_open else "It is not on the board any more."
        app.screen.say(f"Order {outcome.order_id} was placed by an earlier run of this command, {why}. {now}", "warn")
    else:
        when = clock.text(outcome.settled_ms)
        app.screen.say(f"{what} by an earlier run of this command, {why}, on {when}.", "warn")
    again = " To do it once more, repeat the command." if outcome.entry.key is None else ""
    app.screen.say(f"Nothing was done now.{again}", "warn")
