"""What was refused, why, and until when it is not tried again: so that a desk neither hammers nor repeats itself."""

from collections.abc import Hashable

RETRY_MS = 10_000
"""What was refused is tried again after this, and at once when something else is wanted."""


class Patience:
    """Of each thing the newest refusal.  `what` names it, and `wanted` is how it was wanted."""

    def __init__(self) -> None:
        self._refused: dict[Hashable, tuple[Hashable, str, int]] = {}

    def may_try(self, what: Hashable, wanted: Hashable, now_ms: int) -> bool:
        """Whether this was not refused a moment ago, wanted as it is."""
        refused = self._refused.get(what)
        return refused is None or refused[0] != wanted or now_ms >= refused[2]

    def refuse(self, what: Hashable, wanted: Hashable, why: str, now_ms: int) -> bool:
        """Notes a refusal.  Whether it is news: the last one had another reason, or was of something else."""
        before = self._refused.get(what)
        self._refused[what] = wanted, why, now_ms + RETRY_MS
        return before is None or before[:2] != (wanted, why)

    def forget(self, what: Hashable) -> None:
        """Notes that it worked."""
        self._refused.pop(what, None)
