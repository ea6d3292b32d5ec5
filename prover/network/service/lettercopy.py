"""What a copy's service has of the operator's letters: all of them, under the same numbers, so that it can show them.

They are fetched every PAUSE_S while somebody listens to a stream here, and for whoever asks for letters, but no more
often.  Letters that are sent to a copy are passed on to the operator's service (forwarding.py).
"""

import asyncio
import time
from contextlib import suppress

from prover.network.service.parts import Parts
from prover.network.service.problems import Problem
from prover.network.wire import letterpage
from settlement.errors import Unavailable
from zk.errors import FormatError

PAUSE_S = 0.5


async def watch(service: Parts) -> None:
    """Fetches letters as long as there are streams, in a copy's service, until it ends."""
    while service.sign is None and not service.stopping.is_set():
        if service.streams.here():
            await fetch(service)
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_S):
                await service.stopping.wait()


async def fetch(service: Parts) -> None:
    """Copies what the operator's service has and this one lacks, if it answers; those who come meanwhile wait."""
    if service.sign is not None:
        return  # this is the operator's service
    async with service.forwarding.copying:
        if time.monotonic() < service.forwarding.copied_s + PAUSE_S:
            return
        with suppress(Problem, FormatError, Unavailable):
            while (url := await service.office.url()) is not None:
                since = await asyncio.to_thread(service.mailbox.newest)
                page = letterpage.decode_page(await service.forwarding.read(f"{url}/letters?since={since}"))
                if not page:
                    break
                if await asyncio.to_thread(service.mailbox.copy, page):
                    await service.notify()
        service.forwarding.copied_s = time.monotonic()
