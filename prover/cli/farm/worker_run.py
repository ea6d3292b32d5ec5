"""Runs `zksettle prover worker`."""

import sys
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from prover.cli.frame import watching
from prover.cli.frame.command import App
from prover.farm import control, farmkey, opening
from prover.farm import metrics as farmmetrics
from prover.farm.batch import Batch
from prover.farm.metrics import Metrics
from prover.farm.worker import Worker
from prover.machine import files, stopping, threadcount
from prover.network.service import logs, serving
from prover.service import coredumps
from prover.upkeep import warmup
from settlement import databases
from zk.errors import FormatError
from zk.runtime import parallel

DIGITS = 16  # of a key's digest in a line of the log
IDENTITY, KEYS = "identity.json", "keys"


def work(
    app: App, queue: str, key_file: Path | None, cache: Path | None, name: str | None, threads: int | None,
    metrics_at: str | None,
) -> None:  # fmt: skip
    """Works until a signal ends it."""
    home, measured = app.home, Metrics(lambda: control.status(queue))
    host, port = (None, 0) if metrics_at is None else serving.address(metrics_at, is_public=True)
    keys = farmkey.read(home.farm_key if key_file is None else key_file)
    if opening.public_key(queue) != keys.public:
        raise FormatError("the queue in this database belongs to another farm key")
    coredumps.forbid_dumps()
    files.make_folder(home.farm)
    with ExitStack() as stack:
        stack.enter_context(threadcount.limited_to(threads))
        if host is not None:
            port = stack.enter_context(farmmetrics.served(measured, host, port))
        with watching.show_progress(app):
            warmup.compile_kernels()
        warmup.load_kernels()
        logs.configure()

        def observe(batch: Batch) -> None:
            measured.observe(batch)
            outcomes = dict(Counter(batch.outcomes))
            logs.told("batch", key=batch.key.hex()[:DIGITS], seconds=round(batch.seconds, 3),
                      attempt=max(batch.attempts), waited_ms=max(batch.waited_ms), **outcomes)  # fmt: skip

        worker = Worker(
            queue, keys, home.farm / KEYS if cache is None else cache, home.farm / IDENTITY, observe=observe,
            tell=logs.told, name=name,
        )  # fmt: skip
        stop = threading.Event()
        with stopping.by_signals(stop):
            _say_that_it_works(app, queue, worker, None if host is None else f"http://{_shown(host)}:{port}/metrics")
            worker.run(stop)
    app.screen.say("The worker has ended; what it had begun is finished.")


def _say_that_it_works(app: App, queue: str, worker: Worker, metrics_url: str | None) -> None:
    threads = parallel.threads()
    app.screen.say(f"The worker {worker.name} proves for {databases.shown(queue)}. Ctrl-C ends it.")
    app.screen.fields([
        ("key", worker.identity.hex()), ("threads", str(threads)),
        *([] if metrics_url is None else [("metrics", metrics_url)]),
    ])  # fmt: skip
    app.screen.document({
        "running": True, "queue": databases.shown(queue), "worker": worker.name, "key": worker.identity.hex(),
        "threads": threads, "metrics": metrics_url,
    })  # fmt: skip
    sys.stdout.flush()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
