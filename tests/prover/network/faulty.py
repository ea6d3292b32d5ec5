"""A service over a file, one of whose system calls fails while it settles a bundle, and what its client is told.

    200   the bundle has settled
    503   nothing has happened
    504   it may have settled: whoever asks for its id, or sends it again, learns more

Nothing else is an answer.  The service then either goes on and is asked again, or dies at once, as by kill -9.
"""

import asyncio
import contextlib
import io
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from prover.network.service import logs
from settlement import engine
from settlement.audit import audit
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from tests import faults
from tests.faults import Call, Fails
from tests.prover.network import serving
from tests.settlement.bundles import samples

RETRIES, PATIENT_RETRIES = 20, 1_000
TOLD = {200: "settled", 503: "nothing", 504: "unknown"}


@dataclass(frozen=True)
class Outcome:
    """What the client was told at first, when it asked for the id, and when it sent the bundle again; of a service that
    died, the latter two are missing."""

    first: int
    text: str
    asked: int | None = None
    again: int | None = None


class Scene:
    """A ledger with some history in a folder, and a bundle of two legs that is to be settled."""

    def __init__(self, folder: Path):
        self._original, self._folder = folder / "original", folder / "ledger"
        self._original.mkdir()
        with Ledger.create(self._original / "ledger.sqlite", samples.pool(), samples.NOW_MS) as ledger:
            data = encoding.encode_bundle(samples.deposit(ledger, 100))
            engine.submit(ledger, data, samples.NOW_MS, samples.any_proof)
            paid = samples.make(ledger, samples.change(USDC=-5), [samples.flow(0, -5, b"me")])
            bundle = samples.bind(ledger.ledger_id, paid, samples.make(ledger))
        self._data, self._id = encoding.encode_bundle(bundle), digests.bundle_id(bundle)

    @property
    def _place(self) -> Path:
        return self._folder / "ledger.sqlite"

    def calls(self) -> list[Call]:
        """The system calls of a settlement of which none fails."""
        outcome, calls = self._settled(lambda number, call: 0, dies=False)
        assert outcome == Outcome(200, outcome.text, 200, 200)
        return calls

    def told(self, fails: Fails, *, dies: bool) -> str:
        """What the client was told when the calls of `fails` failed, which was true: see TOLD."""
        outcome, _ = self._settled(fails, dies=dies)
        told = TOLD.get(outcome.first)
        assert told is not None, outcome
        if not dies:
            assert outcome.again == 200, outcome
            assert told == "unknown" or outcome.asked == {"settled": 200, "nothing": 404}[told], outcome
            assert self._bundles() == 2
        else:
            assert told == "unknown" or self._bundles() == {"settled": 2, "nothing": 1}[told], outcome
            with Ledger.open(self._place) as ledger:
                assert engine.submit(ledger, self._data, samples.NOW_MS, samples.any_proof).height == 2
            assert self._bundles() == 2
        return told

    def _bundles(self) -> int:
        """How many bundles have settled, after an audit that finds nothing half done."""
        report = audit.audit(self._place, samples.any_proof)
        assert sum(report.reserves.values()) == {1: 100, 2: 95}[report.bundles]
        return report.bundles

    async def _rested(self) -> None:
        """Waits until the service has emptied the write-ahead log, when nothing waits any more, or could not."""
        log = self._place.with_name(f"{self._place.name}-wal")
        for _ in range(RETRIES):
            if not log.exists() or log.stat().st_size == 0:
                return
            await asyncio.sleep(0.005)

    def _settled(self, fails: Fails, *, dies: bool) -> tuple[Outcome, list[Call]]:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._original, self._folder)

        def act(begin: Any, end: Any) -> list[Any]:
            async def ask() -> list[Any]:
                app = serving.application(self._place)
                lifespan = app.router.lifespan_context(app)
                await lifespan.__aenter__()
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                    begin()
                    first = await serving.post(client, "/bundles", self._data)
                    await self._rested()
                    end()
                    if dies:
                        return [first.status_code, first.text]
                    asked = await answered(lambda: client.get(f"/bundles/{self._id.hex()}"))
                    again = await answered(lambda: serving.post(client, "/bundles", self._data))
                await lifespan.__aexit__(None, None, None)
                return [first.status_code, first.text, asked.status_code, again.status_code]

            with contextlib.redirect_stderr(io.StringIO()):
                logs.configure()
                return asyncio.new_event_loop().run_until_complete(ask())

        answer, calls = faults.supervised(self._folder, act, fails)
        return Outcome(*answer), calls


async def answered(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer, after some 503 when it has not opened its file again yet."""
    for _ in range(PATIENT_RETRIES):
        answer = await ask()
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    return answer


def once(number: int, error: int) -> Fails:
    """The call of this number fails."""
    return lambda at, call: error if at == number else 0


def from_then_on(number: int, error: int) -> Fails:
    """From the call of this number on, everything fails that needs room on the disk."""
    return lambda at, call: error if at >= number and not call.is_read and not call.is_sync else 0


def different(calls: Sequence[Call]) -> list[int]:
    """The numbers of some calls: of each kind, the first, the last, and one in the middle."""
    chosen = set()
    for kind in Counter(calls):
        numbers = [number for number, call in enumerate(calls) if call == kind]
        chosen |= {numbers[0], numbers[len(numbers) // 2], numbers[-1]}
    return sorted(chosen)
