"""`zksettle ledger …`: the public record, and whether it is right."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App, group, pass_app
from prover.cli.pool import transcripts
from prover.cli.trader import show

if TYPE_CHECKING:
    from settlement.custody import Reserves
    from settlement.events import Event
    from settlement.ledger import Ledger
    from settlement.pool import Pool


@group()
def ledger() -> None:
    """Look at the ledger and audit it."""


@ledger.command("show")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many events, newest last."
)
@pass_app
def show_(app: App, limit: int) -> None:
    """Show what is public: tree, custody, events."""
    with workspace.ledger(app) as opened:
        last = opened.last_event()
        events = opened.events(max(0, last.height - limit + 1))
        reserves = by_symbol(opened.reserves(), len(opened.pool.assets))
        grids = opened.grids(1)
        epoch = "none yet"
        if grids:
            epoch = f"epoch {grids[0].publication.epoch}, {show.time_text(grids[0].published_ms)}"
        app.screen.fields([
            ("ledger id", opened.ledger_id.hex()),
            *show.keys_fields(opened.pool, app.home.keys),
            ("root", show.element(opened.root)),
            ("accounts", f"{opened.size}, spent ones among them"),
            ("held outside", show.balances_text(reserves, opened.pool)),
            ("risk grids", epoch),
            ("newest event", last.digest.hex()),
        ])  # fmt: skip
        app.screen.table((">height", "event", "time", "what"), [_event_row(opened, event) for event in events])
        app.screen.document({
            "ledger_id": opened.ledger_id.hex(),
            **show.keys_json(opened.pool, app.home.keys),
            "root": str(opened.root),
            "size": opened.size,
            "reserves": show.balances_json(reserves, opened.pool),
            "epoch": grids[0].publication.epoch if grids else None,
            "events": [_event_json(event) for event in events],
        })  # fmt: skip


@ledger.command()
@click.option("--ceremony", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Also hold the pool's keys against the ceremony in this folder, worked out again.")  # fmt: skip
@pass_app
def audit(app: App, ceremony: Path | None) -> None:
    """Work everything out again from the database.

    The chain of events, roots, custody, signatures, grids, and every proof.  That the keys come from the ceremony that
    the pool names, --ceremony can tell.
    """
    from prover.machine import tasks
    from prover.upkeep import warmup
    from settlement import audit as audits
    from settlement.ceremony import verifying

    with workspace.ledger(app) as opened:
        pool, path = opened.pool, app.home.ledger
    with watching.show_progress(app):
        warmup.compile_kernels()
        with tasks.task("Auditing the ledger") as task:
            report = audits.audit(path, progress=task.reach)
        if ceremony is not None:
            verifying.check_pool(pool, transcripts.verified(ceremony))
    reserves = by_symbol(report.reserves, len(pool.assets))
    app.screen.say("The ledger is what it says it is.", "good")
    app.screen.fields([
        ("events", f"{report.events}: the beginning, {report.bundles} bundles, {report.publications} epochs of grids"),
        ("accounts", f"{report.legs} under root {show.element(report.root)}"),
        ("proofs", f"{report.proofs}, all verified again"),
        ("held outside", show.balances_text(reserves, pool)),
        ("history", report.digest.hex()),
        *show.keys_fields(pool, app.home.keys),
        ("", _keys_checked(pool, ceremony)),
    ])  # fmt: skip
    app.screen.document({
        "sound": True,
        "ledger_id": report.ledger_id.hex(),
        **show.keys_json(pool, app.home.keys),
        "ceremony": None if ceremony is None else str(ceremony),
        "digest": report.digest.hex(),
        "events": report.events,
        "bundles": report.bundles,
        "publications": report.publications,
        "legs": report.legs,
        "proofs": report.proofs,
        "root": str(report.root),
        "reserves": show.balances_json(reserves, pool),
    })  # fmt: skip


def _keys_checked(pool: "Pool", ceremony: Path | None) -> str:
    """Whether the keys were held against a ceremony."""
    if ceremony is not None:
        return f"worked out again from {ceremony}: they are those that the ceremony made"
    return "" if pool.insecure_dev else "not held against that ceremony: --ceremony FOLDER does it"


def by_symbol(reserves: "Reserves", assets: int) -> tuple[int, ...]:
    """What is held outside of each asset, over all verifying keys."""
    return tuple(sum(amount for (_, asset), amount in reserves.items() if asset == index) for index in range(assets))


def _event_row(opened: "Ledger", event: "Event") -> tuple[str, str, str, str]:
    return str(event.height), event.kind, show.time_text(event.created_ms), _what(opened, event)


def _what(opened: "Ledger", event: "Event") -> str:
    from settlement import encoding

    stored = opened.bundle(event.height)
    if stored is None:
        return f"digest {event.digest.hex()[:16]}"
    settled = encoding.decode_bundle(stored[1])
    flows = [show.flow_text(flow, opened.pool) for leg in settled.legs for flow in leg.flows]
    legs = f"{len(settled.legs)} leg{'' if len(settled.legs) == 1 else 's'}"
    return "; ".join([legs, *flows])


def _event_json(event: "Event") -> dict[str, Any]:
    return {
        "height": event.height, "kind": event.kind, "created_ms": event.created_ms, "digest": event.digest.hex(),
    }  # fmt: skip
