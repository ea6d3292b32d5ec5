"""What receipts are made against: the height that an argument names, and a signed checkpoint that has it."""

import time

import click

from prover.cli.frame.command import App
from prover.cli.pool import log_run
from prover.machine import clock
from prover.network.mirrors import opening
from prover.network.wire.client import Client, NotFound
from prover.receipts import ownlegs
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint, note
from zk.errors import FormatError

POLL_S = 0.25


def height_of(ledger: Ledger, known: ownlegs.States, text: str) -> int:
    """The height that a number, a bundle's id or the id of an own order names."""
    try:
        return log_run.height_of(ledger, text)
    except (FormatError, click.UsageError):
        height = ownlegs.taken(ledger, known, text)
        if height is None:
            raise
        return height


def signed(app: App, ledger: Ledger, height: int, wait_s: int) -> str:
    """A signed checkpoint of the ledger with the event at this height: the newest final one, if there is one in time.

    A ledger that is here is signed here, beside what validators have brought to its service.
    """
    there = opening.url(app.home.pool)
    if there is None:
        final = finality.newest(ledger)
        if final is None or final.checkpoint.size <= height:
            return log_run.sign_newest(app, ledger)
        return log_run.signed_note(app, ledger, final.checkpoint) + final.signed.partition("\n\n")[2]
    until_s = time.monotonic() + wait_s
    has_validators = bool(ledger.parameters(clock.now_ms()).validators.members)
    with Client(there) as client:
        while has_validators:
            try:
                signed = client.get("/checkpoint/final").decode("utf-8", "replace")
                if checkpoint.parse(note.text_of(signed)).size > height:
                    ledger.update()
                    return signed
            except NotFound:
                pass
            if time.monotonic() > until_s:
                break
            time.sleep(POLL_S)
        signed = client.get("/checkpoint").decode("utf-8", "replace")
        ledger.update()
        return signed
