"""Whether a service may settle: it has the operator's key, and no succession has given the office to another."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from prover.network.service.problems import Problem
from prover.network.service.readers import Readers
from prover.network.wire.receipts import Sign
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.log.succession import Succession
from zk.errors import InvalidProof

AGAIN_S = 1
_STATUS = 421  # Misdirected Request: another service can do it


@dataclass(frozen=True)
class _Other:
    """Who has the office instead of this service."""

    succession: Succession | None
    url: str | None


class Office:
    """Looks after a second again, or at once after `forget`.  Belongs to one thread.

    `sign` is None where the operator's key is elsewhere; `elsewhere` says at which URL.
    """

    def __init__(self, readers: Readers, sign: Sign | None, elsewhere: Callable[[], str | None]):
        self._readers, self._sign, self._elsewhere = readers, sign, elsewhere
        self._known: _Other | None = None
        self._looked_s: float | None = None

    def forget(self) -> None:
        """Something may have changed."""
        self._looked_s = None

    async def url(self) -> str | None:
        """Where the operator's service is, if this is one of a copy that knows."""
        await self._look_again()
        return self._known.url if self._sign is None and self._known is not None else None

    async def check(self) -> None:
        """Raises Problem unless this service may settle."""
        await self._look_again()
        if self._known is None:
            return
        where = f": ask the one at {self._known.url}" if self._known.url else ""
        members = {} if self._known.url is None else {"url": self._known.url}
        made = self._known.succession
        if made is None or self._sign is None:
            detail = f"this is a copy of the ledger{where}"
            raise Problem(_STATUS, "NOT_OPERATOR", "The service does not settle.", detail, members)
        detail = (
            f"the validators replaced this operator after {made.size} events (succession {made.number}); what it"
            f" settled since is void, and settles once when it is sent again{where}"
        )
        raise Problem(_STATUS, "SUPERSEDED", "The service settles no more.", detail, members)

    async def _look_again(self) -> None:
        if self._looked_s is None or time.monotonic() > self._looked_s + AGAIN_S:
            self._known = await self._readers.run(self._look)
            self._looked_s = time.monotonic()

    def _look(self, ledger: Ledger) -> _Other | None:
        operators = finality.operators(ledger)
        made = operators.successions[-1] if operators.successions else None
        if self._sign is None:
            return _Other(made, (made.url if made else None) or self._elsewhere())
        if made is None:
            return None
        try:
            checkpoint.verify(self._sign(made.checkpoint), operators.newest)
        except InvalidProof:
            return _Other(made, made.url)
        return None
