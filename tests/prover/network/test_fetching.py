"""What was sent for events comes in batches and in order, wherever one begins, and the next comes meanwhile."""

import threading

import pytest

from prover.network.mirrors import fetching
from settlement.errors import Unavailable
from settlement.log import tiles
from settlement.log.tiles import DATA_WIDTH
from tests.patience import PATIENCE_S

WIDTH = 2 * DATA_WIDTH
SIZE = 5 * DATA_WIDTH + 3
THINGS = [b"%d" % height for height in range(SIZE)]


def serve(path):
    tile = tiles.parse(path.removeprefix("/"))
    return tiles.join(tile.row, THINGS[tile.first : tile.first + tile.width])


@pytest.mark.parametrize("start", [0, 1, DATA_WIDTH - 1, DATA_WIDTH, WIDTH - 1, WIDTH, WIDTH + 5, SIZE - 4, SIZE - 1])
def test_batches_end_at_whole_widths_and_have_everything_in_order(start):
    batches = list(fetching.sent(serve, start, SIZE, WIDTH))
    assert [thing for batch in batches for thing in batch] == THINGS[start:]
    ends = [start + sum(map(len, batches[: i + 1])) for i in range(len(batches))]
    assert ends == [*range(start // WIDTH * WIDTH + WIDTH, SIZE, WIDTH), SIZE]


def test_the_next_batch_is_fetched_while_one_is_worked_on():
    second = threading.Event()

    def watched(path):
        if tiles.parse(path.removeprefix("/")).first >= WIDTH:
            second.set()
        return serve(path)

    batches = fetching.sent(watched, 0, SIZE, WIDTH)
    next(batches)
    assert second.wait(PATIENCE_S)
    batches.close()


def test_a_single_batch_is_fetched_in_this_thread():
    threads = set()

    def watched(path):
        threads.add(threading.current_thread())
        return serve(path)

    assert list(fetching.sent(watched, SIZE - 2, SIZE, WIDTH)) == [THINGS[-2:]]
    assert threads == {threading.current_thread()}


def test_what_cannot_be_fetched_is_raised_when_it_is_its_turn():
    def broken(path):
        if tiles.parse(path.removeprefix("/")).first >= WIDTH:
            raise Unavailable("gone")
        return serve(path)

    batches = fetching.sent(broken, 0, SIZE, WIDTH)
    assert next(batches) == THINGS[:WIDTH]
    with pytest.raises(Unavailable):
        next(batches)
