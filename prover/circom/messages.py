"""The reports of a running circom program: why it stops, and the output of the circuit's `log`.

A program calls the four functions below, and they fetch its report by calling it in turn: a message one character at
a time with `getMessageChar`, up to a zero, and a field element one word at a time with `readSharedRWMemory`.  A program
that calls one of the four from there would nest them without end, so that is refused.  All text is untrusted: its
length is limited, and characters that a terminal would obey become question marks.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from zk.errors import FormatError, Unsatisfied

MAX_MESSAGE = 1000  # characters
MAX_REASON = 2000  # characters of all messages that explain why a program stops
MAX_LINES = 10_000
MAX_WORDS = 100_000  # of all lines
MAX_CHARACTERS = 1 << 20  # of all lines
MAX_REASONS = 32

_ASSERTION = 4
_OUT_OF_BOUNDS = 7
_FAILURES = {
    1: "Signal not found",
    2: "Too many signals set",
    3: "Signal already set",
    _ASSERTION: "Assert Failed",
    5: "Not enough memory",
    6: "Input signal array access exceeds the size",
    _OUT_OF_BOUNDS: "Out of bounds array access",
}
_FIELD_WORDS = 8


class Messages:
    """The four functions that a program imports, and its reports through them.

    `is_buffered` says that a line of the log is put together from several messages up to "\\n", as since circom 2.0.7.
    """

    def __init__(self, what: str, is_buffered: bool):
        self._what, self._is_buffered = what, is_buffered
        self._reasons: list[str] = []
        self._lines: list[str] = []
        self._words: list[str] = []
        self._num_words = self._num_characters = 0
        self._is_calling = False

    def functions(self) -> dict[str, Callable]:
        """The four functions by name; the first argument of each is the caller, a wasmtime.Caller."""
        return {
            "exceptionHandler": self._never_nested(self._fail),
            "printErrorMessage": self._never_nested(self._explain),
            "writeBufferMessage": self._never_nested(self._print),
            "showSharedRWMemory": self._never_nested(self._print_number),
        }

    def log(self) -> tuple[str, ...]:
        """The lines that were printed, up to MAX_LINES lines, MAX_WORDS words and MAX_CHARACTERS characters."""
        return (*self._lines, *([" ".join(self._words)] if self._words else []))

    def _never_nested(self, function: Callable) -> Callable:
        """The function, guarded: it raises FormatError when one of the four is running already."""

        def guarded(*arguments: Any) -> None:
            if self._is_calling:
                raise FormatError(f"{self._what} calls back while its message is being read")
            self._is_calling = True
            try:
                function(*arguments)
            finally:
                self._is_calling = False

        return guarded

    def _fail(self, caller: Any, code: int) -> NoReturn:
        """Ends the program: Unsatisfied for an assertion of the circuit, FormatError for everything else."""
        reason = ". ".join([_FAILURES.get(code, "Unknown error"), *filter(None, self._reasons)])
        if len(reason) > MAX_REASON:
            reason = f"{reason[:MAX_REASON]}…"
        is_of_circuit = code in (_ASSERTION, _OUT_OF_BOUNDS)
        raise (Unsatisfied if is_of_circuit else FormatError)(f"{self._what} stops: {reason}")

    def _explain(self, caller: Any) -> None:
        if len(self._reasons) < MAX_REASONS:
            self._reasons.append(_printable(self._message(caller).strip()))

    def _print(self, caller: Any) -> None:
        self._add(self._message(caller))

    def _print_number(self, caller: Any) -> None:
        read = caller["readSharedRWMemory"]
        words = [read(caller, i) % 2**32 for i in range(_FIELD_WORDS)]
        self._add(str(sum(word << 32 * i for i, word in enumerate(words))))
        if not self._is_buffered:
            self._add("\n")

    def _add(self, text: str) -> None:
        self._num_words += 1
        self._num_characters += len(text)
        if len(self._lines) >= MAX_LINES or self._num_words > MAX_WORDS or self._num_characters > MAX_CHARACTERS:
            return
        if text == "\n":
            self._lines.append(" ".join(self._words))
            self._words.clear()
        else:
            self._words.append(_printable(text))

    def _message(self, caller: Any) -> str:
        """The program's current message.  Raises FormatError when the program has no function to read it with."""
        read = caller.get("getMessageChar")
        if read is None:
            raise FormatError(f"{self._what} has a message, but no getMessageChar to read it with")
        characters: list[str] = []
        while len(characters) < MAX_MESSAGE and (code := read(caller)) != 0:
            characters.append(chr(code) if 0 < code < 0x110000 else "?")
        return "".join(characters)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
