"""A worker of a measured queue, in a process of its own: `python -m prover.bench.farmside URL FOLDER NUMBER WAIT_MS`.

With a wait, its proofs are made beforehand and come in the jobs, and it waits for each job so long instead of proving:
so many workers fit on one machine as if each had cores of its own.  A wait of -1 has it prove.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path

from prover.farm import control, farmkey
from prover.farm.proving import Engine, Task
from prover.farm.worker import Worker
from prover.machine import stopping
from zk.groth16 import keys
from zk.groth16.keys import Proof

PROVES = -1
READY_S = 60.0


@contextmanager
def working(url: str, folder: Path, count: int, wait_ms: int) -> Iterator[None]:
    """So many workers, each a process of one thread, until the block ends.  Raises RuntimeError when one is not there.

    `folder` has the farm's key.
    """
    command = [sys.executable, "-m", "prover.bench.farmside", url, str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ZKSETTLE_THREADS": "1"}
    with ExitStack() as stack:
        for number in range(count):
            process = subprocess.Popen(
                [*command, str(number), str(wait_ms)], env=environment, stderr=subprocess.DEVNULL
            )  # fmt: skip
            stack.callback(_end, process)
        until_s = time.monotonic() + READY_S
        while len(control.status(url).workers) != count:
            if time.monotonic() > until_s:
                raise RuntimeError(f"{count} workers did not start within {READY_S:.0f} s")
            time.sleep(0.05)
        yield


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait()


def waiting(wait_ms: int) -> Engine:
    """The engine that waits, and returns the proof that is in each job; the same jobs have the same, decoded once."""
    decode = lru_cache(maxsize=16)(keys.decode_proof)

    def engine(key: bytes, tasks: Sequence[Task]) -> list[Proof]:
        time.sleep(wait_ms / 1000 * len(tasks))
        return [decode(task.elements) for task in tasks]

    return engine


def main() -> None:
    url, folder, number, wait_ms = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if wait_ms == PROVES:
        from prover.upkeep import warmup

        warmup.load_kernels()
    work(url, folder, number, None if wait_ms == PROVES else waiting(wait_ms))


def work(url: str, folder: Path, number: int, engine: Engine | None) -> None:
    """Works with this engine, or else our own prover, until a signal ends it."""
    worker = Worker(
        url, farmkey.read(folder / "farm.json"), folder / f"keys-{number}", folder / f"worker-{number}.json", engine,
        name=f"worker {number}",
    )  # fmt: skip
    stop = threading.Event()
    with stopping.by_signals(stop):
        worker.run(stop)


if __name__ == "__main__":
    main()
