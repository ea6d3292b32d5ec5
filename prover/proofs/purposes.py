"""What a proof is for: where many wait for a machine to make them, the more urgent ones are made first.

A purpose belongs to a piece of work and not to a statement: a leg is of a quote, or of a bundle that settles now.  So
whoever begins the work says so, and the proofs inside it need not be told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Purpose(IntEnum):
    """What a proof is for, the most urgent first."""

    BLOCK = 0  # of a rollup, whose users all wait for it
    TAKE = 1  # of a bundle that settles as soon as it is proved, before a quote in it expires
    QUOTE = 2  # of an order or a quote that is to stand
    AUDIT = 3  # of what somebody asked to see


_purpose: ContextVar[Purpose | None] = ContextVar("purpose", default=None)


@contextmanager
def serving(purpose: Purpose) -> Iterator[None]:
    """What is proved in this block is for this purpose, unless a block around it has said another one."""
    if _purpose.get() is not None:
        yield
        return
    token = _purpose.set(purpose)
    try:
        yield
    finally:
        _purpose.reset(token)


def current() -> Purpose:
    """What a proof is for that is made now: for what is to stand, where nobody has said another purpose."""
    found = _purpose.get()
    return Purpose.QUOTE if found is None else found
