"""Asks the service of a home, if there is one.

Nothing here loads NumPy or Numba: a command that finds a service has its proof before they could be imported.  A caller
that receives None proves in its own process.
"""

import socket
from collections.abc import Callable
from pathlib import Path

from prover.service import build_id, credentials, endpoint, protocol
from prover.service.protocol import DEFAULT_DEADLINE_MS, Failed, Kind, Message, Outcome
from zk.errors import FormatError, InvalidProof, Unsatisfied

CONTROL_S = 60  # how long to wait for status and stop; stopping gives running proofs ten seconds
MARGIN_S = 10  # beyond the deadline, so that the service itself can report that it has passed

_ERRORS = {
    Outcome.UNSATISFIED: Unsatisfied,
    Outcome.MALFORMED: FormatError,
    Outcome.INVALID: InvalidProof,
    Outcome.REFUSED: Failed,
    Outcome.OVERDUE: Failed,
    Outcome.POISON: Failed,
}


def prove_statement(
    folder: Path, name: str, inputs: bytes, tell: Callable[[str], None], deadline_ms: int = DEFAULT_DEADLINE_MS
) -> Message | None:
    """Returns an answer that holds the proof file and, as "key", the digest of its key.

    Returns None when no service listens in the folder, or when it cannot take the request; `tell` then receives the
    reason.  Raises what proving here would raise, and Failed when the service gave up on the request.
    """
    return _prove(folder, Kind.STATEMENT, tell, deadline_ms, (inputs,), statement=name)


def prove_circom(
    folder: Path, key: Path, witness: Path, tell: Callable[[str], None], deadline_ms: int = DEFAULT_DEADLINE_MS
) -> Message | None:
    """Returns an answer whose parts are proof.json and public.json; None and `Raises` as for `prove_statement`.

    The service opens both files itself, so for anything but a regular file, such as a pipe, this returns None.
    """
    if not (key.is_file() and witness.is_file()):
        return None
    paths = {"key": str(key.absolute()), "witness": str(witness.absolute())}
    return _prove(folder, Kind.CIRCOM, tell, deadline_ms, (), **paths)


def status(folder: Path) -> Message | None:
    """The service's report about itself, or None when there is no service."""
    return _control(folder, Kind.STATUS)


def stop(folder: Path) -> bool:
    """Stops the service and waits until it has ended.  Returns whether there was one.

    Proofs that take at most ten seconds longer are finished first.
    """
    return _control(folder, Kind.STOP) is not None


def _prove(
    folder: Path, kind: Kind, tell: Callable[[str], None], deadline_ms: int, parts: tuple[bytes, ...], **fields: str
) -> Message | None:
    channel = endpoint.connect(folder, deadline_ms / 1000 + MARGIN_S)
    if channel is None:
        return None
    if not credentials.is_trusted(channel):
        channel.close()
        tell("the prover service belongs to another user; proving here")
        return None
    head = {"kind": kind.value, "build_id": build_id.current(), "deadline_ms": deadline_ms, **fields}
    try:
        answer = _ask(channel, Message(head, parts))
        outcome = protocol.outcome(answer)
    except (EOFError, OSError, FormatError):
        tell("the prover service closed the connection; proving here")
        return None
    if outcome == Outcome.DONE:
        return answer
    if outcome in _ERRORS:
        raise _ERRORS[outcome](answer.fields["sentence"])
    tell(f"{answer.fields['sentence']}; proving here")
    return None


def _control(folder: Path, kind: Kind) -> Message | None:
    channel = endpoint.connect(folder, CONTROL_S)
    if channel is None:
        return None
    try:
        return _ask(channel, Message({"kind": kind.value}))
    except (EOFError, OSError, FormatError):
        raise Failed("the prover service does not answer") from None


def _ask(channel: socket.socket, request: Message) -> Message:
    with channel:
        channel.sendall(protocol.encode(request))
        return protocol.receive(channel, protocol.MAX_ANSWER_BYTES)
