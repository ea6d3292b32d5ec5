"""A verifier that remembers what it found true lately, for a copy of a ledger.

A taker's desk meets the same proofs three times within a second: when it checks a quote, when it checks the bundle
before that is sent, and when the bundle comes back in the log.  What is true stays true, so it is verified once:

    claim      verifying key, public inputs, proof: all of them, as they are; another proof of the same is another claim

Only what verified is remembered, the newest MOST.
"""

import threading
from typing import Final

from settlement.checks.state import VerifyProofs
from zk.errors import InvalidProof
from zk.groth16.keys import Claim, Proof, VerifyingKey

MOST: Final = 512
_Name = tuple[int, tuple[int, ...], Proof]


class Verified:
    """Verifies claims by `plain`, those that it has not verified lately.  Any thread may call it."""

    def __init__(self, plain: VerifyProofs):
        self.plain = plain
        self._true: dict[_Name, VerifyingKey] = {}  # the key itself, so that its id stays its own
        self._lock = threading.Lock()

    def __call__(self, claims: list[Claim]) -> None:
        """Raises InvalidProof as `plain`; `index` counts all of these claims."""
        named = [(id(key), tuple(inputs), proof) for key, inputs, proof in claims]
        new = [number for number, name in enumerate(named) if name not in self._true]
        if not new:
            return
        try:
            self.plain([claims[number] for number in new])
        except InvalidProof as error:
            if error.index is None:
                raise
            raise InvalidProof(str(error), new[error.index]) from None
        with self._lock:
            self._true |= {named[number]: claims[number][0] for number in new}
            while len(self._true) > MOST:
                del self._true[next(iter(self._true))]
