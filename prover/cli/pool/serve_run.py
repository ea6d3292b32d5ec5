"""Runs `zksettle ledger serve`."""

import sys
from pathlib import Path

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import log_run
from prover.machine import clock
from prover.network.service import app as services
from prover.network.service import serving
from prover.proofs import keystores
from prover.upkeep import warmup
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.pool import Pool


def serve(app: App, listen: str, is_public: bool) -> None:
    """Serves the home's ledger until a signal ends it."""
    host, port = serving.address(listen, is_public=is_public)
    home = app.home
    with workspace.ledger(app) as ledger:
        pool, ledger_id = ledger.pool, ledger.ledger_id
    secret = log_run.operator_secret(app, pool)
    service = services.create(
        lambda read_only: Ledger.open(home.ledger, read_only=read_only),
        lambda named: checkpoint.sign(named, secret),
        clock.now_ms,
        key_folders=_development_keys(app, pool),
    )
    with serving.bound(host, port) as listener:
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        with watching.show_progress(app):
            warmup.compile_kernels()

        def ready() -> None:
            app.screen.say(f"The ledger is served at {url}. Ctrl-C ends it.")
            app.screen.fields([("ledger id", ledger_id.hex()), ("log", str(checkpoint.key(pool)))])
            app.screen.document({
                "running": True, "url": url, "ledger_id": ledger_id.hex(), "log": str(checkpoint.key(pool)),
            })  # fmt: skip
            sys.stdout.flush()

        serving.run(service, listener, ready)
    app.screen.say("The service has ended.")


def _development_keys(app: App, pool: Pool) -> dict[str, Path]:
    """The folders of the pool's keys, which whoever joins it needs, when they come from no ceremony."""
    keystore = keystores.of_pool(app.home.keys, clock.now_ms(), pool)
    return {key.statement: keystore.folder(key.statement) for key in pool.keys if key.transcript is None}
