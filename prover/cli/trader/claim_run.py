"""Runs `zksettle claim convert`."""

from pathlib import Path

from prover.cli.frame.command import App
from prover.cli.trader import settled_run
from prover.trader import outbox
from settlement import amounts
from settlement.pool import assets
from settlement.pool.pool import asset_index


def convert(
    app: App, symbol: str, wallet_name: str, passphrase_file: Path | None, position: int | None, once: str | None
) -> None:
    """Converts a claim and reports the receipt."""
    outbox.check(once)
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.convert(symbol, position=position, once=once)
        slot, loan = asset_index(desk.pool, symbol), assets.loan_slot(desk.pool.assets)
        assert loan is not None, "what settled converted into the loan claim"
        claim, rate = desk.pool.assets[slot], desk.session.ledger.reader.rates()[slot]
        one = amounts.show(rate * 10**claim.decimals, desk.pool.assets[loan])
        settled_run.report(
            app, desk, settlement, f"Wallet {wallet_name} converted its {claim.symbol}, at {one} for each."
        )
