"""One worker: a process that answers one request after another, and the handle by which the service holds it.

Workers are forked from a server process that has imported the code and nothing else (multiprocessing's forkserver), so
a new one is ready within a fraction of a second and none inherits another's secrets.  It ends when its channel does:
no worker outlives its service.
"""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from prover.machine import files
from prover.service import coredumps, protocol
from prover.service.protocol import Failed, Message, Outcome
from zk.errors import FormatError, InvalidProof, Unsatisfied

START_S = 300  # the first start on a machine may compile kernels
END_S = 5

Work = Callable[[Message], Message]
Prepare = Callable[[], Work]  # called in the worker's process: loads what the work needs, returns what does it


class Died(Exception):
    """The worker's process ended, or said what no worker says."""


def main(channel: socket.socket, prepare: Prepare) -> None:
    """The worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the service decides
    coredumps.forbid_dumps()
    with channel, suppress(EOFError, ConnectionError):
        try:
            work = prepare()
        except Exception as error:
            channel.sendall(protocol.encode(sentence(error)))
            return
        channel.sendall(protocol.encode(protocol.answer(Outcome.READY)))
        while True:
            request = protocol.receive(channel, protocol.MAX_REQUEST_BYTES)
            channel.sendall(protocol.encode(_answer(work, request)))


def _answer(work: Work, request: Message) -> Message:
    try:
        return work(request)
    except Exception as error:
        return sentence(error)


def sentence(error: Exception) -> Message:
    """The answer that says what went wrong.  Of our own mistakes only the kind: their messages might hold a witness."""
    match error:
        case Unsatisfied():
            return protocol.answer(Outcome.UNSATISFIED, str(error))
        case InvalidProof():
            return protocol.answer(Outcome.INVALID, str(error))
        case FormatError():
            return protocol.answer(Outcome.MALFORMED, str(error))
        case files.Busy():
            return protocol.answer(Outcome.REFUSED, str(error))
        case OSError():
            named = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            return protocol.answer(Outcome.REFUSED, named or type(error).__name__)
        case _:
            return protocol.answer(Outcome.BROKEN, f"internal error ({type(error).__name__})")


def _fork(process: multiprocessing.Process, theirs: socket.socket) -> None:
    """Starts the process.  Its end of the channel stays open here until it has it, even if nobody waits any more."""
    with theirs:
        process.start()


class Worker:
    """The service's side of a worker.  `start` makes one."""

    def __init__(self, process: multiprocessing.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._process, self._reader, self._writer = process, reader, writer

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    @classmethod
    async def start(cls, prepare: Prepare) -> "Worker":
        """A worker that is ready.  Raises Failed when it does not become so."""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("forkserver").Process(
            target=main, args=(theirs, prepare), name="zksettle prover", daemon=True
        )
        try:
            await asyncio.to_thread(_fork, process, theirs)
        except (OSError, EOFError):  # the server that forks is gone; the next start starts another
            ours.close()
            raise Failed("a worker of the prover service could not be forked") from None
        except asyncio.CancelledError:
            ours.close()  # which ends the worker that the thread goes on forking
            raise
        made = cls(process, *await asyncio.open_unix_connection(sock=ours))
        try:
            async with asyncio.timeout(START_S):
                first = await made._read()
            if protocol.outcome(first) != Outcome.READY:
                raise Failed(f"a worker of the prover service did not start: {first.fields['sentence']}")
        except (Died, TimeoutError):
            await made.kill()
            raise Failed("a worker of the prover service did not start") from None
        except BaseException:
            await made.kill()
            raise
        return made

    async def ask(self, request: Message) -> Message:
        """The answer to a request.  Raises Died; then `kill` is what is left to do."""
        self._writer.write(protocol.encode(request))
        with suppress(ConnectionError):  # reading will tell
            await self._writer.drain()
        return await self._read()

    async def kill(self) -> None:
        """Ends the process now."""
        self._process.kill()
        await self._wait()

    async def end(self) -> None:
        """Ends the process, after the request it is at if that takes no longer than END_S; else by force."""
        self._writer.close()
        await asyncio.to_thread(self._process.join, END_S)
        await self.kill()

    async def _wait(self) -> None:
        self._writer.close()
        await asyncio.to_thread(self._process.join)

    async def _read(self) -> Message:
        try:
            found = await protocol.read(self._reader, protocol.MAX_ANSWER_BYTES)
            protocol.outcome(found)
            return found
        except (EOFError, ConnectionError, FormatError):
            raise Died from None
