"""Where a dispatcher keeps what it sent (dispatch.py): a file beside the wallet, under a key of the viewing key's.

    HOME/wallets/NAME.sent       orders and withdrawals, replaced as a whole and on the disk before anything is sent
    HOME/wallets/NAME.letters    letters, a record each time one changes; the last one of a letter counts.  They come
                                 by the dozen and live for minutes, so no quote waits for the disk
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol

from prover.carriers.carrier import Kind
from prover.trader import beside, keys
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

MAX_MESSAGES = 256
SENT_SUFFIX, LETTERS_SUFFIX = "sent", "letters"
SENT, CARRIED, ANSWERED, REFUSED, EXPIRED = "sent", "carried", "answered", "refused", "expired"
_SENT_FORMAT: Final = "zksettle-sent"
_LETTER_FORMAT: Final = "zksettle-letter"
_MAX_FILE_BYTES = 64 << 20
_MAX_MS = (1 << 63) - 1
_Time = Annotated[int, dataclassjson.integer(0, _MAX_MS)]


@dataclass(frozen=True)
class CarriedBy:
    """A carrier that took a message, and at how many places."""

    name: str
    places: Annotated[int, dataclassjson.integer(1, 1_000)]


@dataclass(frozen=True, repr=False)
class Message(keys.Secret):
    """Something that was sent; also its form in a journal.  `about` says what, in words for its owner alone.

    `message_id` is the order's id, the request's that a letter is about, or the SHA-256 of a letter, in hexadecimal
    digits.  `data` is base64, and empty when it is not sent again.  `why` has the last reason of each carrier that did
    not take it.
    """

    message_id: str
    kind: Kind
    about: str
    made_ms: _Time
    expires_ms: _Time
    carried: tuple[CarriedBy, ...]
    refused: tuple[str, ...]
    why: str
    answered_ms: _Time
    tries: _Time
    next_ms: _Time
    data: str

    @property
    def places(self) -> int:
        """By how many carriers it is carried, each relay counted."""
        return sum(each.places for each in self.carried)

    def state(self, now_ms: int) -> str:
        """One of the states above."""
        if self.answered_ms:
            return ANSWERED
        if self.expires_ms <= now_ms:
            return EXPIRED
        if self.carried:
            return CARRIED
        return SENT if self.data else REFUSED


class Journal(Protocol):
    """Keeps messages."""

    def read(self) -> list[Message]:
        """What it has.  Raises FormatError when it is damaged, or of another version."""

    def keep(self, changed: Sequence[Message], kept: Sequence[Message]) -> None:
        """Keeps messages that changed; `kept` is all that is to be kept, with them."""


class Nowhere:
    """Forgets everything."""

    def read(self) -> list[Message]:
        """Nothing."""
        return []

    def keep(self, changed: Sequence[Message], kept: Sequence[Message]) -> None:
        """Does nothing."""


@dataclass(frozen=True)
class _Whole:
    format: Literal["zksettle-sent"]
    version: Literal[1]
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class _Record:
    format: Literal["zksettle-letter"]
    version: Literal[1]
    message: Message


class Sent:
    """The journal of what must not be forgotten."""

    def __init__(self, wallet: Path, view: keys.View):
        self._wallet, self._view = wallet, view

    def read(self) -> list[Message]:
        """What it has.  Raises FormatError."""
        content = beside.read(self._wallet, self._view, SENT_SUFFIX, _MAX_FILE_BYTES)
        if content is None:
            return []
        what = "the journal of what was sent"
        whole = dataclassjson.read(_Whole, strictjson.loads(content, what, _MAX_FILE_BYTES), what)
        return [_checked(each, what) for each in whole.messages]

    def keep(self, changed: Sequence[Message], kept: Sequence[Message]) -> None:
        """Replaces the file.  On return it is on the disk."""
        content = _encode(_Whole(_SENT_FORMAT, 1, tuple(kept)))
        beside.write(self._wallet, self._view, SENT_SUFFIX, content)


class Letters:
    """The journal of letters."""

    def __init__(self, wallet: Path, view: keys.View):
        self._wallet, self._view, self._appended = wallet, view, 0

    def read(self) -> list[Message]:
        """What it has; a record that was cut off goes.  Raises FormatError."""
        what = "the journal of letters"
        found: dict[str, Message] = {}
        for record in beside.records(self._wallet, self._view, LETTERS_SUFFIX, _MAX_FILE_BYTES):
            document = strictjson.loads(record, what, _MAX_FILE_BYTES)
            message = _checked(dataclassjson.read(_Record, document, what).message, what)
            found[message.message_id] = message
        newest = list(found.values())[-MAX_MESSAGES:]
        if beside.path_of(self._wallet, LETTERS_SUFFIX).exists():
            self._replace(newest)
        return newest

    def keep(self, changed: Sequence[Message], kept: Sequence[Message]) -> None:
        """Appends the messages; now and then, replaces the file."""
        if self._appended + len(changed) > MAX_MESSAGES:
            self._replace(kept)
            return
        for each in changed:
            record = _encode(_Record(_LETTER_FORMAT, 1, each))
            beside.append(self._wallet, self._view, LETTERS_SUFFIX, record, is_durable=False)
        self._appended += len(changed)

    def _replace(self, kept: Sequence[Message]) -> None:
        records = [_encode(_Record(_LETTER_FORMAT, 1, each)) for each in kept]
        beside.replace_records(self._wallet, self._view, LETTERS_SUFFIX, records)
        self._appended = 0


def _encode(document: _Whole | _Record) -> bytes:
    return json.dumps(dataclassjson.write(document), separators=(",", ":")).encode()


def _checked(message: Message, what: str) -> Message:
    """The message.  Raises FormatError when its bytes are no base64."""
    try:
        base64.b64decode(message.data, validate=True)
    except ValueError:
        raise FormatError(f"{what} has bytes that are not base64") from None
    return message
