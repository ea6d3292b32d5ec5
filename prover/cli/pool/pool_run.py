"""Runs `zksettle pool …`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import pairs, watching, workspace
from prover.cli.frame.command import App, Done
from prover.cli.frame.screen import printable, short
from prover.cli.trader import show
from prover.machine import clock
from prover.operator import creation, custodian, defaults
from prover.upkeep import warmup
from settlement import amounts, poolfile
from settlement.pool import Asset, Pool
from zk import signature

DEVELOPMENT = (
    "The proving keys were made by one party, who could forge proofs: this is a development pool."
)


def new(app: App, name: str, insecure_dev: bool, custodians: tuple[str, ...], funds_required: bool) -> None:
    """Creates a pool and shows it."""
    texts = pairs.parse(custodians, "ASSET=KEY, with a key of `zksettle custodian key`")
    named = {symbol: custodian.parse_key(text) for symbol, text in texts.items()}
    defaults.check_symbols(named)
    home, now_ms = app.home, clock.now_ms()
    try:
        keystore = creation.choose_keys(home, now_ms, insecure_dev=insecure_dev)
    except creation.NoCeremony as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    creation.check_vacant(home)  # before anything that takes minutes
    with watching.show_progress(app):
        warmup.compile_kernels()
        pool = creation.create(home, keystore, name, now_ms, named, funds_required=funds_required)
    remedy = "`zksettle pool show` shows it."
    app.done = Done(f"the pool is created in {home.pool.path}", {"folder": str(home.pool.path)}, remedy)
    app.screen.say(f"The pool is created, with its ledger and its oracles' secrets: keep a copy of {home.pool.path}.")
    display(app, pool)


def show_pool(app: App) -> None:
    """Shows the home's pool."""
    with workspace.ledger(app, read_only=True) as ledger:
        display(app, ledger.pool)


def display(app: App, pool: Pool) -> None:
    """Shows a pool."""
    screen = app.screen
    screen.fields([
        ("pool", printable(pool.name)),
        ("ledger id", poolfile.ledger_id(pool).hex()),
        ("oracles", f"{len(pool.oracle_keys)}, of whom {pool.quorum} must agree to a price"),
        ("custodians", "\n".join(_custodians(app, pool))),
        ("board", _board(pool)),
        ("grids hold", f"{pool.limits.grid_age_ms // 60_000} minutes"),
        ("verifying keys", f"leg {pool.leg.digest.hex()[:16]}, margin {pool.margin.digest.hex()[:16]}"),
        *show.keys_fields(pool, app.home.keys),
    ])  # fmt: skip
    screen.table(
        ("asset", "kind", ">decimals", "factor", ">volatility", ">delta", ">gamma", ">haircut"),
        [_asset_row(pool, asset) for asset in pool.assets],
    )
    if pool.insecure_dev:
        screen.say(DEVELOPMENT, "warn")
    screen.document(document(pool, app.home.keys))


def _custodians(app: App, pool: Pool) -> list[str]:
    """One line for each custodian: its key, and what it holds."""
    secret = custodian.find(app.home.custodian)
    own = None if secret is None else signature.public(secret)
    lines = []
    for key in dict.fromkeys(asset.custodian for asset in pool.assets):
        symbols = ", ".join(asset.symbol for asset in pool.assets if asset.custodian == key)
        lines.append(f"{short(custodian.show_key(key), 16)} of {symbols}{' (this machine)' if key == own else ''}")
    return lines


def _board(pool: Pool) -> str:
    """What the board asks of orders, in words."""
    accepted = [amounts.show(least, asset) for least, asset in zip(pool.board.funds, pool.assets, strict=True) if least]
    if not accepted:
        return "asks for no funds"
    rule = "takes only orders" if pool.board.funds_required else "when it is full, keeps orders"
    return f"{rule} of accounts that show one of these:\n{', '.join(accepted)}"


def _asset_row(pool: Pool, asset: Asset) -> tuple[str, ...]:
    risk = asset.risk
    mover = "" if risk.factor is None else pool.assets[risk.factor].symbol

    def percent(bps: int) -> str:
        return f"{bps / 100:g} %" if bps else ""

    delta, gamma = (f"{bps / 10_000:g}" if bps else "" for bps in (risk.delta_bps, risk.gamma_bps))
    return (
        asset.symbol,
        asset.kind,
        str(asset.decimals),
        mover,
        percent(risk.volatility_bps),
        delta,
        gamma,
        percent(risk.haircut_bps),
    )


def document(pool: Pool, keys: Path) -> dict[str, Any]:
    """A pool as JSON values; `keys` is the folder of this home's keys."""
    return {
        "name": printable(pool.name),
        "ledger_id": poolfile.ledger_id(pool).hex(),
        "assets": [{**asdict(asset), "custodian": custodian.show_key(asset.custodian)} for asset in pool.assets],
        "oracle_keys": [[str(x), str(y)] for x, y in pool.oracle_keys],
        "quorum": pool.quorum,
        "limits": asdict(pool.limits),
        "board": asdict(pool.board),
        "keys": {
            key.statement: {"fingerprint": key.fingerprint, "digest": key.digest.hex(), "transcript": key.transcript}
            for key in (pool.leg, pool.margin)
        },
        **show.keys_json(pool, keys),
    }
