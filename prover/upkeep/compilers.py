"""Compiling in several processes at once: Numba compiles one kernel at a time in a process, whatever its threads.

Each process is asked for one exercise after another by a line on its standard input, and answers by a line when it has
finished.  What it compiles is in the cache on disk, where this process and the other ones find it: two of them never
compile the same kernel (zk/runtime/kernelcache.py).  A process that fails is left out; whoever needs the kernels
compiles what is missing.  When this process is killed, their input ends, and they end after the exercise at hand.
"""

import contextvars
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

MAX_PROCESSES = 4  # more find little that is not being compiled already

_MAIN = "from prover.upkeep import compilers; compilers.main()"


def run(names: Iterable[str], processes: int, done: Callable[[], None]) -> None:
    """Runs the named exercises in this many processes, calling `done` after each one."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    lock, context = threading.Lock(), contextvars.copy_context()  # the context knows who watches this task

    def finished() -> None:
        with lock:
            context.run(done)

    children: list[subprocess.Popen] = []
    try:
        with suppress(OSError):  # this machine allows no more processes, or Python does not know its program
            for _ in range(min(processes, MAX_PROCESSES)):
                children.append(_start())
        threads = [threading.Thread(target=_feed, args=(child, waiting, finished), daemon=True) for child in children]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for child in children:
            child.kill()
            child.wait()


def _start() -> subprocess.Popen:
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable or "", "-P", "-c", _MAIN],  # -P: a numba.py in the current folder must not run
        env=os.environ | {"PYTHONPATH": path}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _feed(child: subprocess.Popen, waiting: queue.SimpleQueue, finished: Callable[[], None]) -> None:
    """Gives a process one exercise after another until none is left or it dies."""
    assert child.stdin is not None and child.stdout is not None, "both are pipes"
    with suppress(queue.Empty, OSError, ValueError):
        while True:
            child.stdin.write(waiting.get_nowait() + "\n")
            child.stdin.flush()
            if not child.stdout.readline():
                return
            finished()


def main() -> None:
    """The process: reads names of exercises, runs each, and answers."""
    from prover.upkeep import exercises

    for line in sys.stdin:
        exercises.PROVING[line.strip()]()
        print(line.strip(), flush=True)
