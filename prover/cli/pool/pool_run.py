"""Runs `zksettle pool …`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import pairs, watching, workspace
from prover.cli.frame.command import App, Done
from prover.cli.frame.screen import printable, short
from prover.cli.pool import founding_run
from prover.cli.trader import final, show
from prover.guardian import guardianfile
from prover.machine import clock
from prover.network.mirrors import opening
from prover.operator import creation, defaults, founderkeys, founding, ownkey
from prover.operator.ownkey import CUSTODIAN, GOVERNOR, ORACLE, Role
from prover.trader import silence
from prover.upkeep import warmup
from settlement import amounts
from settlement.pool import poolfile
from settlement.pool.assets import HELD, NUMERAIRE, SLOTS, Asset, Loan, Option
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from zk import signature
from zk.curves.babyjubjub import Point

LIGHT = (
    "The copy here is a light one: that proofs and rules were checked is taken from the pool's validators."
    " `zksettle pool join --full` checks all of it."
)
DEVELOPMENT = "The proving keys were made by one party, who could forge proofs: this is a development pool."

_HELD, _CLAIMS = range(HELD), range(HELD, SLOTS)


def new(app: App, name: str, insecure_dev: bool, custodians: tuple[str, ...], **chosen: Any) -> None:
    """Creates a pool and shows it."""
    texts = pairs.parse(custodians, "ASSET=KEY, with a key of `zksettle custodian key`")
    named = {symbol: ownkey.parse_key(text, CUSTODIAN) for symbol, text in texts.items()}
    defaults.check_symbols(named)
    choices = founding_run.choices(**chosen)
    founding.check(choices)
    home, now_ms = app.home, clock.now_ms()
    try:
        keystore = creation.choose_keys(home, now_ms, insecure_dev=insecure_dev)
    except creation.NoCeremony as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    creation.check_vacant(home)  # before anything that takes minutes
    with watching.show_progress(app):
        warmup.compile_kernels()
        pool = creation.create(home, keystore, name, now_ms, named, choices)
    remedy = "`zksettle pool show` shows it."
    app.done = Done(f"the pool is created in {home.pool.path}", {"folder": str(home.pool.path)}, remedy)
    app.screen.say(f"The pool is created, with its ledger and its secrets: keep a copy of {home.pool.path}.")
    display(app, pool)


def show_pool(app: App) -> None:
    """Shows the home's pool."""
    with workspace.ledger(app, read_only=True) as ledger:
        now_ms = clock.now_ms()
        more = {"insurance": silence.document(ledger, now_ms), **final.sizes(ledger)}
        told = silence.sentence(ledger, now_ms), more, final.pool_fields(ledger)
        display(app, ledger.pool, ledger.parameters(now_ms), *told)
    if (joined := opening.joined(app.home.pool)) is not None and joined.is_light:
        app.screen.paragraph(LIGHT)


def show_parameters(app: App) -> None:
    """Prints the parameters with which a pool like the home's can be founded, or those of the defaults."""
    if app.home.pool.exists():
        with workspace.ledger(app, read_only=True) as ledger:
            values = founding.record(ledger.parameters(clock.now_ms()))
    else:
        values = founding.default_record()
    app.screen.block(json.dumps(values, indent=1))
    app.screen.document(values)


def display(
    app: App, pool: Pool, parameters: Parameters | None = None, warning: str | None = None,
    more: dict[str, Any] | None = None, extra: show.Fields | None = None,
) -> None:  # fmt: skip
    """Shows a pool, with the parameters that are in force; the first unless others are given.

    `warning` says whether its insurance has shown itself; `extra` is shown besides, and `more` in JSON.
    """
    screen, now = app.screen, parameters or pool.parameters
    screen.fields([
        ("pool", printable(pool.name)),
        ("ledger id", poolfile.ledger_id(pool).hex()),
        ("oracles", _oracles(app, now)),
        ("custodians", "\n".join(_custodians(app, pool))),
        ("guardians", _guardians(app, now)),
        ("governance", _governance(app, pool)),
        ("operator", f"signs checkpoints with the key {pool.operator.hex()[:16]}{_here(app.home.pool.operator)}"),
        ("validators", _validators(now)),
        *(extra or []),
        ("parameters", f"version {now.version}"),
        ("fees", _fees(pool, now)),
        ("board", _board(pool, now)),
        ("grids hold", f"{now.limits.grid_age_ms // 60_000} minutes"),
        ("verifying keys", ", ".join(f"{key.statement} {key.digest.hex()[:8]}" for key in pool.keys)),
        *show.keys_fields(pool, app.home.keys),
    ])  # fmt: skip
    screen.table(
        (">slot", "asset", "kind", ">decimals", "terms", "factor", ">own move", ">least volatility"),
        [_asset_row(pool, now, slot) for slot, asset in enumerate(pool.assets) if not asset.is_unused],
    )
    held, claims = ([str(slot) for slot in half if pool.assets[slot].is_unused] for half in (_HELD, _CLAIMS))
    screen.paragraph(
        f"Slots 0 to {HELD - 1} are held outside, and nobody can owe them; slots {HELD} to {SLOTS - 1} are claims of"
        f" members on each other. Unused: {', '.join(held) or 'none'} of the first, {', '.join(claims) or 'none'} of"
        " the second."
    )
    if now.guardians is None:
        screen.say("The pool has no guardians, so nobody can owe anything.", "warn")
    elif now.guardians.members == 1:
        screen.say("The pool has a single guardian, who alone sees every margined account and can seize it.", "warn")
    if warning:
        screen.paragraph(warning, "warn")
    if pool.insecure_dev:
        screen.say(DEVELOPMENT, "warn")
    shown = {name: value for name, value in (more or {}).items() if value is not None}
    screen.document({**document(pool, now, app.home.keys), **shown})


