"""Runs `zksettle receipt net`, and verifies a net receipt."""

from collections.abc import Sequence
from pathlib import Path

import click

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import receipt_checkpoint, receipt_show
from prover.machine import clock, files
from prover.receipts import netfile, ownlegs
from prover.receipts.netfile import Chosen
from prover.trader.sessions import Session
from prover.upkeep import warmup
from settlement.bundles import encoding
from settlement.pool import fingerprint
from zk.errors import FormatError, Unsatisfied


def make(
    app: App, bundles: Sequence[str], name: str, since: str | None, until: str | None, purpose: str, output: Path,
    passphrase_file: Path | None, wait_s: int,
) -> None:  # fmt: skip
    """Writes a net receipt of the wallet's legs of these bundles, or of a period, and verifies it as a stranger."""
    paths.check_folder(output)
    netfile.check_purpose(purpose)
    if bool(bundles) == (since is not None or until is not None) or (since is None) != (until is None):
        raise click.UsageError("name bundles, or a period with --from and --to")
    period = None if since is None or until is None else (clock.parse(since), clock.parse(until))
    with workspace.open_desk(app, name, passphrase_file) as desk:
        session = desk.session
        session.wallet.check_moves()
        desk.sync()
        ledger, known = session.ledger, ownlegs.states(session.file)
        if period is None:
            heights = sorted({receipt_checkpoint.height_of(ledger, known, each) for each in bundles})
        else:
            heights = ownlegs.period(ledger, session.file, *period)
        chosen, left_out = _chosen(session, known, heights)
        if not chosen:
            raise Unsatisfied("the wallet has no leg in them that it can open")
        warmup.compile_kernels()
        signed = receipt_checkpoint.signed(app, ledger, heights[-1], wait_s)
        data = netfile.make(ledger, chosen, purpose, signed)
        verified = netfile.verify(data, fingerprint.of(ledger.pool))
        files.replace(output, data)  # not for everybody on this machine
        app.screen.say(f"The net receipt is in {output}.", "good")
        app.screen.fields(receipt_show.net_fields(verified))
        for text in left_out:
            app.screen.say(f"Left out: {text}.", "warn")
        if verified.shows_one_leg:
            text = "All but one of its legs are public, or it has no other: it shows all that this one changed."
            app.screen.say(text, "warn")
        if verified.signers.quorum and not verified.signers.is_final:
            app.screen.say("It is settled, and not final yet: make it again later.", "warn")
        app.screen.document({"file": str(output), **receipt_show.net_document(verified), "left_out": left_out})


def verify(app: App, data: bytes, expected: str) -> None:
    """Verifies a net receipt, and shows what it says and what it does not."""
    with watching.show_progress(app):
        warmup.compile_kernels()
        verified = netfile.verify(data, expected)
    app.screen.say("The net receipt is valid.", "good")
    app.screen.fields(receipt_show.net_fields(verified))
    app.screen.say(
        "Whoever moved each of these accounts has signed it. It does not show that there are no other legs, nor that "
        "all of them are of one owner."
    )
    app.screen.document({"valid": True, **receipt_show.net_document(verified)})


def _chosen(session: Session, known: ownlegs.States, heights: Sequence[int]) -> tuple[list[Chosen], list[str]]:
    """The own legs of the bundles at these heights, and a phrase for each leg that cannot be opened."""
    chosen, left_out = [], []
    for height in heights:
        stored = session.ledger.reader.bundle(height)
        if stored is None:
            raise FormatError(f"there is no bundle at height {height}")
        found = ownlegs.find(session.wallet, known, encoding.decode_bundle(stored[1]))
        left_out += [f"leg {leg} at height {height}, because {why}" for leg, why in found.unopened.items()]
        if not found.legs and not found.unopened:
            left_out.append(f"the bundle at height {height}, because none of its legs is this wallet's")
        if found.legs:
            chosen.append(Chosen(stored[0], found.legs))
    return chosen, left_out
