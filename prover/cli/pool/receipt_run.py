"""Runs `zksettle receipt …`."""

import time
from pathlib import Path

import click

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import log_run
from prover.cli.trader import show
from prover.machine import clock
from prover.network import opening, receiptfile
from prover.network.client import Client, NotFound
from prover.network.receiptfile import Verified
from prover.upkeep import warmup
from settlement import events, finality, poolfile
from settlement import fingerprint as fingerprints
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import checkpoint, note
from zk.errors import FormatError

POLL_S = 0.25


def save(app: App, bundle: str, output: Path, wait_s: int) -> None:
    """Writes a bundle's receipt, final if it is by then, and verifies it as a stranger would."""
    paths.check_folder(output)
    with watching.show_progress(app), workspace.ledger(app, read_only=True) as ledger:
        warmup.compile_kernels()
        height = log_run.height_of(ledger, bundle)
        event = ledger.reader.event(height)
        if event is None or event.kind != events.BUNDLE:
            raise FormatError(f"there is no bundle at height {height}")
        bundle_id = BundleId(event.body[:32])
        data = receiptfile.make(ledger, bundle_id, _checkpoint(app, ledger, height, wait_s))
        assert data is not None, "the checkpoint has the bundle"
        verified = receiptfile.verify(data, fingerprints.of(ledger.pool))
        paths.write_text(output, data.decode())
        app.screen.say(f"The receipt is in {output}.", "good")
        app.screen.fields(_fields(verified))
        if verified.quorum and not verified.is_final:
            app.screen.say("It is settled, and not final yet: save it again later.", "warn")
        app.screen.document({"file": str(output), **_document(verified)})


def verify(app: App, receipt_file: Path, fingerprint: str | None) -> None:
    """Verifies a receipt's file, and shows what it says."""
    data = paths.read_bytes(receipt_file, receiptfile.MAX_BYTES)
    if fingerprint is None:
        if not app.home.pool.exists():
            raise click.UsageError("there is no pool here: say --fingerprint DIGITS")
        with Ledger.open(app.home.ledger, read_only=True) as ledger:
            fingerprint = fingerprints.of(ledger.pool)
    fingerprints.check_form(fingerprint)
    with watching.show_progress(app):
        warmup.compile_kernels()
        verified = receiptfile.verify(data, fingerprint)
    app.screen.say("The receipt is valid.", "good")
    app.screen.fields(_fields(verified))
    app.screen.document({"valid": True, **_document(verified)})


def _checkpoint(app: App, ledger: Ledger, height: int, wait_s: int) -> str:
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


def _fields(found: Verified) -> show.Fields:
    legs = f"{len(found.bundle.legs)} accounts moved" if len(found.bundle.legs) != 1 else "one account moved"
    flows = [show.flow_text(flow, found.pool) for leg in found.bundle.legs for flow in leg.flows]
    times = [f"{name}, {clock.text(time_s * 1000)}" for name, time_s in found.cosigned.items()]
    count = f"{len(found.cosigned)} of {found.quorum} validators" if found.quorum else "the pool has no validators"
    return [
        ("ledger id", poolfile.ledger_id(found.pool).hex()),
        ("bundle", found.bundle_id.hex()),
        ("settled", f"at height {found.event.height}, {clock.text(found.event.created_ms)}"),
        ("final", f"yes, by {count}" if found.is_final else f"no: {count}"),
        *([("cosigned by", "\n".join(times))] if times else []),
        ("public of it", "\n".join([legs, *flows])),
    ]


def _document(found: Verified) -> dict[str, object]:
    return {
        "ledger_id": poolfile.ledger_id(found.pool).hex(),
        "bundle": found.bundle_id.hex(),
        "height": found.event.height,
        "positions": list(found.positions),
        "created_ms": found.event.created_ms,
        "checkpoint": {"size": found.checkpoint.size, "root": found.checkpoint.root.hex()},
        "final": found.is_final,
        "cosigned": found.cosigned,
        "quorum": found.quorum,
        "legs": len(found.bundle.legs),
        "flows": [show.flow_json(flow, found.pool) for leg in found.bundle.legs for flow in leg.flows],
    }
