"""A service whose sessions with its PostgreSQL server are cut at chosen messages, and what its clients are told.

They may be told what tests/prover/network/faulty.py says, and nothing else.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from settlement.audit import audit
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from tests.clusters import Cluster
from tests.prover.network import serving
from tests.prover.network.faulty import TOLD, answered
from tests.settlement.bundles import samples
from tests.wire import Cut, Cuts, Message, Proxy


class Scene:
    """A service that runs, whose bundles are of two legs each."""

    def __init__(self, url: str, proxy: Proxy, run: Callable[[Any], Any], client: httpx.AsyncClient):
        self._url, self._proxy, self._run, self._client = url, proxy, run, client

    def messages(self) -> list[Message]:
        """The messages of a settlement of which none is cut, after those that prepare statements."""
        for _ in range(8):
            assert self.told(lambda number, message: Cut.NOT) == ("settled", True)
        return self._proxy.seen

    def told(self, cuts: Cuts) -> tuple[str, bool]:
        """What the client was told when sessions were cut like this, which was true, and whether the bundle settled."""
        with Ledger.open(self._url, read_only=True) as ledger:
            bundle = samples.bind(ledger.ledger_id, samples.make(ledger), samples.make(ledger))
        data, bundle_id = encoding.encode_bundle(bundle), digests.bundle_id(bundle)
        self._proxy.cut(cuts)
        first = self._run(serving.post(self._client, "/bundles", data))
        seen = self._proxy.seen
        self._proxy.cut(None)
        with Ledger.open(self._url, read_only=True) as ledger:
            has_settled = ledger.reader.settled(bundle_id) is not None
            told = TOLD.get(first.status_code)
            assert told == "unknown" or has_settled is {"settled": True, "nothing": False}.get(told or ""), first.text
            asked = self._run(answered(lambda: self._client.get(f"/bundles/{bundle_id.hex()}")))
            assert told == "unknown" or asked.status_code == (200 if has_settled else 404), asked.text
            again = self._run(answered(lambda: serving.post(self._client, "/bundles", data)))
            assert again.status_code == 200, again.text
            assert ledger.reader.tree().size == 2 * ledger.reader.last_event().height
        self._proxy.seen = seen
        return str(told), has_settled


@contextmanager
def scene(cluster: Cluster) -> Iterator[Scene]:
    """A service over a new ledger in this cluster, which is audited at the end."""
    with tempfile.TemporaryDirectory() as folder, Proxy(cluster.folder, Path(folder)) as proxy:
        Ledger.create(cluster.url(), samples.pool(), samples.NOW_MS).close()
        app = serving.application(f"postgresql://postgres@/postgres?host={quote(folder, safe='')}")
        lifespan, run = app.router.lifespan_context(app), asyncio.new_event_loop().run_until_complete
        run(lifespan.__aenter__())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://x")
        try:
            yield Scene(cluster.url(), proxy, run, client)
        finally:
            run(client.aclose())
            run(lifespan.__aexit__(None, None, None))
    report = audit.audit(cluster.url(), samples.any_proof)
    assert report.legs == 2 * report.bundles


def at(number: int, way: Cut) -> Cuts:
    """The connection of the message of this number is cut."""
    return lambda counted, message: way if counted == number else Cut.NOT


def at_commit(way: Cut, *, is_answer: bool) -> Cuts:
    """The connection is cut at the message that commits, in a session that has not prepared it, or at its answer."""

    def cuts(number: int, message: Message) -> Cut:
        kinds = "C" if is_answer else "QP"
        is_meant = message.is_from_client is not is_answer and message.kind in kinds and b"COMMIT\0" in message.content
        return way if is_meant else Cut.NOT

    return cuts
