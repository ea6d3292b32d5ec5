"""Runs `zksettle viewing …`."""

from pathlib import Path

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.frame.screen import printable
from prover.cli.trader import show
from prover.machine import clock, files
from prover.receipts import netfile, viewfile, viewing
from prover.receipts.viewfile import Life, Seen
from prover.receipts.viewing import Grant
from prover.upkeep import warmup
from settlement.pool.pool import Pool


def grant(
    app: App, name: str, index: int, since: str, until: str, reader: str, output: Path, passphrase_file: Path | None
) -> None:
    """Writes a viewing key, which the wallet has recorded by then."""
    paths.check_folder(output)
    netfile.check_purpose(reader)
    from_ms, to_ms = clock.parse(since), clock.parse(until)
    with workspace.open_desk(app, name, passphrase_file, proves=True) as desk:
        desk.session.wallet.check_moves()
        desk.sync()
        data, made = viewing.grant(desk.session, index, from_ms, to_ms, reader, clock.now_ms())
        files.replace(output, data)
    app.screen.say(f"The viewing key is in {output}: whoever reads it sees what it shows, so send it safely.", "good")
    app.screen.fields([
        ("for", printable(reader)), ("account", f"of address {index}"), ("period", _period(from_ms, to_ms)),
        ("states", str(made.states)),
    ])  # fmt: skip
    app.screen.document({"file": str(output), **_grant_json(made)})


def show_grants(app: App, name: str, passphrase_file: Path | None) -> None:
    """Lists the viewing keys that a wallet has given."""
    with workspace.open_desk(app, name, passphrase_file) as desk:
        given = viewing.grants(desk.session.file)
    if given:
        rows = [(clock.text(each.made_ms), printable(each.reader), str(each.account),
                 _period(each.from_ms, each.to_ms), str(each.states)) for each in given]  # fmt: skip
        app.screen.table(("given", "for", ">account", "period", ">states"), rows)
    else:
        app.screen.say(f"Wallet {name} has given no viewing key.")
    app.screen.document({"wallet": name, "grants": [_grant_json(each) for each in given]})


def read(app: App, file: Path) -> None:
    """Checks a viewing key against the ledger and shows what it shows."""
    data = paths.read_bytes(file, viewfile.MAX_BYTES)
    with watching.show_progress(app), workspace.ledger(app, read_only=True) as ledger:
        warmup.compile_kernels()
        seen, pool = viewfile.read(ledger, data), ledger.pool
    app.screen.say("The viewing key is valid: every state is on the ledger, and every end is its own.", "good")
    app.screen.table(
        ("position", "from", "until", "next", ">balances"), [_row(seen, life, pool) for life in seen.lives]
    )
    app.screen.fields([
        ("made for", printable(seen.file.reader)), ("period", _period(seen.file.from_ms, seen.file.to_ms)),
        ("at its start", show.line(seen.at_start, pool)), ("at its end", show.line(seen.at_end, pool)),
    ])  # fmt: skip
    for life in seen.lives:
        if life.is_missing:
            missing = f"The state at position {life.followed_by}, which follows {life.state.position}, is missing."
            app.screen.say(missing, "warn")
    app.screen.document({
        "valid": True, "whole": seen.is_whole, "for": seen.file.reader, "from_ms": seen.file.from_ms,
        "to_ms": seen.file.to_ms, "at_start": show.balances_json(seen.at_start, pool),
        "at_end": show.balances_json(seen.at_end, pool), "states": [_life_json(life, pool) for life in seen.lives],
    })  # fmt: skip


def _row(seen: Seen, life: Life, pool: Pool) -> tuple[str, ...]:
    if life.ended is None:
        until = "it lives"
    else:
        until = clock.text(life.ended[1]) if life.ended[1] < seen.file.to_ms else "after the period"
    followed = "" if life.followed_by is None or until == "after the period" else str(life.followed_by)
    balances = show.balances_text(life.state.balances, pool)
    return str(life.state.position), clock.text(life.began[1]), until, followed, balances


def _life_json(life: Life, pool: Pool) -> dict[str, object]:
    return {
        "position": life.state.position, "guard": life.state.guard,
        "balances": show.balances_json(life.state.balances, pool),
        "began_height": life.began[0], "began_ms": life.began[1],
        "ended_height": None if life.ended is None else life.ended[0],
        "ended_ms": None if life.ended is None else life.ended[1],
        "followed_by": life.followed_by, "missing": life.is_missing,
    }  # fmt: skip


def _grant_json(given: Grant) -> dict[str, object]:
    return {
        "for": given.reader, "account": given.account, "from_ms": given.from_ms, "to_ms": given.to_ms,
        "made_ms": given.made_ms, "states": given.states, "sha256": given.digest.hex(),
    }  # fmt: skip


def _period(from_ms: int, to_ms: int) -> str:
    return f"{clock.text(from_ms)} to {clock.text(to_ms)}"
