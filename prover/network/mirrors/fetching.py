"""What was sent for a log's events, fetched in batches, of which the next comes while one is worked on."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from settlement.log import tiles
from settlement.log.tiles import DATA, Tile

Fetch = Callable[[str], bytes]
"""Returns what the ledger's service has under a path such as "/checkpoint"; raises errors.Unavailable."""


def sent(fetch: Fetch, start: int, size: int, width: int) -> Iterator[list[bytes]]:
    """What was sent for the events from `start` on of a log of `size` events, in batches.

    A batch ends where its number of events is a multiple of `width`, which is one of a file's.  Raises what `fetch`
    raises, for a batch when it is asked for.
    """
    files = tiles.covering(DATA, start, size)
    batches = [list(of) for _, of in groupby(files, lambda tile: tile.first // width)]

    def read(batch: Sequence[Tile]) -> list[bytes]:
        things = [thing for tile in batch for thing in tiles.split(tile, fetch(f"/{tile.path}"))]
        return things[max(start - batch[0].first, 0) :]

    if len(batches) < 2:
        yield from map(read, batches)
        return
    with ThreadPoolExecutor(1, "zksettle-fetching") as ahead:  # one thread: a client belongs to one at a time
        waiting = ahead.submit(read, batches[0])
        for following in (*batches[1:], None):
            found = waiting.result()
            if following is not None:
                waiting = ahead.submit(read, following)
            yield found
