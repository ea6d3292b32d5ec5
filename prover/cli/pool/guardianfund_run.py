"""Runs `zksettle guardian fund`."""

from pathlib import Path

from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import consent, settled_run
from prover.trader import outbox
from settlement import amounts


def fund(
    app: App, amount: tuple[str, ...], wallet_name: str, passphrase_file: Path | None, position: int | None,
    once: str | None, is_agreed: bool,
) -> None:  # fmt: skip
    """Gives an amount to the insurance and reports the receipt."""
    outbox.check(once)
    words = " ".join(amount)
    with workspace.ledger(app, read_only=True) as ledger:  # before anybody is asked
        amounts.parse_numeraire(words, ledger.pool)
    question = f"Wallet {wallet_name} gives {words} to the pool's insurance, and nobody can take it back."
    consent.decide(app, [question], "Give it?", question, must_ask=not is_agreed, remedy="--yes")
    with settled_run.open_desk(app, wallet_name, passphrase_file) as desk:
        settlement = desk.insure(words, position=position, once=once)
        settled_run.report(app, desk, settlement, f"Wallet {wallet_name} gave {words} to the insurance.")
