"""A step that may take minutes and gigabytes: announced first, watched while it runs, and stopped by Ctrl-C.

This is all that a command needs for the bar, the estimates and a clean end:

    from prover.cli.frame import watching
    from prover.machine import files

    with watching.long_step(app, "Preparing phase 2", 3 * size) as report, files.writing(output) as file:
        …work that calls report(done, total) and writes into file…

`report` is a zk.runtime.progress.Progress and takes integers in any unit.  The thread that began the step calls it,
ideally several times a second.  The bar, the estimate of the remaining time and Ctrl-C all wait until that thread
returns from a kernel, so no kernel should run for longer than about a second between two calls.

Ctrl-C raises KeyboardInterrupt in that thread, and `files.writing` removes the unfinished file.  The program then ends
without waiting for kernels in other threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prover.machine import tasks, units
from zk.runtime.progress import Progress

ANNOUNCED_BYTES = 16 << 20  # less is not worth a line


class NotEnoughMemory(Exception):
    """A step would need more memory than is free.  The message is a sentence for the user."""


@contextmanager
def begin(what: str, memory_bytes: int) -> Iterator[Progress]:
    """Announces the step to the watcher and yields report(done, total).

    `what` names the step, capitalised.  `memory_bytes` estimates the peak memory beyond what the program already uses;
    it is announced if it is at least ANNOUNCED_BYTES.

    Raises NotEnoughMemory, before the block, if less than that is free.
    """
    from prover.machine import hardware

    free = hardware.free_memory_bytes()
    if free is not None and memory_bytes > free:
        raise NotEnoughMemory(
            f"{what} would take about {units.size(memory_bytes)} of memory, but only {units.size(free)} are free: "
            "nothing was started"
        )
    known = "" if free is None else f"; {units.size(free)} are free"
    note = f"takes about {units.size(memory_bytes)} of memory{known}" if memory_bytes >= ANNOUNCED_BYTES else ""
    with tasks.task(what, note) as task:
        yield task.reach

