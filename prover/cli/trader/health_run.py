"""Runs `zksettle wallet health`: what margined accounts are worth, in every scenario, and what they cost."""

from pathlib import Path
from typing import Any

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.machine import clock
from prover.trader import archive, health, keys, sessions, shocks, silence
from prover.trader.health import Carry, Health, Report
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool
from settlement.risk import risk

WORST = 4  # scenarios of each grid that are shown as text; --json shows all


def show_health(
    app: App, name: str, passphrase_file: Path | None, shock: tuple[str, ...], position: int | None
) -> None:  # fmt: skip
    """Syncs a wallet and shows the health of its margined accounts."""
    with workspace.open_desk(app, name, passphrase_file) as desk:
        session, pool, now_ms = desk.session, desk.pool, clock.now_ms()
        moves = shocks.parse(shock, pool) if shock else None
        sessions.sync(session)
        key = keys.archive_key(keys.viewing_key(session.wallet.view))
        spent = archive.read(archive.beside(session.file.path), key)
        report = health.report(session.ledger, session.wallet, now_ms, moves, spent)
        accounts = () if report is None else report.accounts
        chosen = [i for i, each in enumerate(accounts) if position in (None, each.holding.position)]
        if not chosen:
            where = "" if position is None else f" at position {position}"
            app.screen.say(f"Wallet {name} has no margined account{where}, so no price can put it at risk.")
        if report is not None:
            for i in chosen:
                _show(app, session.ledger, report, i, ", ".join(shock))
            if report.carries:
                app.screen.fields([(_carry_name(pool, each), _value(pool, abs(each.value))) for each in report.carries])
            if chosen and not report.is_in_force:
                app.screen.say("These prices are too old to be in force: the oracles must publish.", "warn")
        if told := silence.sentence(session.ledger, now_ms):
            app.screen.paragraph(told, "warn")
        app.screen.document({
            "wallet": name,
            "epoch": None if report is None else report.epoch,
            "insurance": silence.document(session.ledger, now_ms),
            "in_force": report is not None and report.is_in_force,
            "accounts": [] if report is None else [_json(report, i) for i in chosen],
            "carries": [] if report is None else [
                {"asset": pool.assets[each.slot].symbol, "value": str(each.value), "complete": each.is_whole}
                for each in report.carries
            ],
        })  # fmt: skip


def warn(app: App, ledger: Ledger, accounts: tuple[Health, ...], name: str) -> None:
    """One sentence for each account that is in breach, or could trade nothing."""
    for each in accounts:
        app.screen.say(warning(ledger.pool, each, name), "warn")


def warning(pool: Pool, each: Health, name: str) -> str:
    """One sentence about an account that is in breach, or could trade nothing, and what to do."""
    where, cure = f"Account {each.holding.position}", f"--position {each.holding.position} --wallet {name}"
    if each.is_breached:
        needed = _numeraire(pool, each.to_be_safe)
        return (
            f"{where} is below its maintenance margin: the guardians may seize it at any moment. "
            f"`zksettle deposit --top-up {needed} {cure}` brings it back, or `zksettle top-up` from own cash."
        )
    needed = _numeraire(pool, each.to_trade)
    return (
        f"{where} is below its initial margin: it can trade nothing, and a further fall may end it. "
        f"`zksettle deposit --top-up {needed} {cure}` brings it back, or `zksettle top-up` from own cash."
    )


