"""Runs `zksettle funds …`."""

from pathlib import Path

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.trader import show
from prover.machine import clock
from prover.proofs import prooffile
from prover.trader import sessions, showing
from prover.trader.showing import Shown
from prover.upkeep import warmup
from settlement import amounts
from settlement.orders import funds as proofs_of_funds
from settlement.pool.pool import Pool


def prove(
    app: App, context: str, thresholds: tuple[str, ...], wallet_name: str, passphrase_file: Path | None,
    position: int | None, hide_account: bool, output: Path,
) -> None:  # fmt: skip
    """Proves that an account of a wallet holds the thresholds, and writes the proof file."""
    paths.check_folder(output)
    with workspace.open_desk(app, wallet_name, passphrase_file, proves=True) as desk:
        session, pool = desk.session, desk.pool
        number, asked = proofs_of_funds.context(session.ledger.ledger_id, context), amounts.parse_all(thresholds, pool)
        sessions.sync(session)
        holding = showing.choose(session.wallet, pool, asked, position)
        file = showing.prove_holding(session, holding, asked, number, is_named=not hide_account)
        paths.write_text(output, prooffile.encode(file))
        held = _amounts_text(asked, pool)
        app.screen.say(f"Proved that an account holds at least {held} and owes nothing; the proof is in {output}.")
        app.screen.fields([("context", context), ("tag", show.element(file.public.tag))])
        app.screen.document({
            "proof": str(output), "context": context, "at_least": _amounts_json(asked, pool),
            "position": holding.position, "tag": str(file.public.tag), "shows_nullifier": not hide_account,
        })  # fmt: skip


def verify(app: App, proof: Path, context: str) -> None:
    """Verifies a proof file against the home's ledger and says what it shows."""
    file = prooffile.decode(paths.read_bytes(proof))
    with watching.show_progress(app), workspace.ledger(app, read_only=True) as ledger:
        warmup.compile_kernels()
        shown, pool = showing.verify(ledger, file, context), ledger.pool
    made, newest = shown.made_at, shown.newest
    app.screen.say("The proof of funds is valid.", "good")
    app.screen.fields([
        ("context", context),
        ("at least", _amounts_text(shown.amounts, pool)),
        ("owes", "nothing"),
        ("as of", f"height {made.height}, {clock.text(made.created_ms)}"),
        ("account", _account_text(shown)),
        ("tag", f"{show.element(shown.tag)}: the same account shows the same tag in this context"),
    ])  # fmt: skip
    if shown.nullifier is None:
        app.screen.say("The account is hidden, so nobody can tell whether it has been spent since.", "warn")
    app.screen.document({
        "valid": True, "context": context, "at_least": _amounts_json(shown.amounts, pool), "root": str(shown.root),
        "height": made.height, "time_ms": made.created_ms, "newest_height": newest.height, "tag": str(shown.tag),
        "nullifier": None if shown.nullifier is None else str(shown.nullifier),
    })  # fmt: skip


def _account_text(shown: Shown) -> str:
    if shown.nullifier is None:
        return "hidden"
    return f"nullifier {show.element(shown.nullifier)}, not spent at height {shown.newest.height}"


def _amounts_text(held: showing.Amounts, pool: Pool) -> str:
    return " and ".join(amounts.show(amount, pool.assets[asset]) for asset, amount in held.items()) or "nothing"


def _amounts_json(held: showing.Amounts, pool: Pool) -> dict[str, str]:
    return {pool.assets[asset].symbol: str(amount) for asset, amount in held.items()}
