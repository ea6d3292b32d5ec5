"""Tells what a wallet has settled: at once, in one line, and then in full.

From the first line on the command ends with 0 or with 4, unless it is killed.  When the full report is printed and
flushed, the wallet notes that the outcome was told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from prover.cli.frame import failure, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import show
from prover.desk import Desk, Settlement
from prover.machine import clock


@contextmanager
def open_desk(app: App, wallet_name: str, passphrase_file: Path | None) -> Iterator[Desk]:
    """Opens a wallet to move something with it.  Every settlement must be given to `report`."""

    def announce(settlement: Settlement) -> None:
        _announce(app, settlement)

    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True, on_settled=announce) as desk:
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
        app.screen.fields(show.receipt_fields(settlement.receipt, is_repeated=settlement.is_repeated))
        app.screen.document({
            **show.receipt_json(settlement.receipt, is_repeated=settlement.is_repeated),
            "repeated": settlement.is_repeated,
            "closed_orders": show.closed_json(settlement.closed),
            "payments": [
                show.flow_json(flow, desk.pool) for leg in settlement.bundle.legs for flow in leg.flows
            ],
        })  # fmt: skip
    confirmed(app, lambda: desk.confirm(settlement))


def confirmed(app: App, confirm: Callable[[], None]) -> None:
    """Notes, with `confirm`, that the full report was printed.  The command ends with 0 if that succeeds."""
    assert app.done is not None, "told before it is done"
    app.done = replace(app.done, sentence=f"{app.done.sentence}, as reported", remedy="")
    with failure.uninterrupted():
        confirm()
        app.done = replace(app.done, is_complete=True)


def _announce(app: App, settlement: Settlement) -> None:
    """Says that it settled.  Never fails: what cannot be written now fails again in `report`."""
    receipt, is_first = settlement.receipt, app.done is None
    where = f"at height {receipt.height} (bundle {receipt.bundle_id.hex()})"
    app.done = Done(f"settled {where}", {"settled": show.receipt_json(receipt)})
    if not is_first:
        return
    with suppress(OSError):
        if not settlement.is_repeated:
            app.screen.say(f"Settled {where}.", "good")
            return
        is_untold = not settlement.entry.is_told
        why = "whose report did not arrive" if is_untold else "with the same --once"
        when = clock.text(settlement.settled_ms)
        app.screen.say(f"Settled {where} by an earlier run of this command, {why}, on {when}.", "warn")
        again = " To do it once more, repeat the command." if settlement.entry.key is None else ""
        app.screen.say(f"Nothing was done now.{again}", "warn")
