"""A step that may take minutes and gigabytes: said before it starts, watched while it runs, stopped by Ctrl-C.

A command does its work so, and nothing else is needed for the bar, the estimates and the clean end:

    from prover.cli.frame import watching
    from prover.machine import files

    with watching.long_step(app, "Preparing phase 2", 3 * size) as report, files.writing(output) as file:
        …work that calls report(done, total) and writes into file…

`report` takes whole numbers in any unit and has the type that `zk` calls Progress.  It is called by the thread that
began the step, several times a second at best: the bar, the estimate of the time left, and Ctrl-C all wait for that
thread to come back from a kernel, so no kernel should run for longer than about a second between two calls.

Ctrl-C raises KeyboardInterrupt in that thread; `files.writing` removes what was begun.  The program then ends without
waiting for kernels that other threads still run.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prover.machine import tasks, units
from zk.runtime.progress import Progress

SAID_BYTES = 16 << 20  # less is not worth a line


class NotEnoughMemory(Exception):
    """A step would need more memory than is free.  The message is a sentence for the user."""


@contextmanager
def begin(what: str, memory_bytes: int) -> Iterator[Progress]:
    """Tells the watcher that the step is going on until the block ends; yields report(done, total).

    `what` names the step, capitalised; `memory_bytes` is an estimate of the most that it takes beyond what the program
    holds already.  Both are told to the watcher before anything else, the memory from SAID_BYTES on.

    Raises NotEnoughMemory, before the block, when that is more than is free.
    """
    from prover.machine import hardware

    free = hardware.free_memory_bytes()
    if free is not None and memory_bytes > free:
        raise NotEnoughMemory(
            f"{what} would take about {units.size(memory_bytes)} of memory, and {units.size(free)} are free: "
            "nothing was begun"
        )
    known = "" if free is None else f"; {units.size(free)} are free"
    note = f"takes about {units.size(memory_bytes)} of memory{known}" if memory_bytes >= SAID_BYTES else ""
    with tasks.task(what, note) as task:
        yield task.reach

