"""`zksettle pool …`: founding a pool, and what it consists of."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App, group, pass_app
from prover.cli.trader import show

if TYPE_CHECKING:
    from settlement.pool import Asset, Pool

DEVELOPMENT = (
    "The proving keys were made by one party, who could forge proofs with what made them: this is a development pool."
)


@group()
def pool() -> None:
    """Found a pool with its empty ledger, and look at it."""


@pool.command()
@click.option("--name", default="zksettle example pool", show_default=True, metavar="TEXT", help="The pool's name.")
@click.option("--insecure-dev", is_flag=True,
              help="Use development keys, made here by one party, who could forge. The pool says so.")  # fmt: skip
@pass_app
def new(app: App, name: str, insecure_dev: bool) -> None:
    """Found a pool of eight example assets.

    Its three oracles are made on this machine.  Its keys are those of the ceremony that was installed here last.
    """
    from prover.operator import creation
    from prover.proofs import keystores
    from prover.upkeep import warmup

    home, now_ms = app.home, workspace.now_ms()
    chosen = keystores.Keystore(home.keys, now_ms) if insecure_dev else keystores.best(home.keys, now_ms)
    if chosen.transcript is None and not insecure_dev:
        raise click.UsageError(
            "no ceremony's keys are installed here, and one party who made them alone could forge: "
            "`zksettle ceremony install` those of a ceremony, or say --insecure-dev if you accept that",
            click.get_current_context(),
        )
    with watching.show_progress(app):
        warmup.compile_kernels()
        made = creation.found(home, chosen, name, now_ms)
    app.screen.say(f"The pool is founded; its ledger is {home.ledger}.")
    _show(app, made)


@pool.command("show")
@pass_app
def show_(app: App) -> None:
    """Show the pool: assets and their risk, oracles, limits, keys."""
    with workspace.ledger(app) as ledger:
        _show(app, ledger.pool)


def _show(app: App, shown: "Pool") -> None:
    from settlement import poolfile

    screen = app.screen
    screen.fields([
        ("pool", show.printable(shown.name)),
        ("ledger id", poolfile.ledger_id(shown).hex()),
        ("oracles", f"{len(shown.oracle_keys)}, of whom {shown.quorum} must agree to a price"),
        ("grids hold", f"{shown.limits.grid_age_ms // 60_000} minutes"),
        ("verifying keys", f"leg {shown.leg.digest.hex()[:16]}, margin {shown.margin.digest.hex()[:16]}"),
        *show.keys_fields(shown, app.home.keys),
    ])  # fmt: skip
    screen.table(
        ("asset", "kind", ">decimals", "factor", ">volatility", ">delta", ">gamma", ">haircut"),
        [_asset_row(shown, asset) for asset in shown.assets],
    )
    if shown.insecure_dev:
        screen.say(DEVELOPMENT, "warn")
    screen.document(document(shown, app.home.keys))


def _asset_row(shown: "Pool", asset: "Asset") -> tuple[str, ...]:
    risk = asset.risk
    mover = "" if risk.factor is None else shown.assets[risk.factor].symbol

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


def document(shown: "Pool", keys: Path) -> dict[str, Any]:
    """A pool as JSON values; `keys` is the folder of this home's keys."""
    from dataclasses import asdict

    from settlement import poolfile

    return {
        "name": show.printable(shown.name),
        "ledger_id": poolfile.ledger_id(shown).hex(),
        "assets": [asdict(asset) for asset in shown.assets],
        "oracle_keys": [[str(x), str(y)] for x, y in shown.oracle_keys],
        "quorum": shown.quorum,
        "limits": asdict(shown.limits),
        "keys": {
            key.statement: {"fingerprint": key.fingerprint, "digest": key.digest.hex(), "transcript": key.transcript}
            for key in (shown.leg, shown.margin)
        },
        **show.keys_json(shown, keys),
    }
