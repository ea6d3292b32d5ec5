"""The fingerprint of a pool: the first digits of its ledger id, which somebody whom you trust has told you.

A ledger id is a digest of everything that the pool is: its assets, its keys, its operator and its validators.  Sixteen
digits are too many to be found again by trying.
"""

import re

from settlement.pool import poolfile
from settlement.pool.pool import Pool
from zk.errors import FormatError

LEAST_DIGITS = 16
_DIGITS = re.compile(rf"[0-9a-fA-F]{{{LEAST_DIGITS},64}}", re.ASCII)


def of(pool: Pool) -> str:
    """The shortest one of a pool."""
    return poolfile.ledger_id(pool).hex()[:LEAST_DIGITS]


def check_form(fingerprint: str) -> None:
    """Raises FormatError unless the text can be a fingerprint."""
    if not _DIGITS.fullmatch(fingerprint):
        raise FormatError(f"a fingerprint has {LEAST_DIGITS} to 64 hex digits, the first of the pool's ledger id")


def is_of(pool: Pool, fingerprint: str) -> bool:
    """Whether this is a fingerprint of the pool.  Raises FormatError when it is none of any."""
    check_form(fingerprint)
    return poolfile.ledger_id(pool).hex().startswith(fingerprint.lower())
