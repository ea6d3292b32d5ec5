"""References of payments outside, as people spell them.

The ledger accepts the same bytes once.  But people compare references by eye, and to them "wire 4711" and "Wire 4711 "
are one payment, which would count twice.  So a custodian attests only plain references: printable ASCII, as payment
messages between banks have it (SWIFT's character set x), with single spaces between words; and none that differs from a
settled one of the same asset in capitals only.
"""

import re

from settlement.bundle import Flow
from settlement.ledger import Ledger
from zk.errors import FormatError, Unsatisfied

_PLAIN = re.compile(rb"[!-~]+(?: [!-~]+)*")


def check_plain(reference: bytes) -> None:
    """Raises FormatError when the reference has another character than printable ASCII, or a space too many."""
    if not _PLAIN.fullmatch(reference):
        raise FormatError(
            f"the reference {ascii(reference.decode(errors='replace'))} is not plain: use letters without accents,"
            " digits and signs, with one space between words and none around them"
        )


def check_new(ledger: Ledger, flow: Flow) -> None:
    """Raises FormatError as `check_plain`, Unsatisfied when only capitals tell the flow's reference from a settled one.

    The very same reference is left to the ledger, which refuses it.
    """
    check_plain(flow.reference)
    for row in ledger.reader.flows():
        other = row.flow
        is_alike = other.asset == flow.asset and other.reference.lower() == flow.reference.lower()
        if is_alike and other.reference != flow.reference:
            raise Unsatisfied(
                f"the reference {flow.reference.decode()} settled already at height {row.height}, written as"
                f" {other.reference.decode()}: if it is another payment, give it a reference of its own"
            )
