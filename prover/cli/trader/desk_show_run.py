"""Runs `zksettle desk status` and `desk journal`, which need no passphrase."""

import json
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import failure
from prover.cli.frame.command import App
from prover.dealer import journal as journals
from prover.dealer import status as statuses
from prover.dealer.journal import Line
from prover.dealer.status import Status
from prover.machine import clock
from prover.trader import durations, sessions
from zk.errors import FormatError
from zk.formats import dataclassjson

SHOWN = ("strategy", "quote", "sells", "buys", "sold", "bought", "asked", "size", "bids", "offers", "what", "stop",
         "amount", "height")  # fmt: skip
"""What a line of text has beside its event and its reason; --json has all."""


def status(app: App, wallet_name: str) -> None:
    """Shows how the desk of a wallet is."""
    wallet, found = _last(app, wallet_name)
    is_running = statuses.is_running(wallet)
    now_ms = clock.now_ms()
    app.screen.document({"running": is_running, **(dataclassjson.write(found) if found else {})})
    if found is None:
        app.screen.say(f"Wallet {wallet_name} has no desk: start one with `zksettle desk run DESK.toml`.")
    else:
        app.screen.fields([*_fields(found, is_running, now_ms)])
        if found.quotes:
            app.screen.gap()
            app.screen.table(
                ("strategy", "quote", "sells", "buys", "order", "expires"),
                [
                    (each.strategy, each.name, each.sells, each.buys, _orders(each), clock.text(each.expires_ms))
                    for each in found.quotes
                ],
            )  # fmt: skip
    if not is_running:
        click.get_current_context().exit(failure.REFUSED)


def _fields(found: Status, is_running: bool, now_ms: int) -> list[tuple[str, str]]:
    """The status in words."""
    if is_running:
        state = f"runs as process {found.pid}, since {clock.text(found.started_ms)}"
    elif found.ended_ms is not None:
        state = f"ended at {clock.text(found.ended_ms)}"
    else:
        state = f"was killed after {clock.text(found.beat_ms)}"
    stay = ", where they can be taken until they expire"
    silent_ms = now_ms - found.beat_ms
    late = ": the desk is busy, or hangs" if silent_ms > 3 * statuses.BEAT_MS else ""
    return [
        ("desk", f"of wallet {found.wallet} {state}"),
        *([("last look", f"{silent_ms // 1000} s ago{late}")] if is_running else []),
        *([("trouble", found.trouble)] if found.trouble else []), ("rounds", f"{found.rounds:,}"),
        ("DESK.toml", found.config), ("journal", found.journal),
        ("quotes", f"{len(found.quotes)} on the board{stay if found.quotes and not is_running else ''}"),
    ]  # fmt: skip


def _orders(quote: statuses.Quote) -> str:
    first, *others = quote.orders  # one, or one for each lot
    return first[:16] if not others else f"{first[:16]} and {len(others)} more lot{'s' if len(others) > 1 else ''}"


def journal(app: App, since: str | None, events: tuple[str, ...], wallet_name: str) -> None:
    """Shows the journal of a wallet's desk."""
    _, found = _last(app, wallet_name)
    if found is None:
        raise FormatError(f"wallet {wallet_name} has no desk, and so no journal: see `zksettle desk run --help`")
    lines = [
        line for line in journals.read(Path(found.journal), _since_ms(since)) if not events or line.event in events
    ]
    for line in lines:
        app.screen.say(text(line), {"taken": "good", "cancelled all": "warn", "not moved": "bad"}.get(line.event, ""))
    if not lines:
        app.screen.say("The journal has no such line.")
    app.screen.document({"journal": found.journal, "lines": [
        {"ms": line.ms, "event": line.event, "why": line.why, **line.numbers} for line in lines
    ]})  # fmt: skip


def text(line: Line) -> str:
    """A line of the journal as people read it."""
    shown = [(name, line.numbers.get(name)) for name in SHOWN]
    numbers = [
        f"{name} {_short(value)}" for name, value in shown
        if value not in (None, "", []) and not isinstance(value, bool)
    ]  # fmt: skip
    return f"{clock.text(line.ms)}  {line.event:<13} {'; '.join([line.why, *numbers])}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return value if isinstance(value, str) else json.dumps(value)


def _since_ms(text: str | None) -> int:
    """A time, or a length of time before now.  Raises FormatError."""
    if text is None:
        return 0
    try:
        return clock.now_ms() - durations.parse_ms(text)
    except FormatError:
        pass
    try:
        return clock.parse(text)
    except FormatError:
        known = "a time, such as 2026-11-22 14:30, nor how long ago, such as 2h"
        raise FormatError(f"{text[:40]!r} is neither {known}") from None


def _last(app: App, wallet_name: str) -> tuple[Path, Status | None]:
    """The wallet's file, and what its last desk said."""
    sessions.check_wallet(app.home, wallet_name)
    wallet = app.home.wallet(wallet_name)
    return wallet, statuses.read(wallet)
