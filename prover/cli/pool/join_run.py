"""Runs `zksettle pool join`."""

import click

from prover.cli.frame import watching
from prover.cli.frame.command import App, Done
from prover.cli.pool import pool_run
from prover.machine import clock
from prover.network.wire.client import Client
from prover.operator import joining
from prover.upkeep import warmup
from settlement.pool import poolfile


def join(app: App, url: str | None, fingerprint: str | None, is_light: bool, is_full: bool) -> None:
    """Joins the pool of the ledger at a URL, and shows it; or makes the light copy here a full one."""
    if is_full:
        if url is not None or fingerprint is not None or is_light:
            raise click.UsageError("--full is about the copy that is here: it stands alone")
        _complete(app)
        return
    if url is None:
        raise click.UsageError("say the URL of the ledger's service")
    if app.home.pool.exists() and not is_light:
        _again(app, url)
        return
    with Client(url) as client, watching.show_progress(app):
        warmup.compile_kernels()
        pool = joining.join(app.home, client, clock.now_ms(), fingerprint, is_light=is_light)
    app.done = Done(f"the pool is joined in {app.home.pool.path}", {"folder": str(app.home.pool.path)},
                    "`zksettle pool show` shows it.")  # fmt: skip
    app.screen.say(f"The pool at {url} is joined.")
    if fingerprint is None:
        ledger_id = poolfile.ledger_id(pool).hex()
        app.screen.say(f"Compare its ledger id {ledger_id} with what its operator tells you.", "warn")
    if is_light:
        app.screen.paragraph(pool_run.LIGHT)
    pool_run.display(app, pool)


def _again(app: App, url: str) -> None:
    """Asks another service from now on for the pool that is here."""
    with Client(url) as client, watching.show_progress(app):
        warmup.compile_kernels()
        pool = joining.rejoin(app.home, client, clock.now_ms)
    app.screen.say(f"This home asks {url} from now on.", "good")
    pool_run.display(app, pool)


def _complete(app: App) -> None:
    with watching.show_progress(app):
        warmup.compile_kernels()
        count = joining.complete(app.home, clock.now_ms)
    app.screen.say(f"All {count} events are verified: the copy is a full one now.", "good")
    app.screen.document({"events": count})
