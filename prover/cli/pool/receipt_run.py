"""Runs `zksettle receipt …`."""

from collections.abc import Sequence
from pathlib import Path

import click

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import log_run, receipt_checkpoint, receipt_show, receiptnet_run
from prover.machine import files
from prover.receipts import confirmation, netfile, ownlegs, receiptfile
from prover.receipts.openings import Opening
from prover.trader.wallets import Wallet
from prover.upkeep import warmup
from settlement import events
from settlement.bundles import encoding
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.pool import fingerprint as fingerprints
from zk.errors import FormatError

POLL_S = 0.25


def make(
    app: App, bundle: str, output: Path, name: str | None, legs: Sequence[int], passphrase_file: Path | None,
    wait_s: int,
) -> None:  # fmt: skip
    """Writes a bundle's receipt, final if it is by then, and verifies it as a stranger would."""
    paths.check_folder(output)
    if name is None:
        if legs:
            raise click.UsageError("--leg opens a leg of a wallet's: say --wallet NAME too")
        with watching.show_progress(app), workspace.ledger(app, read_only=True) as ledger:
            _make(app, ledger, log_run.height_of(ledger, bundle), output, wait_s)
        return
    with workspace.open_desk(app, name, passphrase_file) as desk:
        session = desk.session
        session.wallet.check_moves()
        desk.sync()
        ledger, known = session.ledger, ownlegs.states(session.file)
        height = receipt_checkpoint.height_of(ledger, known, bundle)
        stored = ledger.reader.bundle(height)
        found = [] if stored is None else _own(session.wallet, known, stored[1], legs)
        _make(app, ledger, height, output, wait_s, found)


def _own(wallet: Wallet, known: ownlegs.States, data: bytes, legs: Sequence[int]) -> list[Opening]:
    decoded = encoding.decode_bundle(data)
    chosen = ownlegs.chosen(ownlegs.find(wallet, known, decoded), decoded, legs)
    return [each.opening for each in chosen]


def _make(
    app: App, ledger: Ledger, height: int, output: Path, wait_s: int, opened: Sequence[Opening] = ()
) -> None:
    warmup.compile_kernels()
    event = ledger.reader.event(height)
    if event is None or event.kind != events.BUNDLE:
        raise FormatError(f"there is no bundle at height {height}")
    signed = receipt_checkpoint.signed(app, ledger, height, wait_s)
    data = receiptfile.make(ledger, BundleId(event.body[:32]), signed, opened)
    assert data is not None, "the checkpoint has the bundle"
    verified = receiptfile.verify(data, fingerprints.of(ledger.pool))
    if opened:
        files.replace(output, data)  # not for everybody on this machine
    else:
        paths.write_text(output, data.decode())
    app.screen.say(f"The receipt is in {output}.", "good")
    app.screen.fields(receipt_show.fields(verified))
    if verified.signers.quorum and not verified.is_final:
        app.screen.say("It is settled, and not final yet: make it again later.", "warn")
    app.screen.document({"file": str(output), **receipt_show.document(verified)})


def verify(app: App, receipt_files: Sequence[Path], fingerprint: str | None) -> None:
    """Verifies a receipt's file, or two as the confirmation of a trade, and shows what they say."""
    if len(receipt_files) > 2:
        raise click.UsageError("name one receipt, or the two of a trade")
    data = [paths.read_bytes(each, netfile.MAX_BYTES) for each in receipt_files]
    expected = fingerprint_of(app, fingerprint)
    if len(data) == 1 and netfile.is_net(data[0]):
        receiptnet_run.verify(app, data[0], expected)
        return
    with watching.show_progress(app):
        warmup.compile_kernels()
        verified = [receiptfile.verify(each, expected) for each in data]
    if len(verified) == 1:
        app.screen.say("The receipt is valid.", "good")
        app.screen.fields(receipt_show.fields(verified[0]))
        app.screen.document({"valid": True, **receipt_show.document(verified[0])})
        return
    confirmed = confirmation.confirm(*verified)
    app.screen.say("The receipts are valid, are the two sides of one trade, and agree.", "good")
    app.screen.fields([
        *receipt_show.fields(verified[0], is_opened=False), *receipt_show.confirmation_fields(confirmed, verified[0])
    ])  # fmt: skip
    app.screen.document({
        "valid": True, **receipt_show.document(verified[0]),
        "openings": [receipt_show.opening_json(each, verified[0]) for of in verified for each in of.openings],
        "confirmation": receipt_show.confirmation_json(confirmed, verified[0].pool),
    })  # fmt: skip


def fingerprint_of(app: App, text: str | None) -> str:
    """The fingerprint that was given, or that of the pool here.  Raises FormatError for what is none."""
    if text is None:
        if not app.home.pool.exists():
            raise click.UsageError("there is no pool here: say --fingerprint DIGITS")
        with Ledger.open(app.home.ledger, read_only=True) as ledger:
            text = fingerprints.of(ledger.pool)
    fingerprints.check_form(text)
    return text
