"""The service's log: one JSON object a line, on standard error.

It has bundle ids, heights, names of rejections and durations; never contents, amounts, or the addresses of senders.
"""

import logging
import sys
import traceback
from typing import Any

import structlog

from settlement.engine import Receipt

_log = structlog.get_logger()


def configure() -> None:
    """Sends everything to standard error, as JSON; uvicorn tells of its own troubles only, and of no request."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),  # as it is when something is told
        cache_logger_on_first_use=False,
    )
    logging.getLogger("uvicorn.access").disabled = True


def settled(receipt: Receipt, size: int) -> None:
    """A bundle has settled."""
    times = {"check_us": receipt.check_us, "apply_us": receipt.apply_us}
    write = _log.info if receipt.is_checkpointed else _log.warning
    write(
        "settled", bundle=receipt.bundle_id.hex(), height=receipt.height, bytes=size,
        is_checkpointed=receipt.is_checkpointed, **times,
    )  # fmt: skip


def told(event: str, **fields: Any) -> None:
    """Something else that an operator may want to know."""
    _log.info(event, **fields)


def failed(error: BaseException) -> None:
    """A bug: its kind and place.  Its message might contain a secret."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
    _log.error("failed", kind=type(error).__name__, places=places)
