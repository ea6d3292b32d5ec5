"""Runs `zksettle ledger serve`."""

import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from fastapi import FastAPI

from prover.cli.frame import watching, workspace
from prover.cli.frame.command import App
from prover.cli.pool import databaseplace
from prover.machine import clock
from prover.machine.home import Home
from prover.network.mirrors import cutting, moving, opening
from prover.network.service import app as services
from prover.network.service import metrics, peers, processes, serving, together
from prover.network.service.together import Member, Shared
from prover.operator import promoting
from prover.proofs import keystores
from prover.upkeep import warmup
from settlement import databases
from settlement.databases import Place
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.pool import fingerprint, poolfile
from settlement.pool.pool import Pool
from zk.errors import FormatError
from zk.runtime import parallel

CORES_EACH = 2
"""A process keeps them busy: its kernels have threads, and the database works beside it (zksettle bench ledger)."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def serve(app: App, listen: str, is_public: bool, database: str | None, count: int | None) -> None:
    """Serves the home's ledger in `count` processes until a signal ends it; with `database`, from there."""
    host, port = serving.address(listen, is_public=is_public)
    count = count or max(parallel.threads() // CORES_EACH, 1)
    home, pool = app.home, _pool(app, database)
    with Ledger.open(home.ledger, read_only=True) as own:
        secret, key = promoting.signer(home, own), finality.operators(own).newest
    with ExitStack() as resources:
        place = home.ledger if database is None else resources.enter_context(databaseplace.opened(home, database))
        if database is not None and not databases.is_url(place) and Path(place).resolve() == home.ledger.resolve():
            raise FormatError("--database names the home's own file: leave it out")
        listener = resources.enter_context(serving.bound(host, port))
        url = _url(host, listener.getsockname()[1])
        with watching.show_progress(app):
            warmup.compile_kernels()
            warmup.load_checking()
        if database is not None:
            _move(home, place, _url(_EVERYWHERE.get(host, host), listener.getsockname()[1]))
        key_folders = _development_keys(app, pool)

        def service(member: Member | None = None, counted: Path | None = None) -> FastAPI:
            return services.create(
                lambda read_only: Ledger.open(place, read_only=read_only),
                lambda named: checkpoint.sign(named, secret),
                clock.now_ms,
                key_folders=key_folders, member=member, counted=counted, folder=home.pool.path,
            )  # fmt: skip

        others = _url(socket.gethostname(), listener.getsockname()[1]) if host in _EVERYWHERE else url

        def ready() -> None:
            app.screen.say(f"The ledger is served at {url}. Ctrl-C ends it.")
            app.screen.fields([
                ("ledger id", poolfile.ledger_id(pool).hex()), ("log", str(key)), ("database", databases.shown(place)),
                ("to join", f"zksettle pool join {others} --fingerprint {fingerprint.of(pool)}"),
            ])  # fmt: skip
            app.screen.document({
                "running": True, "url": url, "ledger_id": poolfile.ledger_id(pool).hex(), "log": str(key),
                "database": databases.shown(place), "processes": count,
            })  # fmt: skip
            sys.stdout.flush()

        if count == 1:
            serving.run(service(), listener, ready)
        else:
            Ledger.open(place).close()  # what is wrong with it is said before there are several to say it
            _serve_together(count, listener, service, ready)
    app.screen.say("The service has ended.")


def _serve_together(
    count: int, listener: socket.socket, service: Callable[[Member, Path], FastAPI], ready: Callable[[], None]
) -> None:
    """Serves in several processes until a signal ends them."""
    shared = Shared(count, peers.BUCKET_WORDS)
    with tempfile.TemporaryDirectory(prefix="zksettle-metrics-") as folder:
        counted = Path(folder)

        def one(number: int, bell: socket.socket) -> None:
            member = Member(shared, number, bell)
            serving.run(service(member, counted), listener, lambda: member.ring(together.READY))

        processes.run(count, one, ready, lambda pid: metrics.forget(counted, pid))


def _pool(app: App, database: str | None) -> Pool:
    """The home's pool.  Raises FormatError when its ledger is elsewhere, and nobody says where."""
    if database is None:
        app.home.check_pool()
        there = opening.url(app.home.pool)
        if there is not None:
            raise FormatError(
                f"the ledger of this home is behind {there}, and what is here is a copy: if it is yours, say in which "
                "--database it is"
            )
        with workspace.ledger(app) as ledger:
            return ledger.pool
    app.home.check_pool()
    with Ledger.open(app.home.ledger, read_only=True) as own:
        return own.pool


def _move(home: Home, place: Place, url: str) -> None:
    """Moves the ledger, and makes what is in the home a copy that follows it.

    What the database has of before a succession that made this home the operator's, and is void, settles again.
    """
    with Ledger.open(home.ledger, read_only=True) as own:
        is_here = opening.joined(home.pool) is None
        void = cutting.cut_void(own, place, home.pool.path) if is_here else None
        moving.move(own, place)
        opening.write(home.pool, url)
        moving.move(own, place)  # what another command settled here meanwhile
    if void is not None:
        with Ledger.open(place) as ledger:
            promoting.settle_again(ledger, void, clock.now_ms())


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _development_keys(app: App, pool: Pool) -> dict[str, Path]:
    """The folders of the pool's keys, which whoever joins it needs, when they come from no ceremony."""
    keystore = keystores.of_pool(app.home.keys, clock.now_ms(), pool)
    return {key.statement: keystore.folder(key.statement) for key in pool.keys if key.transcript is None}
