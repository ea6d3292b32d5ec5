"""The service of a home as a process: the parts put together, and the signals that end it."""

import asyncio
import functools
import multiprocessing
import os
from collections.abc import Callable

from prover.machine.home import Home
from prover.service import coredumps, endpoint, work
from prover.service.server import Server
from prover.service.worker_pool import Crew
from zk.runtime import parallel


def cores() -> int:
    """How many cores the service uses: ZKSETTLE_THREADS, else those this process may use."""
    return parallel.threads()


def run(home: Home, now_ms: int, workers: int, ready: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Serves until Ctrl-C, SIGTERM or `client.stop`.

    `ready` is called when requests are answered; `tell` is given sentences about workers that died.  `now_ms` is
    written into keys that a request makes.  Raises as `Server.run`.
    """
    endpoint.check_system()
    coredumps.forbid_dumps()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no kernel uses it, and workers are forked without its threads
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(work.MODULES))
    prepare = functools.partial(work.prepare, home.keys, now_ms)
    asyncio.run(_serve(Server(home.service, Crew(prepare, workers, cores(), tell)), ready))


async def _serve(server: Server, ready: Callable[[], None]) -> None:
    server.stop_on_signals()
    await server.run(ready)
