"""A worker: a process that answers one request after another, and the service's handle to it.

Workers are forked from a server process that has only imported the code (multiprocessing's forkserver), so a new one
is ready within a fraction of a second and inherits no secrets.  A worker ends when its channel closes, so it never
outlives its service.
"""

import asyncio
import multiprocessing
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess

from prover.machine import files
from prover.service import coredumps, protocol
from prover.service.protocol import Failed, Message, Outcome
from zk.errors import FormatError, InvalidProof, Unsatisfied

START_S = 300  # the first start on a machine may compile kernels
END_S = 5

Work = Callable[[Message], Message]
Prepare = Callable[[], Work]  # runs in the worker's process: loads everything and returns the function that works


class Died(Exception):
    """The worker's process ended, or sent something that no worker sends."""


def main(channel: socket.socket, prepare: Prepare) -> None:
    """Runs in the worker's process: answers requests until the channel closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the service decides
    coredumps.forbid_dumps()
    with channel, suppress(EOFError, ConnectionError):
        try:
            work = prepare()
        except Exception as error:
            channel.sendall(protocol.encode(sentence(error)))
            return
        channel.sendall(protocol.encode(protocol.answer(Outcome.READY)))
        while True:
            request = protocol.receive(channel, protocol.MAX_TOGETHER_BYTES)
            channel.sendall(protocol.encode(_answer(work, request)))


def _answer(work: Work, request: Message) -> Message:
    try:
        return work(request)
    except Exception as error:
        return sentence(error)


def sentence(error: Exception) -> Message:
    """An answer that reports an error.  For a bug it names only the kind: its message might contain a witness."""
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


def _fork(process: BaseProcess, theirs: socket.socket) -> None:
    """Starts the process.  Holds its end of the channel open until the process has it, even if the caller gave up."""
    with theirs:
        process.start()


class Worker:
    """The service's handle to a worker; `start` creates it."""

    def __init__(self, process: BaseProcess, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._process, self._reader, self._writer = process, reader, writer

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    @classmethod
    async def start(cls, prepare: Prepare) -> "Worker":
        """Starts a worker and waits until it is ready.  Raises Failed if it does not start."""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("forkserver").Process(
            target=main, args=(theirs, prepare), name="zksettle prover", daemon=True
        )
        try:
            await asyncio.to_thread(_fork, process, theirs)
        except (OSError, EOFError):  # the fork server died; the next start replaces it
            ours.close()
            raise Failed("a worker of the prover service could not be forked") from None
        except asyncio.CancelledError:
            ours.close()  # ends the worker that the thread is still forking
            raise
        worker = cls(process, *await asyncio.open_unix_connection(sock=ours))
        try:
            async with asyncio.timeout(START_S):
                first = await worker._read()
            if protocol.outcome(first) != Outcome.READY:
                raise Failed(f"a worker of the prover service did not start: {first.fields['sentence']}")
        except (Died, TimeoutError):
            await worker.kill()
            raise Failed("a worker of the prover service did not start") from None
        except BaseException:
            await worker.kill()
            raise
        return worker

    async def ask(self, request: Message) -> Message:
        """Sends a request and returns the answer.  Raises Died; the caller must then `kill` the worker."""
        self._writer.write(protocol.encode(request))
        with suppress(ConnectionError):  # reading will report it
            await self._writer.drain()
        return await self._read()

    async def kill(self) -> None:
        """Ends the process now."""
        self._process.kill()
        await self._wait()

    async def end(self) -> None:
        """Ends the process after its current request, or by force after END_S."""
        self._writer.close()
        await asyncio.to_thread(self._process.join, END_S)
        await self.kill()

    async def _wait(self) -> None:
        self._writer.close()
        await asyncio.to_thread(self._process.join)

    async def _read(self) -> Message:
        try:
            answer = await protocol.read(self._reader, protocol.MAX_ANSWER_BYTES)
            protocol.outcome(answer)
            return answer
        except (EOFError, ConnectionError, FormatError):
            raise Died from None
