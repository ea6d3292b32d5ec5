"""What the sides of `zksettle bench desk` say to whoever measures: JSON documents, over pipes or within a process.

Each side is a process, `python -m prover.bench.deskside`, or, over a carrier in memory, a thread.
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Document = dict[str, Any]
DESKSIDE = (sys.executable, "-m", "prover.bench.deskside")
PATIENCE_S = 180.0
END_S = 30.0


class Ended(Exception):
    """The other end says nothing more."""


class Talk:
    """One end."""

    def __init__(self, send: Callable[[Document], None]):
        self.say, self.incoming = send, queue.SimpleQueue[Document | None]()

    def hear(self, timeout_s: float | None = None) -> Document | None:
        """The next document, or None when none comes in time.  Raises Ended."""
        try:
            heard = self.incoming.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if heard is None:
            self.incoming.put(None)
            raise Ended
        return heard


def over(reading: IO[bytes], writing: IO[bytes]) -> Talk:
    """An end that reads lines from one file and writes them to another."""

    def send(document: Document) -> None:
        writing.write(json.dumps(document).encode() + b"\n")
        writing.flush()

    made = Talk(send)

    def pump() -> None:
        for line in reading:
            made.incoming.put(_document(line))
        made.incoming.put(None)

    threading.Thread(target=pump, name="zksettle-bench-talk", daemon=True).start()
    return made


def _document(line: bytes) -> Document:
    """What a line says; where it is no JSON object, that it failed."""
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"failed": f"wrote a line that is not a JSON object: {line.decode(errors='replace').strip()[:100]}"}
    return document


class Side:
    """A side that was begun, as whoever measures sees it."""

    def __init__(self, name: str, talk: Talk, why: Callable[[], str], process_id: int | None = None):
        self._name, self._talk, self._why, self.process_id = name, talk, why, process_id

    def tell(self, **document: Any) -> None:
        """Says something, without waiting for an answer."""
        try:
            self._talk.say(document)
        except OSError:
            raise RuntimeError(f"the {self._name} ended: {self._why()}") from None

    def hear(self, timeout_s: float = PATIENCE_S) -> Document:
        """What it says next.  Raises RuntimeError when it ended, or says nothing for so long."""
        heard = self.hear_within(timeout_s)
        if heard is None:
            raise RuntimeError(f"the {self._name} did not answer within {timeout_s:.0f} s: {self._why()}")
        return heard

    def hear_within(self, seconds: float) -> Document | None:
        """What it says next, or None when it says nothing for so long.  Raises RuntimeError when it ended."""
        try:
            return self._talk.hear(max(seconds, 0))
        except Ended:
            raise RuntimeError(f"the {self._name} ended: {self._why()}") from None

    def ask(self, **document: Any) -> Document:
        """Its answer to a document."""
        self.tell(**document)
        return self.hear()


@contextmanager
def process(name: str, folder: Path, asked: Document | None, command: Sequence[str] = DESKSIDE) -> Iterator[Side]:
    """A side as a process, which is told `asked` and ended with the context.

    What it complains of goes to a file in the folder.
    """
    log = folder / ("".join(c if c.isalnum() else "-" for c in name) + ".log")
    with log.open("wb") as complaints:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints)
    assert child.stdin is not None and child.stdout is not None, "both are pipes"
    try:
        side = Side(name, over(child.stdout, child.stdin), lambda: _complaints(log), child.pid)
        if asked is not None:
            side.tell(**asked)
        yield side
    finally:
        try:
            child.stdin.close()
        except OSError:
            pass
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _complaints(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:] or "it wrote nothing to standard error"


@contextmanager
def thread(name: str, run: Callable[[Document, Talk], None], asked: Document) -> Iterator[Side]:
    """A side as a thread, which is ended with the context."""
    failures: list[BaseException] = []
    inside = Talk(lambda document: outside.incoming.put(document))
    outside = Talk(lambda document: inside.incoming.put(document))

    def work() -> None:
        try:
            run(asked, inside)
        except Ended:
            pass
        except BaseException as error:
            failures.append(error)
        outside.incoming.put(None)

    worker = threading.Thread(target=work, name=f"zksettle-bench-{name}", daemon=True)
    worker.start()
    try:
        yield Side(name, outside, lambda: "; ".join(f"{type(each).__name__}: {each}" for each in failures))
    finally:
        inside.incoming.put(None)
        worker.join(END_S)