def _show(app: App, ledger: Ledger, report: Report, place: int, shock: str) -> None:
    each, pool = report.accounts[place], ledger.pool
    app.screen.say(f"Account {each.holding.position}: {show.line(each.holding.account.balances, pool)}", "strong")
    after = report.shocked[place] if report.shocked else None
    fields = [
        (f"worth at epoch {report.epoch}", _value(pool, each.worth)),
        ("initial margin", _margin(pool, min(each.initial), each.to_trade)),
        ("maintenance", _margin(pool, min(each.maintenance), each.to_be_safe)),
    ]
    if after is not None:
        fields += [
            (f"worth after {shock}", _value(pool, after.worth)),
            ("initial margin then", _margin(pool, min(after.initial), after.to_trade)),
            ("maintenance then", _margin(pool, min(after.maintenance), after.to_be_safe)),
        ]
    app.screen.fields(fields)
    state = after or each
    then = "Then it" if after is not None else "It"
    app.screen.table(("scenario", "factors", ">initial", ">maintenance"), _scenario_rows(ledger, state))
    if state.is_breached:
        app.screen.say(f"{then} is in breach: the guardians may seize it.", "warn")
    elif not state.can_trade:
        app.screen.say(f"{then} can trade nothing until it is topped up.", "warn")
    else:
        app.screen.say(f"{then} survives every scenario.", "good")


def _scenario_rows(ledger: Ledger, each: Health) -> list[tuple[str, str, str, str]]:
    """The worst scenarios of the maintenance grid, those alike in one row."""
    pool, newest = ledger.pool, ledger.reader.grids(1)[0].publication
    parameters, balances = ledger.parameters(clock.now_ms()), each.holding.account.balances
    moving = {parameters.risk[slot].factor for slot, balance in enumerate(balances) if balance}
    moves = risk.factor_moves(pool, parameters, newest.market, risk.MAINTENANCE)
    alike: dict[tuple[str, str, str], list[int]] = {}
    for scenario in sorted(range(len(each.maintenance)), key=each.maintenance.__getitem__):
        factors = ", ".join(
            f"{pool.assets[slot].symbol} {bps / 100:+.1f} %" for slot, bps in moves[scenario].items() if slot in moving
        )
        row = factors or "none", _value(pool, each.initial[scenario]), _value(pool, each.maintenance[scenario])
        alike.setdefault(row, []).append(scenario)
    return [
        (f"{scenarios[0]}" + (f" and {len(scenarios) - 1} alike" if scenarios[1:] else ""), *row)
        for row, scenarios in list(alike.items())[:WORST]
    ]


def _margin(pool: Pool, worst: int, needed: int) -> str:
    if worst >= 0:
        return f"{_value(pool, worst)} to spare in the worst scenario"
    return f"{_value(pool, worst)} in the worst scenario: {_numeraire(pool, needed)} more would do"


def _carry_name(pool: Pool, carry: Carry) -> str:
    asset = pool.assets[carry.slot]
    what = "interest" if asset.kind == "loan" else "funding"
    way = "paid" if carry.value < 0 else "received"
    since = "" if carry.is_whole else f", of the newest {health.MAX_EPOCHS:,} epochs"
    return f"{what} {way} on {asset.symbol}{since}"


def _value(pool: Pool, value: int) -> str:
    numeraire = pool.assets[amounts.NUMERAIRE]
    return f"{amounts.show_value(value, numeraire)} {numeraire.symbol}"


def _numeraire(pool: Pool, amount: int) -> str:
    return amounts.show(amount, pool.assets[amounts.NUMERAIRE])


def _json(report: Report, place: int) -> dict[str, Any]:
    shocked = report.shocked[place] if report.shocked else None
    return {
        "position": report.accounts[place].holding.position,
        **health_json(report.accounts[place]),
        "shocked": None if shocked is None else health_json(shocked),
    }  # fmt: skip


def health_json(each: Health) -> dict[str, Any]:
    """The health of an account as JSON values, in 10^-9 of the numeraire's smallest unit; top-ups in that unit."""
    return {
        "worth": str(each.worth),
        "initial": list(map(str, each.initial)),
        "maintenance": list(map(str, each.maintenance)),
        "can_trade": each.can_trade,
        "breached": each.is_breached,
        "top_up_to_trade": str(each.to_trade),
        "top_up_to_be_safe": str(each.to_be_safe),
    }
