"""How long the stages of settling take, for whoever wants to know; nobody else pays more than a look at a variable.

    decode       bytes become bundles
    state        everything about a bundle that its signatures and proofs do not show
    signatures   one sum for a block
    proofs       one batch for a block
    payments     attestations, custody, fees, the pot
    lock         waiting for whoever writes
    settle       what may have changed is checked again, and every row is computed
    write        the rows go to the database
    commit       until the database says that they are durable

Times are of the clock on the wall: a stage that waits for a disk or another process counts that too.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("decode", "state", "signatures", "proofs", "payments", "lock", "settle", "write", "commit")

Durations = dict[str, int]
"""Nanoseconds by stage, only of stages that were passed."""

_durations: ContextVar[Durations | None] = ContextVar("durations", default=None)


@contextmanager
def recorded() -> Iterator[Durations]:
    """The durations of all stages that this thread passes until the context ends."""
    durations: Durations = {}
    token = _durations.set(durations)
    try:
        yield durations
    finally:
        _durations.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Counts what this thread does until the context ends as one stage's.  Stages do not nest."""
    durations = _durations.get()
    if durations is None:
        yield
        return
    assert name in NAMES, "a stage that nobody would see"
    start_ns = time.perf_counter_ns()
    try:
        yield
    finally:
        durations[name] = durations.get(name, 0) + time.perf_counter_ns() - start_ns
