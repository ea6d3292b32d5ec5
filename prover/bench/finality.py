"""How long a swap takes to be final: from its POST until the service says that a quorum cosigned its checkpoint.

The service tells it on its stream, to which one thread listens; swaps are posted one after the other, a second apart,
while others settle beside them at a steady rate.
"""

import json
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from prover.bench import ledgersite, posting
from prover.bench.ledgersite import Site

REPLAY_S = 900
WAIT_S = 60
PAUSE_S = 1.0
_CONNECTIONS = 8


class _Finals:
    """The newest final size that the service has told of."""

    def __init__(self, url: str):
        self._url, self._size, self._changed = url, 0, threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()  # ends with the process at the latest

    def wait(self, size: int, seconds: float) -> None:
        """Waits until a checkpoint of so many events is final.  Raises RuntimeError when none becomes that."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._size >= size, seconds):
                raise RuntimeError(f"no checkpoint of {size} events was final within {seconds} s")

    def _listen(self) -> None:
        kind = ""
        try:
            with httpx.stream("GET", f"{self._url}/stream", timeout=None) as response:
                for line in response.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "data" and kind == "final":
                        with self._changed:
                            self._size = json.loads(value)["size"]
                            self._changed.notify_all()
        except httpx.HTTPError:
            pass  # the service has ended, and who waits says so


def measure(site: Site, url: str, few: Path, beside: Path, rate: float) -> list[float]:
    """The seconds until each of `few` swaps was final, while those in `beside` settle at this rate."""
    finals = _Finals(url)
    with ExitStack() as resources, httpx.Client(base_url=url, timeout=WAIT_S) as client:
        for home in site.validators:
            joined = () if home.pool.exists() else ("--of", url)
            resources.enter_context(ledgersite.command(home, "validator", "run", *joined))
        finals.wait(client.get("/readyz").json()["height"] + 1, REPLAY_S)
        background = threading.Thread(target=posting.run, args=(url, beside, _CONNECTIONS, rate))
        background.start()
        times_s = []
        for bundle in posting.read(few):
            time.sleep(PAUSE_S)
            start_s = time.perf_counter()
            answer = client.post("/bundles", content=bundle, headers={"Content-Type": "application/octet-stream"})
            finals.wait(answer.raise_for_status().json()["height"] + 1, WAIT_S)
            times_s.append(time.perf_counter() - start_s)
        background.join()
    return times_s
