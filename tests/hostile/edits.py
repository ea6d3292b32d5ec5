"""The difference of two byte strings in a form that fits into a line of the corpus."""

from difflib import SequenceMatcher

WORD = 4  # bytes; strings are compared in steps of them

Edits = list[list]


def of(good: bytes, bad: bytes) -> Edits:
    """The differences of the bad bytes from the good ones: [offset, number of bytes removed, bytes inserted in hex]."""
    left = [good[i : i + WORD] for i in range(0, len(good), WORD)]
    right = [bad[i : i + WORD] for i in range(0, len(bad), WORD)]
    changes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [
        [i * WORD, len(b"".join(left[i:j])), b"".join(right[k:m]).hex()]
        for tag, i, j, k, m in changes
        if tag != "equal"
    ]


def applied(good: bytes, changes: Edits) -> bytes:
    """The bad bytes, from the good ones and `of`."""
    for offset, length, data in reversed(changes):
        good = good[:offset] + bytes.fromhex(data) + good[offset + length :]
    return good
