"""Runs `zksettle deposit`, `withdraw` and `pay`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import paths, workspace
from prover.cli.frame.command import App
from prover.cli.trader import contact_run, settled_run, show
from prover.desk import Desk, Settlement
from prover.machine import clock, files
from prover.trader import contacts, durations, moves, outbox
from settlement import amounts
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account


def deposit(app: App, **options: Any) -> None:
    """Takes an amount in and reports the receipt, or writes a request."""
    into = "the margined account of wallet {wallet}" if options["top_up"] else "wallet {wallet}"
    _move(app, f"came into {into}", Desk.deposit, **options)


def top_up(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    from_position: int | None, once: str | None,
) -> None:  # fmt: skip
    """Tops up the wallet's margined account out of its own cash and reports the receipt."""
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.top_up(" ".join(amount), position=position, from_position=from_position, once=once)
        sentence = f"The margined account of wallet {wallet_name} has {_show(desk, amount)} more."
        settled_run.report(app, desk, settlement, sentence)


def withdraw(app: App, **options: Any) -> None:
    """Pays an amount out and reports the receipt, or writes a request."""
    _move(app, "went out of wallet {wallet} to {party}", Desk.withdraw, **options)


def pay(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    receiver: str, once: str | None,
) -> None:  # fmt: skip
    """Pays an address and reports the receipt."""
    outbox.check(once)
    contacts.check_text(receiver)  # before anybody is asked for a passphrase
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        note = contact_run.uncompared(desk, [receiver])
        settlement = desk.pay(" ".join(amount), receiver, position=position, once=once)
        settled_run.report(app, desk, settlement, f"Wallet {wallet_name} paid {_show(desk, amount)}. {note}".rstrip())


def _move(
    app: App, happened: str, move: Callable[..., Settlement], *,
    amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, party: str, once: str | None,
    request_file: Path | None, expires: str | None, **how: Any,
) -> None:  # fmt: skip
    """Deposits or withdraws: settles with `move`, or writes the file of a request."""
    outbox.check(once)  # before anybody is asked for a passphrase
    text = " ".join(amount)
    if request_file is not None:
        length = moves.REQUEST_EXPIRES if expires is None else expires
        _check_request(request_file, length, once)
        with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
            is_withdrawal = move is Desk.withdraw
            data = desk.request(text, withdrawal=is_withdrawal, party=party, expires=length, **how)
            files.replace(request_file, data, files.PUBLIC_FILE)
            _report_request(app, desk, request_file, data)
        return
    if expires is not None:
        raise click.UsageError("--expires is for --request: a move that settles at once needs no time")
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = move(desk, text, party=party, once=once, **how)
        (flow,) = (flow for flow in settlement.bundle.legs[0].flows if flow.account is Account.OUTSIDE)
        symbol = desk.pool.assets[flow.asset].symbol
        settled_run.report(
            app, desk, settlement,
            f"{_show(desk, amount)} {happened.format(wallet=wallet_name, party=party)}. This machine is the custodian "
            f"of {symbol} and attested it, reference {show.reference(flow)}.",
        )  # fmt: skip


def _check_request(path: Path, expires: str, once: str | None) -> None:
    """Raises before anybody is asked for a passphrase, or a file that may be signed is overwritten."""
    if once is not None:
        raise click.UsageError("--once is not for --request: the same --reference settles once")
    durations.parse_ms(expires)
    paths.check_folder(path)
    if path.exists():
        raise FileExistsError(f"there is a file at {path} already, which may be a request that is signed")


def _report_request(app: App, desk: Desk, path: Path, data: bytes) -> None:
    bundle = encoding.decode_bundle(data)
    (leg,) = bundle.legs
    (flow,) = (flow for flow in leg.flows if flow.account is Account.OUTSIDE)
    app.screen.say(f"The request is in {path}; nothing has settled.", "good")
    app.screen.fields([
        ("payment", show.flow_text(flow, desk.pool)),
        ("reference", show.reference(flow)),
        ("until", clock.text(leg.expiry_ms)),
        ("next", f"the custodian of {desk.pool.assets[flow.asset].symbol} runs `zksettle custodian sign {path}`"),
        ("then", f"anybody runs `zksettle ledger submit {path}`"),
    ])  # fmt: skip
    if flow.amount < 0:
        app.screen.say("If its account moves before, the request is void: write another.", "warn")
    if leg.public.adds:
        app.screen.say(
            "The request is void as soon as its account moves or the next prices are published. A deposit without "
            "--top-up waits for its custodian, and `zksettle top-up` then moves it at once.", "warn",
        )  # fmt: skip
    app.screen.document({
        "request": str(path),
        "bundle": digests.bundle_id(bundle).hex(),
        "payment": show.flow_json(flow, desk.pool),
        "expiry_ms": leg.expiry_ms,
    })  # fmt: skip


def _show(desk: Desk, amount: tuple[str, ...]) -> str:
    asset, count = amounts.parse(" ".join(amount), desk.pool)
    return amounts.show(count, desk.pool.assets[asset])
