"""Fails chosen system calls of a process: a supervisor in Python, over Linux's seccomp user notifications.

The process installs a filter that stops it at each call that touches a file; its supervisor, which is told of each,
lets it go on or has it fail with an error, which the kernel returns as its own (seccomp(2), seccomp_unotify(2)).  Only
calls that concern one folder count, and only between `begin` and `end`.  Nothing needs to be installed for this, and no
privilege, but it is Linux on x86-64.
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_READS = {"read": 0, "pread64": 17}
_BY_FILE = {"write": 1, "pwrite64": 18, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "fallocate": 285, **_READS}
_BY_NAME = {"open": 2, "openat": 257, "rename": 82, "link": 86, "unlink": 87}
_NAMES = {number: name for name, number in {**_BY_FILE, **_BY_NAME}.items()}
_CREATES = os.O_CREAT

_SECCOMP, _SET_FILTER, _NEW_LISTENER, _NO_NEW_PRIVILEGES = 317, 1, 1 << 3, 38
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_X86_64 = 0xC000003E
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")  # id, pid, flags, number, architecture, instruction, arguments
_ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
_MAX_PATH = 4096

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Call:
    """A system call, and the name of the file that it concerns."""

    name: str
    file: str

    @property
    def is_read(self) -> bool:
        """Whether it only reads."""
        return self.name in _READS

    @property
    def is_sync(self) -> bool:
        """Whether it makes durable what was written, for which a disk needs no more room."""
        return self.name in ("fsync", "fdatasync")


Fails = Callable[[int, Call], int]
"""The error with which the call of this number, from 0, fails; 0 to let it happen."""

Act = Callable[[Callable[[], None], Callable[[], None]], Any]
"""What is supervised: it calls `begin`, then does what may fail, calls `end`, and returns something for JSON."""


@cache
def why_not() -> str | None:
    """Why processes cannot be supervised here, or None."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "system calls are failed on Linux on x86-64 alone"
    child = os.fork()
    if child == 0:
        with suppress(OSError):
            _listen()
            os._exit(0)
        os._exit(1)
    refused = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "this system lets no process supervise another's calls (seccomp)" if refused else None


def supervised(folder: Path, act: Act, fails: Fails) -> tuple[Any, list[Call]]:
    """What `act` returns in a process of its own, and the calls that `fails` was asked about."""
    own, other = socket.socketpair()
    child = os.fork()
    if child == 0:
        own.close()
        _act(other, act)
    other.close()
    try:
        _, (listener,), *_ = socket.recv_fds(own, 1, 1)
        try:
            answer, calls = _supervise(own, listener, str(folder.resolve()), fails)
        finally:
            os.close(listener)
    finally:
        own.close()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0 and answer, f"the process ended with {status}"
    return json.loads(answer), calls


def _act(other: socket.socket, act: Act) -> None:
    """The child's side.  Does not return."""
    try:
        listener = _listen()
        socket.send_fds(other, [b"."], [listener])
        os.close(listener)

        def told(word: bytes) -> None:
            other.sendall(word)
            other.recv(1)

        answer = act(lambda: told(b"+"), lambda: told(b"-"))
        other.sendall(json.dumps(answer).encode())
        os._exit(0)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
    finally:
        os._exit(1)


def _supervise(own: socket.socket, listener: int, folder: str, fails: Fails) -> tuple[bytes, list[Call]]:
    calls: list[Call] = []
    answer, is_counting = b"", False
    poll = select.poll()
    poll.register(own, select.POLLIN)
    poll.register(listener, select.POLLIN)
    while True:
        for descriptor, event in poll.poll():
            if descriptor == listener and event & select.POLLIN:
                _let(listener, folder, calls, fails if is_counting else None)
            elif descriptor == listener:
                poll.unregister(listener)  # the process has ended
            else:
                word = own.recv(1 << 16)
                if not word:
                    return answer, calls
                if word in (b"+", b"-"):
                    is_counting = word == b"+"
                    own.sendall(b".")
                else:
                    answer += word


def _let(listener: int, folder: str, calls: list[Call], fails: Fails | None) -> None:
    """Answers one notification."""
    notified = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, notified)
    except OSError as error:  # the call was interrupted
        if error.errno in (errno.ENOENT, errno.EINTR):
            return
        raise
    identity, pid, _, number, _, _, *arguments = _NOTIFICATION.unpack(notified)
    error = 0
    if fails is not None:
        call = _call(pid, number, arguments, folder)
        if call is not None:
            calls.append(call)
            error = fails(len(calls) - 1, call)
    with suppress(FileNotFoundError):
        fcntl.ioctl(listener, _SEND, bytearray(_ANSWER.pack(identity, 0, -error, 0 if error else _GO_ON)))


def _call(pid: int, number: int, arguments: list[int], folder: str) -> Call | None:
    """The call, if it concerns the folder, and, when it opens a file, may create it."""
    name = _NAMES[number]
    if name in _BY_FILE:
        path = os.readlink(f"/proc/{pid}/fd/{arguments[0] & 0xFFFFFFFF}")
    else:
        at = {"openat": 1}.get(name, 0)
        if name in ("open", "openat") and not arguments[at + 1] & _CREATES:
            return None
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(arguments[at])
            path = os.fsdecode(memory.read(_MAX_PATH).partition(b"\0")[0])
    return Call(name, os.path.basename(path)) if path.startswith(folder) else None


def _listen() -> int:
    """Installs the filter for this thread and those that it starts; the descriptor that hears of its calls.

    Raises OSError where that is not allowed.
    """
    numbers = sorted(_NAMES)
    program = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_JUMP_EQUAL, 0, len(numbers) + 1, _X86_64), (_LOAD, 0, 0, _NUMBER_AT)]
    program += [(_JUMP_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    listener = _libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, described)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)
