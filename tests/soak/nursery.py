"""Forks services from a process that has everything loaded, so that one that was killed is back in milliseconds.

It is a process of its own, `python -m tests.soak.nursery`, because only one without threads may fork.  A line of JSON
on its standard input asks for a service; the answer is its process's id once it takes requests.  The services take any
proof, and think that it is always samples.NOW_MS.  They end with the nursery.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from settlement import databases
from settlement.databases import Place

_CHILD_SUBREAPER = 36


class Nursery:
    """The process.  Use it in a `with` block."""

    def __init__(self, log: Path):
        self._log = log

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.soak.nursery"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def serve(self, place: Place, port: int, count: int = 1) -> int:
        """Serves the ledger at `place` in so many processes; returns the first, which leads a group that has all."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"place": str(place), "port": port, "count": count}).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer.strip().isdigit(), f"the service did not start:\n{self._log.read_text()[-4000:]}"
        return int(answer)


def kill(group: int) -> None:
    """kill -9 of all processes of a service.  Waits until they are gone."""
    with suppress(ProcessLookupError):
        while True:
            os.killpg(group, signal.SIGKILL)
            time.sleep(0.001)


def members(group: int) -> list[int]:
    """The processes of a service that its first one has started."""
    return [int(pid) for pid in Path(f"/proc/{group}/task/{group}/children").read_text().split()]


def wait(group: int, until_s: float) -> bool:
    """Whether all processes of a service have ended by themselves in time."""
    while time.monotonic() < until_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.005)
    return False


def main() -> None:
    _load_kernels()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    if sys.platform == "linux":  # nor for those whose parent was killed
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    groups = []
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reads)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _serve(asked["place"], asked["port"], asked["count"], writes)
            finally:
                os._exit(1)
        os.close(writes)
        groups.append(child)
        started = os.read(reads, 1)
        os.close(reads)
        print(child if started else "failed", flush=True)
    for group in groups:
        kill(group)


def _serve(place: str, port: int, count: int, writes: int) -> None:
    from tests.prover.network import serving

    os.setsid()
    serving.serve(place if databases.is_url(place) else Path(place), port, lambda: os.write(writes, b"."), count)


def _load_kernels() -> None:
    """Loads the service, and every kernel that settling uses, by settling.  Nothing may leave a thread."""
    import tempfile

    import tests.prover.network.serving  # noqa: F401
    from settlement import engine
    from settlement.bundles import encoding
    from settlement.ledger import Ledger
    from tests.settlement.bundles import samples

    with tempfile.TemporaryDirectory() as folder:
        with Ledger.create(Path(folder) / "ledger.sqlite", samples.pool(), samples.NOW_MS) as ledger:
            made = [samples.bind(ledger.ledger_id, samples.make(ledger), samples.make(ledger)) for _ in range(4)]
            engine.submit_all(ledger, [encoding.encode_bundle(one) for one in made], samples.NOW_MS, samples.any_proof)
    assert len(os.listdir("/proc/self/task")) == 1, "a process that has threads must not fork"


if __name__ == "__main__":
    main()