def _custodians(app: App, pool: Pool) -> list[str]:
    """One line for each custodian: its key, and what it holds."""
    secret = ownkey.find(app.home, CUSTODIAN)
    own = None if secret is None else signature.public(secret)
    lines = []
    for key in dict.fromkeys(asset.custodian for asset in pool.assets if asset.custodian is not None):
        symbols = ", ".join(asset.symbol for asset in pool.assets if asset.custodian == key)
        lines.append(f"{short(ownkey.show_key(key), 16)} of {symbols}{' (this machine)' if key == own else ''}")
    return lines


def _guardians(app: App, parameters: Parameters) -> str:
    """Who guards margined accounts, and how many of their shares are on this machine, in words."""
    guardians = parameters.guardians
    if guardians is None:
        return "none"
    here = sum(one.number == guardians.number for one in guardianfile.here(app.home.guardians))
    place = "all of them on this machine" if here == guardians.members else f"{here} of them on this machine"
    return f"{guardians.threshold} of {guardians.members} open and seize margined accounts ({place})"


def _oracles(app: App, parameters: Parameters) -> str:
    """Who prices the assets, in words."""
    keys = parameters.oracle_keys
    return f"{len(keys)}, of whom {parameters.quorum} must agree to a price{_keys_here(app, ORACLE, keys)}"


def _governance(app: App, pool: Pool) -> str:
    """Who may change the parameters, in words."""
    governance = pool.governance
    place = _keys_here(app, GOVERNOR, governance.keys)
    who = f"{governance.quorum} of {len(governance.keys)} change the parameters{place}"
    return f"{who}, {governance.delay_ms // 60_000} minutes after it is announced"


def _validators(parameters: Parameters) -> str:
    """Who cosigns the log's checkpoints, in words."""
    validators = parameters.validators
    if not validators.members:
        return "none: nobody sees to it that the operator shows everybody the same history"
    names = ", ".join(printable(each.name) for each in validators.members)
    return f"{validators.quorum} of {len(validators.members)} make a checkpoint final: {names}"


def _keys_here(app: App, role: Role, keys: Sequence[Point]) -> str:
    """How many of these keys are on this machine, in words."""
    count = len(founderkeys.among(app.home, role, keys))
    place = "this machine" if count == len(keys) else f"{count} of them on this machine"
    return f" ({place})" if count else ""


def _here(path: Path) -> str:
    return " (this machine)" if path.exists() else ""


def _fees(pool: Pool, parameters: Parameters) -> str:
    """The fees, in words."""
    numeraire = pool.assets[NUMERAIRE]
    fees = {"a leg": parameters.fees.leg, "an order": parameters.fees.order}
    return ", ".join(f"{amounts.show(fee, numeraire)} for {what}" for what, fee in fees.items() if fee) or "none"


def _board(pool: Pool, parameters: Parameters) -> str:
    """What the board asks of orders, in words."""
    board = parameters.board
    accepted = [amounts.show(least, asset) for least, asset in zip(board.funds, pool.assets, strict=True) if least]
    if not accepted:
        return "asks for no funds"
    rule = "takes only orders" if board.funds_required else "when it is full, keeps orders"
    return f"{rule} of accounts that show one of these:\n{', '.join(accepted)}"


def _asset_row(pool: Pool, parameters: Parameters, slot: int) -> tuple[str, ...]:
    asset, risk = pool.assets[slot], parameters.risk[slot]
    mover = "" if risk.factor is None else pool.assets[risk.factor].symbol

    def percent(bps: int) -> str:
        return f"{bps / 100:g} %" if bps else ""

    return (
        str(slot), asset.symbol, asset.kind, str(asset.decimals), _terms(pool, asset), mover,
        percent(risk.own_move_bps), percent(risk.least_volatility_bps),
    )  # fmt: skip


def _terms(pool: Pool, asset: Asset) -> str:
    """What a claim is, in words; nothing for a held asset."""
    terms = asset.terms
    if terms is None:
        return ""
    underlying = pool.assets[terms.underlying].symbol
    if not isinstance(terms, Option):
        return f"of {underlying}" if isinstance(terms, Loan) else f"on {underlying}"
    strike = amounts.show_price(terms.strike, asset, pool.assets[NUMERAIRE])
    return f"{'call' if terms.is_call else 'put'} on {underlying} at {strike}, until {clock.text(terms.expiry_ms)}"


def document(pool: Pool, parameters: Parameters, keys: Path) -> dict[str, Any]:
    """A pool as JSON values, with the parameters in force; `keys` is the folder of this home's keys."""
    return {
        "name": printable(pool.name),
        "ledger_id": poolfile.ledger_id(pool).hex(),
        "assets": [
            {**asdict(asset), "custodian": asset.custodian and ownkey.show_key(asset.custodian)}
            for asset in pool.assets
        ],
        "operator": pool.operator.hex(),
        "governance": {
            "keys": [[str(x), str(y)] for x, y in pool.governance.keys],
            "quorum": pool.governance.quorum,
            "delay_ms": pool.governance.delay_ms,
        },
        "parameters": poolfile.parameters_json(parameters),
        "keys": {
            key.statement: {"fingerprint": key.fingerprint, "digest": key.digest.hex(), "transcript": key.transcript}
            for key in pool.keys
        },
        **show.keys_json(pool, keys),
    }
