"""Runs `zksettle ledger …`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import databaseplace, log_run, transcripts
from prover.cli.trader import show
from prover.machine import clock, tasks
from prover.network.mirrors import opening
from prover.trader import walletfile
from prover.trader.walletfile import LastSeen
from prover.upkeep import warmup
from settlement import amounts, databases
from settlement.audit import audit
from settlement.audit.audit import Expected, Report
from settlement.bundles import encoding
from settlement.bundles.bundle import Account
from settlement.ceremony import verifying
from settlement.custody import Reserves
from settlement.events import Event
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.storage import versions


def show_ledger(app: App, limit: int) -> None:
    """Shows the tree, custody and the newest events."""
    with workspace.ledger(app, read_only=True) as ledger:
        last, tree = ledger.reader.last_event(), ledger.reader.tree()
        newest = ledger.reader.events(max(0, last.height - limit + 1))
        reserves = by_symbol(ledger.reader.reserves(), len(ledger.pool.assets))
        grids = ledger.reader.grids(1)
        epoch = "none yet"
        if grids:
            epoch = f"epoch {grids[0].publication.epoch}, {clock.text(grids[0].published_ms)}"
        app.screen.fields([
            ("ledger id", ledger.ledger_id.hex()),
            *show.keys_fields(ledger.pool, app.home.keys),
            ("root", show.element(tree.root)),
            ("accounts", f"{tree.size}, including spent ones"),
            ("held outside", show.balances_text(reserves, ledger.pool)),
            ("public accounts", accounts_text(ledger.reader.accounts(), ledger.pool)),
            ("risk grids", epoch),
            ("parameters", _parameters_text(ledger, clock.now_ms())),
            ("log", str(checkpoint.key(ledger.pool))),
            ("newest event", f"{last.digest.hex()} at height {last.height}"),
        ])  # fmt: skip
        app.screen.table((">height", "event", "time", "what"), [_event_row(ledger, event) for event in newest])
        app.screen.document({
            "ledger_id": ledger.ledger_id.hex(),
            **show.keys_json(ledger.pool, app.home.keys),
            "root": str(tree.root),
            "size": tree.size,
            "reserves": show.balances_json(reserves, ledger.pool),
            "accounts": accounts_json(ledger.reader.accounts(), ledger.pool),
            "parameters": ledger.parameters(clock.now_ms()).version,
            "log": str(checkpoint.key(ledger.pool)),
            "epoch": grids[0].publication.epoch if grids else None,
            "digest": last.digest.hex(),
            "height": last.height,
            "events": [_event_json(event) for event in newest],
        })  # fmt: skip


def _parameters_text(ledger: Ledger, now_ms: int) -> str:
    version = ledger.parameters(now_ms).version
    coming = [each.change for each in ledger.reader.changes() if each.change.parameters.version > version]
    announced = [f"version {each.parameters.version} from {clock.text(each.effective_ms)} on" for each in coming]
    return "; ".join([f"version {version}", *announced])


def audit_ledger(app: App, expect: tuple[str, ...], ceremony: Path | None, database: str | None) -> None:
    """Audits the ledger and reports what was verified."""
    with _place(app, database) as place:
        if database is None and opening.url(app.home.pool) is not None:
            with workspace.ledger(app, read_only=True):  # which brings the copy up to date
                pass
        named = [Expected("--expect names", log_run.digest_of(app, text)) for text in expect]
        seen = [_seen(wallet) for wallet in walletfile.last_seen(app.home)]
        Ledger.open(place, read_only=True).close()  # what is no ledger is refused before kernels compile
        with watching.show_progress(app):
            warmup.compile_kernels()
            with tasks.task("Auditing the ledger") as task:
                report = audit.audit(place, progress=task.reach, expected=[*named, *seen])
            if ceremony is not None:
                verifying.check_pool(report.pool, transcripts.verified(ceremony))
    pool = report.pool
    expected = {digest.digest.hex(): height for digest, height in zip(named, report.expected_at, strict=False)}
    reserves = by_symbol(report.reserves, len(pool.assets))
    app.screen.say("The ledger is sound.", "good")
    app.screen.fields([
        ("events", _events_text(report)),
        ("accounts", f"{report.legs} under root {show.element(report.root)}"),
        ("proofs", f"{report.proofs}, all verified"),
        ("held outside", show.balances_text(reserves, pool)),
        ("orders", f"{report.orders} on the board, all of them signed and proved"),
        *([("cosignatures", f"{report.cosignatures}, all of this history")] if report.cosignatures else []),
        ("history", report.digest.hex()),
        *(("expected", f"{digest} is at height {height}") for digest, height in expected.items()),
        *show.keys_fields(pool, app.home.keys),
        ("", _keys_text(pool, ceremony)),
    ])  # fmt: skip
    for warning in report.warnings:
        app.screen.paragraph(f"Note: {warning}.", "warn")
    app.screen.document({
        "sound": True,
        "ledger_id": report.ledger_id.hex(),
        **show.keys_json(pool, app.home.keys),
        "ceremony": None if ceremony is None else str(ceremony),
        "digest": report.digest.hex(),
        "expected": expected,
        "warnings": list(report.warnings),
        "events": report.events,
        "bundles": report.bundles,
        "publications": report.publications,
        "changes": report.changes,
        "heartbeats": report.heartbeats,
        "expiries": report.expiries,
        "legs": report.legs,
        "proofs": report.proofs,
        "orders": report.orders,
        "cosignatures": report.cosignatures,
        "root": str(report.root),
        "reserves": show.balances_json(reserves, pool),
        "accounts": accounts_json(report.accounts, pool),
    })  # fmt: skip


def upgrade_ledger(app: App, database: str | None) -> None:
    """Makes the ledger's database one of this version."""
    with _place(app, database) as place:
        before = databases.upgrade(place)
    now = versions.NEWEST
    text = f"The ledger had schema version {before} and has {now} now." if before < now else (
        f"The ledger has schema version {now} already, which is this program's.")  # fmt: skip
    app.screen.say(text, "good")
    app.screen.document({"before": before, "now": now})


