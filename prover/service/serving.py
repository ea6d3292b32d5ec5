"""The service of a home as a process: assembles the parts and handles the signals that end it."""

import asyncio
import functools
import multiprocessing
import os
from collections.abc import Callable

from prover.machine.home import Home
from prover.service import coredumps, endpoint, work
from prover.service.server import Server
from prover.service.worker_pool import WorkerPool
from zk.runtime import parallel


def cores() -> int:
    """The number of cores that the service uses: ZKSETTLE_THREADS, else all that this process may use."""
    return parallel.threads()


def run(home: Home, now_ms: int, workers: int, ready: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Serves until Ctrl-C, SIGTERM or `client.stop`.

    Calls `ready` once it answers requests, and `tell` with a sentence for each worker that dies.  Keys that a request
    makes record `now_ms`.  Raises as `Server.run`.
    """
    endpoint.check_system()
    coredumps.forbid_dumps()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # kernels do not use it, and forked workers lose its threads
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(work.MODULES))
    prepare = functools.partial(work.prepare, home.keys, now_ms)
    asyncio.run(_serve(Server(home.service, WorkerPool(prepare, workers, cores(), tell)), ready))


async def _serve(server: Server, ready: Callable[[], None]) -> None:
    server.stop_on_signals()
    await server.run(ready)
