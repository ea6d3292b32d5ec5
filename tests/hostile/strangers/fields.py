"""Messages as lists of labelled fields, and random changes to them that know what a field is.

A label is unique in a good message and says what a decoder calls the field, so that a row of the corpus, which names
fields and not offsets, still means the same after a field was added somewhere else.
"""

import random
from collections.abc import Callable
from difflib import SequenceMatcher

from tests.hostile import edits
from tests.hostile.goods import P, R
from zk.curves import babyjubjub

Parts = list[tuple[str, bytes]]
Change = Callable[[random.Random, Parts, Parts], Parts]

END = "the end"
NUMBERS = (0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1,
           2**32, 2**53, 10**14, 10**14 + 1, 2**62, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1)  # fmt: skip
ELEMENTS = (0, 1, 2, P - 1, P, R - 1, R, R + 1, babyjubjub.ORDER - 1, babyjubjub.ORDER, babyjubjub.ORDER + 1,
            2**253, 2**255, 2**256 - 1, *babyjubjub.BASE8, *babyjubjub.IDENTITY)  # fmt: skip
MOST_FIELDS = 2000
MOST_BYTES = 1 << 20


def joined(parts: Parts) -> bytes:
    """The bytes of all fields."""
    return b"".join(data for _, data in parts)


def changed(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """The fields with one to four changes.  `good` are fields to take other content from."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        after = chance.choice(_CHANGES)(chance, parts, good)
        if len(after) <= MOST_FIELDS and sum(len(data) for _, data in after) <= MOST_BYTES:
            parts = after
    return parts


def row(good: Parts, parts: Parts) -> list:
    """The differences: [label where they begin, number of fields removed, [[label, label of a twin, edits], …]]."""
    changes = SequenceMatcher(None, good, parts, autojunk=False).get_opcodes()
    return [
        [good[i][0] if i < len(good) else END, j - i, [_inserted(good, *part) for part in parts[k:m]]]
        for tag, i, j, k, m in changes
        if tag != "equal"
    ]


def from_row(good: Parts, changes: list) -> Parts:
    """The fields, from the good ones and `row`.  Raises KeyError when the good message has no such field."""
    places = {label: place for place, (label, _) in enumerate(good)} | {END: len(good)}
    content, parts = dict(good), list(good)
    for label, removed, inserted in reversed(changes):
        place = places[label]
        parts[place : place + removed] = [
            (name, edits.applied(b"" if twin is None else content[twin], changes)) for name, twin, changes in inserted
        ]
    return parts


def distance(good: Parts, parts: Parts) -> int:
    """How much the fields differ from the good ones."""
    same = sum(left == right for left, right in zip(good, parts, strict=False))
    return len(good) + len(parts) - 2 * same


def _inserted(good: Parts, label: str, data: bytes) -> list:
    for twin, content in good:
        if content == data:
            return [label, twin, []]
    own = dict(good).get(label)
    return [label, None, [[0, 0, data.hex()]]] if own is None else [label, label, edits.of(own, data)]


def _with(parts: Parts, place: int, data: bytes) -> Parts:
    return [*parts[:place], (parts[place][0], data), *parts[place + 1 :]]


def _place(chance: random.Random, parts: Parts) -> int:
    return chance.randrange(len(parts)) if parts else -1


def _number(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """A number of at most eight bytes at a limit, or a little more or less than it was."""
    places = [place for place, (_, data) in enumerate(parts) if 0 < len(data) <= 8]
    if not places:
        return parts
    place = chance.choice(places)
    size, old = len(parts[place][1]), int.from_bytes(parts[place][1], "big")
    value = chance.choice((chance.choice(NUMBERS), -chance.choice(NUMBERS), old + 1, old - 1, 2 * old, -old))
    return _with(parts, place, (value % 256**size).to_bytes(size, "big"))


def _element(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """A field element, or one of several in a longer field, at the edge of a field or in another form."""
    places = [place for place, (_, data) in enumerate(parts) if len(data) >= 32]
    if not places:
        return parts
    place = chance.choice(places)
    data = parts[place][1]
    offset = chance.randrange(len(data) // 32) * 32
    old = int.from_bytes(data[offset : offset + 32], "big")
    value = chance.choice((chance.choice(ELEMENTS), old + R, old + P, R - old, P - old, old + 1, old ^ 1 << 255))
    return _with(parts, place, data[:offset] + (value % 2**256).to_bytes(32, "big") + data[offset + 32 :])


def _bit(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """One bit flipped."""
    place = _place(chance, parts)
    if place < 0 or not parts[place][1]:
        return parts
    data = bytearray(parts[place][1])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return _with(parts, place, bytes(data))


def _bytes(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """A field of other bytes, of the same length or of another."""
    place = _place(chance, parts)
    if place < 0:
        return parts
    data = parts[place][1]
    return _with(parts, place, chance.choice((
        chance.randbytes(len(data)), bytes(len(data)), b"\xff" * len(data), data[: chance.randrange(len(data) + 1)],
        data + chance.randbytes(chance.choice((1, 2, 8, 32))), data + data, b"",
    )))  # fmt: skip


def _like_another(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """The content of another field, mostly of one as long."""
    place = _place(chance, parts)
    if place < 0:
        return parts
    alike = [data for _, data in (*parts, *good) if len(data) == len(parts[place][1])]
    others = [data for _, data in good] if chance.random() < 0.1 or not alike else alike
    return _with(parts, place, chance.choice(others))


def _exchanged(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """Two fields in each other's place."""
    one, other = _place(chance, parts), _place(chance, parts)
    if one < 0:
        return parts
    changed_once = _with(parts, one, parts[other][1])
    return _with(changed_once, other, parts[one][1])


def _run(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """Neighbouring fields left out, repeated, repeated often, moved, or inserted from the good message."""
    first = _place(chance, parts)
    if first < 0:
        return list(good)
    last = min(len(parts), first + chance.choice((1, 1, 1, 2, 3, 5, 8, 20, 100)))
    run, rest = parts[first:last], parts[:first] + parts[last:]
    target, source = chance.randrange(len(rest) + 1), chance.randrange(len(good))
    return chance.choice((
        rest,
        parts[:last] + run + parts[last:],
        parts[:last] + run * chance.choice((2, 15, 31, 40)) + parts[last:],
        rest[:target] + run + rest[target:],
        parts[:first] + good[source : source + last - first] + parts[first:],
    ))  # fmt: skip


def _end(chance: random.Random, parts: Parts, _: Parts) -> Parts:
    """An early end inside a field, or more bytes after the last."""
    place = _place(chance, parts)
    if place < 0 or chance.random() < 0.5:
        return [*parts, ("more", chance.randbytes(chance.choice((1, 2, 32, 1000))))]
    data = parts[place][1]
    return [*parts[:place], (parts[place][0], data[: chance.randrange(len(data) + 1)])]


_CHANGES: tuple[Change, ...] = (
    _number, _number, _number, _element, _element, _bit, _bytes, _like_another, _like_another, _exchanged, _run, _end,
)  # fmt: skip
