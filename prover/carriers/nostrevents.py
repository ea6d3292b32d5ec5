"""Orders, withdrawals and letters as events of Nostr.

    kind 38385      an order       d = its id     content = base64 of zkP1
    kind 38386      a withdrawal   d = its id     content = base64 of zkW1
    kind 1059       a letter       p = anybody    content = base64 of one part of it; part = id of the letter, i, n

All have t = the ledger's id, s = a digit, and an expiration (NIP-40).  The digit is one of SHARDS, by the id: relays
answer a question with 500 events at most, so a reader asks for each shard.  Each is signed by a key of its own, which
is then forgotten: nothing connects two of them, and nobody can delete or replace what somebody else published.  A
letter looks like a gift wrap (NIP-59), with a random key in the place of its reader's: those who read letters read all
of the ledger.  Relays refuse events of more than 64 KiB, so a letter travels in parts of PART_BYTES.
"""

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nostr_sdk import Event, EventBuilder, Filter, Keys, Kind, SecretKey, SingleLetterTag, Tag, Timestamp

from prover.network.wire.letterpage import LETTER_SIZES
from settlement.ids import LedgerId, OrderId
from zk import entropy
from zk.errors import FormatError

ORDER, WITHDRAWAL, LETTER = 38385, 38386, 1059
ORDERS, LETTERS = (ORDER, WITHDRAWAL), (LETTER,)
KINDS = (*ORDERS, *LETTERS)
PART_BYTES = 32 << 10
MAX_CONTENT = 4 * -(-PART_BYTES // 3)
MAX_TAGS = 8
LETTER_LIFE_S = 3_600
WITHDRAWAL_LIFE_S = 30 * 24 * 3_600  # as long as any order lives
MAX_UNFINISHED = 64
SHARDS = "01234567"
_MS_PER_S = 1000


@dataclass(frozen=True)
class Read:
    """What an event says of itself: its kind, the bytes, `name` in its tag d (or "") and `part` of a letter."""

    kind: int
    data: bytes
    name: str
    part: tuple[str, int, int]
    expires_s: int


def order(ledger_id: LedgerId, order_id: OrderId, posting: bytes, expiry_ms: int, now_ms: int) -> Event:
    """The event of an order."""
    tags = [Tag.identifier(order_id.hex()), _shard(order_id)]
    return _signed(ORDER, posting, tags, ledger_id, -(-expiry_ms // _MS_PER_S), now_ms)


def withdrawal(ledger_id: LedgerId, order_id: OrderId, data: bytes, now_ms: int) -> Event:
    """The event of a withdrawal."""
    tags = [Tag.identifier(order_id.hex()), _shard(order_id)]
    return _signed(WITHDRAWAL, data, tags, ledger_id, now_ms // _MS_PER_S + WITHDRAWAL_LIFE_S, now_ms)


def letter(ledger_id: LedgerId, data: bytes, now_ms: int) -> list[Event]:
    """The events of a letter."""
    digest = hashlib.sha256(data).digest()
    parts = [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]
    until_s = now_ms // _MS_PER_S + LETTER_LIFE_S
    return [
        _signed(LETTER, part, [
            Tag.public_key(_keys().public_key()), Tag.parse(["part", digest.hex(), str(i), str(len(parts))]),
            _shard(digest),
        ], ledger_id, until_s, now_ms)
        for i, part in enumerate(parts)
    ]  # fmt: skip


def read(event: Event, ledger_id: LedgerId) -> Read:
    """What is in an event of this ledger's.  Raises FormatError; nothing of it has been checked against a ledger."""
    kind, content = event.kind().as_u16(), event.content()
    tags = event.tags()
    if kind not in KINDS or len(tags) > MAX_TAGS or len(content) > MAX_CONTENT:
        raise FormatError("the event is of no kind or size that this relay carries")
    by_name = {(values := tag.to_vec())[0]: values[1:] for tag in tags}
    if by_name.get("t") != [ledger_id.hex()]:
        raise FormatError("the event is of another ledger")
    if len(shard := by_name.get("s", [""])) != 1 or len(shard[0]) != 1 or shard[0] not in SHARDS:
        raise FormatError("the event is of no shard, so nobody would find it")
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("the event's content is not base64") from None
    part = _part(by_name.get("part", []), len(data)) if kind == LETTER else ("", 0, 1)
    expires_s = _number("".join(by_name.get("expiration", [""])[:1]), "expiration")
    name = "".join(by_name.get("d", [""])[:1])
    return Read(kind, data, name, part, expires_s)


class Parts:
    """Letters whose parts have come in part; the oldest MAX_UNFINISHED are forgotten."""

    def __init__(self) -> None:
        self._letters: OrderedDict[str, dict[int, bytes]] = OrderedDict()

    def add(self, found: Read) -> bytes | None:
        """The letter that this part completes, or None."""
        letter_id, number, count = found.part
        parts = self._letters.setdefault(letter_id, {})
        parts[number] = found.data
        while len(self._letters) > MAX_UNFINISHED:
            self._letters.popitem(last=False)
        if not set(range(count)) <= set(parts):
            return None
        self._letters.pop(letter_id, None)
        whole = b"".join(parts[i] for i in range(count))
        is_it = len(whole) in LETTER_SIZES and hashlib.sha256(whole).hexdigest() == letter_id
        return whole if is_it else None


def filters(ledger_id: LedgerId, since_ms: int) -> Iterator[Filter]:
    """Which events a reader of this ledger wants: all orders and withdrawals, and the letters since then."""
    topic, tag = ledger_id.hex(), SingleLetterTag.from_byte(ord("s"))
    since = Timestamp.from_secs(since_ms // _MS_PER_S)
    for shard in SHARDS:
        yield Filter().kinds([Kind(ORDER), Kind(WITHDRAWAL)]).hashtag(topic).custom_tag(tag, shard)
        yield Filter().kind(Kind(LETTER)).hashtag(topic).custom_tag(tag, shard).since(since)


def since(ledger_id: LedgerId, kinds: Sequence[int], since_s: int) -> Filter:
    """All events of these kinds since then: to compare, for an answer would be cut off."""
    return Filter().kinds([Kind(each) for each in kinds]).hashtag(ledger_id.hex()).since(Timestamp.from_secs(since_s))


def _part(values: list[str], size: int) -> tuple[str, int, int]:
    """The letter that a part of this size is of, its number, and how many parts there are."""
    if len(values) != 3 or len(values[0]) != 64:
        raise FormatError("the letter does not say which part this is")
    number, count = _number(values[1], "part"), _number(values[2], "parts")
    sizes = LETTER_SIZES if count == 1 else [each // count for each in LETTER_SIZES if each == count * PART_BYTES]
    if not 0 <= number < count or size not in sizes:
        raise FormatError("the letter has no such part")
    return values[0], number, count


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise FormatError(f"the event's {what} is not a number")
    return int(text)


def _shard(digest: bytes) -> Tag:
    return Tag.parse(["s", SHARDS[digest[0] % len(SHARDS)]])


def _keys() -> Keys:
    return Keys(SecretKey.from_bytes(entropy.token(32)))


def _signed(kind: int, data: bytes, tags: list[Tag], ledger_id: LedgerId, expires_s: int, now_ms: int) -> Event:
    common = [Tag.hashtag(ledger_id.hex()), Tag.expiration(Timestamp.from_secs(expires_s))]
    builder = EventBuilder(Kind(kind), base64.b64encode(data).decode()).tags([*tags, *common])
    return builder.custom_created_at(Timestamp.from_secs(now_ms // _MS_PER_S)).finalize(_keys())
