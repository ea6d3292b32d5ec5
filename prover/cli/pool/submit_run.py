"""Runs `zksettle ledger submit`."""

from dataclasses import replace
from pathlib import Path

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import show
from prover.machine import clock
from prover.upkeep import warmup
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.checks import checks


def submit(app: App, bundle_file: Path) -> None:
    """Settles a finished bundle, unless it settled before, and reports its place."""
    data = paths.read_bytes(bundle_file, encoding.MAX_BUNDLE_BYTES)
    bundle_id = digests.bundle_id(checks.decode_bundle(data))
    with workspace.ledger(app) as ledger:
        height = ledger.reader.bundle_height(bundle_id)
        if height is not None:
            app.screen.say(f"This bundle settled before, at height {height}: nothing was done now.", "warn")
            app.screen.document({"bundle": bundle_id.hex(), "height": height, "repeated": True})
            return
        with watching.show_progress(app):
            warmup.compile_kernels()
            receipt = engine.submit(ledger, data, clock.now_ms())
        app.done = Done(f"settled at height {receipt.height}", {"settled": show.receipt_json(receipt)})
        with app.screen.delivering():
            app.screen.say(f"Settled at height {receipt.height}.", "good")
            app.screen.fields(show.receipt_fields(receipt))
            app.screen.document({**show.receipt_json(receipt), "repeated": False})
        app.done = replace(app.done, is_complete=True)
