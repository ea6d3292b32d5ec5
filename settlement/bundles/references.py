"""References of payments outside, in the one spelling that the ledger takes.

The ledger accepts the same bytes once.  But people compare references by eye, and to them "wire 4711" and "Wire 4711 "
are one payment, which would count twice.  So a reference has one canonical spelling, and decoding refuses any other:
printable ASCII, as payment messages between banks have it (SWIFT's character set x), in lower case, with single spaces
between words.
"""

import re

from zk.errors import FormatError

_CANONICAL = re.compile(rb"[!-@\[-~]+(?: [!-@\[-~]+)*")


def check(reference: bytes) -> None:
    """Raises FormatError unless the reference is in its canonical spelling."""
    if not _CANONICAL.fullmatch(reference):
        raise FormatError(
            f"the reference {ascii(reference.decode(errors='replace'))} is not plain: use small letters without"
            " accents, digits and signs, with one space between words and none around them"
        )


def canonical(text: str) -> bytes:
    """A reference as somebody typed it, in lower case.  Raises FormatError as `check`: nothing else is changed."""
    reference = text.lower().encode(errors="replace")
    check(reference)
    return reference