@contextmanager
def _place(app: App, database: str | None) -> Iterator[databases.Place]:
    """The database that was named, or the home's.  Raises FormatError when there is none."""
    if database is None:
        app.home.check_pool()
        yield app.home.ledger
    else:
        with databaseplace.opened(app.home, database) as place:
            yield place


def _events_text(report: Report) -> str:
    always = f"{report.events}: the genesis, {report.bundles} bundles, {report.publications} epochs of grids"
    rare = {"parameters changed": report.changes, "heartbeats": report.heartbeats, "early expiries": report.expiries}
    return ", ".join([always, *(f"{what}: {count}" for what, count in rare.items() if count)])


def accounts_text(accounts: Balances, pool: Pool) -> str:
    """What the public accounts have, one line each."""
    lines = [
        f"{account.name.lower()}: {amounts.show(amount, pool.assets[asset])}"
        for (account, asset), amount in accounts.items() if amount
    ]  # fmt: skip
    return "\n".join(lines) or "nothing"


def accounts_json(accounts: Balances, pool: Pool) -> dict[str, dict[str, str]]:
    """{account: {symbol: amount in smallest units}} of the public accounts."""
    return {
        public.name.lower(): {
            pool.assets[asset].symbol: str(amount) for (account, asset), amount in accounts.items() if account is public
        }
        for public in Account if public is not Account.OUTSIDE
    }  # fmt: skip


def _seen(wallet: LastSeen) -> Expected:
    """The event that a wallet saw last."""
    ledger_id = LedgerId(bytes.fromhex(wallet.ledger_id))
    return Expected(f"the wallet {wallet.name} saw", bytes.fromhex(wallet.digest), wallet.height, ledger_id)


def _keys_text(pool: Pool, ceremony: Path | None) -> str:
    """Whether the keys were compared with a ceremony's, in words."""
    if ceremony is not None:
        return f"verified: the ceremony in {ceremony} made them"
    return "" if pool.insecure_dev else "not compared with that ceremony: give its folder with --ceremony"


def by_symbol(reserves: Reserves, assets: int) -> tuple[int, ...]:
    """The amount of each asset that is held outside, over all verifying keys."""
    return tuple(sum(amount for (_, asset), amount in reserves.items() if asset == index) for index in range(assets))


def _event_row(ledger: Ledger, event: Event) -> tuple[str, str, str, str]:
    return str(event.height), event.kind, clock.text(event.created_ms), _summary(ledger, event)


def _summary(ledger: Ledger, event: Event) -> str:
    bundle = ledger.reader.bundle(event.height)
    if bundle is None:
        return f"digest {event.digest.hex()[:16]}"
    legs = encoding.decode_bundle(bundle[1]).legs
    flows = [show.flow_text(flow, ledger.pool) for leg in legs for flow in leg.flows]
    return "; ".join([f"{len(legs)} leg{'' if len(legs) == 1 else 's'}", *flows])


def _event_json(event: Event) -> dict[str, Any]:
    return {
        "height": event.height, "kind": event.kind, "created_ms": event.created_ms, "digest": event.digest.hex(),
    }  # fmt: skip
