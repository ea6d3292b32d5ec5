"""Runs `zksettle custodian sign` and `status`."""

from dataclasses import replace
from pathlib import Path

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App, Done
from prover.cli.trader import consent, show
from prover.machine import clock, files
from prover.operator import attesting, ownkey
from prover.operator.attesting import Request
from prover.operator.ownkey import CUSTODIAN
from prover.upkeep import warmup
from settlement import amounts, engine
from settlement.bundles import encoding
from settlement.engine import Receipt
from settlement.pool.pool import Pool


def sign(app: App, request_file: Path, output: Path | None, is_submitted: bool, is_agreed: bool) -> None:
    """Shows a request, asks, writes it with the custodian's signature, and settles it if that is asked for."""
    secret = ownkey.read(app.home, CUSTODIAN)
    target = output or request_file
    paths.check_folder(target)
    data = paths.read_bytes(request_file, encoding.MAX_BUNDLE_BYTES)
    with workspace.ledger(app, read_only=not is_submitted) as ledger:
        with watching.show_progress(app):
            warmup.compile_kernels()
            request = attesting.examine(ledger, data, secret, clock.now_ms())
        lines = _lines(request, ledger.pool)
        consent.decide(app, lines, "Sign?", f"{'; '.join(lines)}.", must_ask=not is_agreed, remedy="--yes")
        signed = attesting.sign(ledger.pool, request, secret)
        files.replace(target, signed, files.PUBLIC_FILE)
        receipt = engine.submit(ledger, signed, clock.now_ms()) if is_submitted and request.is_complete else None
        if receipt is not None:
            settled = {"settled": show.receipt_json(receipt)}
            app.done = Done(f"settled at height {receipt.height}", settled, "`zksettle custodian status` lists it.")
        with app.screen.delivering():
            app.screen.say(f"Signed: {target}. {_next(request, target, receipt)}", "good")
            app.screen.document({
                "signed": str(target),
                "complete": request.is_complete,
                "payments": [
                    {**show.flow_json(payment.flow, ledger.pool), "expiry_ms": payment.expiry_ms, "own": payment.is_own}
                    for payment in request.payments
                ],
                "settled": None if receipt is None else show.receipt_json(receipt),
            })  # fmt: skip
    if app.done is not None:
        app.done = replace(app.done, is_complete=True)


def _next(request: Request, target: Path, receipt: Receipt | None) -> str:
    """What has become of a signed request, or what is left to do."""
    if receipt is not None:
        return f"Settled at height {receipt.height}."
    if not request.is_complete:
        return "Other custodians must sign it too."
    return f"`zksettle ledger submit {target}` settles it."


def status(app: App, limit: int) -> None:
    """Shows the custodian's accounts and the newest payments."""
    secret = ownkey.read(app.home, CUSTODIAN)
    with workspace.ledger(app, read_only=True) as ledger:
        accounts, rows = attesting.accounts(ledger, secret), attesting.settled(ledger, secret)
        times = {row.height: ledger.reader.event(row.height) for row in rows[-limit:]}
        if not accounts:
            app.screen.say("The key on this machine is not a custodian's of this pool: `zksettle pool show`.", "warn")
        if accounts:
            app.screen.table(
                ("asset", ">held for the ledger", ">paid in", ">paid out"),
                [
                    (a.asset.symbol, *(amounts.number(n, a.asset.decimals) for n in (a.reserve, a.paid_in, a.paid_out)))
                    for a in accounts
                ],
            )
        if rows:
            app.screen.gap()
            app.screen.table(
                (">height", "time", "payment", "reference"),
                [
                    (
                        str(row.height), clock.text(event.created_ms if (event := times[row.height]) else 0),
                        show.flow_text(row.flow, ledger.pool), show.reference(row.flow),
                    )
                    for row in rows[-limit:]
                ],
            )  # fmt: skip
        app.screen.document({
            "custodian": ownkey.key_text(secret),
            "assets": [
                {
                    "asset": a.asset.symbol, "reserve": str(a.reserve), "paid_in": str(a.paid_in),
                    "paid_out": str(a.paid_out),
                }
                for a in accounts
            ],
            "payments": [{"height": row.height, **show.flow_json(row.flow, ledger.pool)} for row in rows[-limit:]],
        })  # fmt: skip


def _lines(request: Request, pool: Pool) -> list[str]:
    """What a request is about, one payment a line.

    What the requester wrote stands between quotation marks, so that it cannot pass for anything else.
    """
    lines = []
    for payment in request.payments:
        flow, until = payment.flow, clock.text(payment.expiry_ms)
        whose = "" if payment.is_own else ", which another custodian signs"
        signed = ", signed already" if payment.is_signed else ""
        way = "in, from" if flow.amount > 0 else "out, to"
        amount = amounts.show(abs(flow.amount), pool.assets[flow.asset])
        party, reference = _quoted(show.party(flow)), _quoted(show.reference(flow))
        lines.append(f"{amount} {way} {party}, reference {reference}, until {until}{whose}{signed}")
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
