"""What the workers of these tests do instead of proving.  Every one of them says what came in by its first part."""

import os
import resource
import signal
import time
from ctypes import CDLL

from prover.service import protocol
from prover.service.protocol import Message, Outcome
from prover.service.worker import Work
from zk.errors import FormatError, Unsatisfied

_PR_GET_DUMPABLE = 3


def prepare() -> Work:
    """A worker that obeys: its first part is a word and what the word is about."""
    return obey


def prepare_nothing() -> Work:
    """A worker that cannot begin."""
    raise FormatError("the key is damaged")


def prepare_to_die() -> Work:
    """A worker that ends before it is ready."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def prepare_once(flag: str) -> Work:
    """A worker that cannot begin a second time."""
    os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    return obey


def obey(request: Message) -> Message:
    """Does what the request says, or what each of several that came together says."""
    if len(request.parts) > 1:
        fields = request.fields | {"together": len(request.parts)}
        return protocol.join([_obeyed(Message(fields, (part,))) for part in request.parts])
    word, _, rest = request.parts[0].decode().partition(" ")
    return WORDS[word](rest, request)


def _obeyed(request: Message) -> Message:
    try:
        return obey(request)
    except FormatError as error:
        return protocol.answer(Outcome.MALFORMED, str(error))


def echo(rest: str, request: Message) -> Message:
    return protocol.answer(Outcome.DONE, "", rest.encode(), pid=os.getpid(), **_shown(request))


def _shown(request: Message) -> dict[str, int]:
    return {"threads": request.fields["threads"], "together": request.fields.get("together", 1)}


def hold(rest: str, request: Message) -> Message:
    """Answers once there is a file of this name."""
    while not os.path.exists(rest):
        time.sleep(0.005)
    return echo(rest, request)


def die(rest: str, request: Message) -> Message:
    """Ends the worker as a crash does, every time; leaves its mark in a file first."""
    with open(rest, "a") as file:
        file.write(f"{os.getpid()}\n")
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def die_once(rest: str, request: Message) -> Message:
    """Ends the first worker that is at it; the next one answers."""
    return echo(rest, request) if os.path.exists(rest) else die(rest, request)


def babble(rest: str, request: Message) -> Message:
    return Message({"no": "outcome"})


def fail(rest: str, request: Message) -> Message:
    raise {"false": Unsatisfied, "bad": FormatError, "ours": KeyError}[rest]("the secret is 31415926")


def dumps(rest: str, request: Message) -> Message:
    """The core limits of this process, and whether it is dumpable."""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    return protocol.answer(Outcome.DONE, limits=limits, dumpable=CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))


WORDS = {
    "echo": echo, "hold": hold, "die": die, "die_once": die_once, "babble": babble, "fail": fail, "dumps": dumps,
}  # fmt: skip
