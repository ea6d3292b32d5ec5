"""Runs `zksettle pool join`."""

from prover.cli.frame import watching
from prover.cli.frame.command import App, Done
from prover.cli.pool import pool_run
from prover.machine import clock
from prover.network.client import Client
from prover.operator import joining
from prover.upkeep import warmup
from settlement import poolfile


def join(app: App, url: str, fingerprint: str | None) -> None:
    """Joins the pool of the ledger at a URL, and shows it."""
    with Client(url) as client, watching.show_progress(app):
        warmup.compile_kernels()
        pool = joining.join(app.home, client, clock.now_ms(), fingerprint)
    app.done = Done(f"the pool is joined in {app.home.pool.path}", {"folder": str(app.home.pool.path)},
                    "`zksettle pool show` shows it.")  # fmt: skip
    app.screen.say(f"The pool at {url} is joined.")
    if fingerprint is None:
        ledger_id = poolfile.ledger_id(pool).hex()
        app.screen.say(f"Compare its ledger id {ledger_id} with what its operator tells you.", "warn")
    pool_run.display(app, pool)
