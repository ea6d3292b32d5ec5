"""What relays answer to events: the words of NIP-01, and what they are to whoever sent."""

from collections.abc import Mapping, Sequence

from prover.carriers.carrier import Answer, Refused, Unavailable
from settlement.rejection import Rejected, Rejection

Told = tuple[int, Mapping[str, str]]
"""How many relays took an event, and why the others did not, by their URLs."""

_REFUSALS = ("blocked:", "invalid:", "pow:", "restricted:")
_KNOWN = "duplicate:"
_SLOWER = "rate-limited:"
_LATER = (_SLOWER, "error:", "limit reached")


def is_lost(answer: Answer) -> bool:
    """Whether nobody answered, as far as can be seen, rather than that somebody asked for patience."""
    return isinstance(answer, Unavailable) and _SLOWER not in str(answer)


def least(told: Sequence[Told]) -> Answer:
    """At how many relays all of these events are, or why one of them is at none."""
    answers = [_count(*each) for each in told]
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    return failed[0] if failed else min(answer for answer in answers if isinstance(answer, int))


def _count(taken: int, failed: Mapping[str, str]) -> Answer:
    """How many relays have an event of which so many took it, and the others said why not."""
    taken += sum(_KNOWN in why for why in failed.values())
    if taken:
        return taken
    refused = [why for why in failed.values() if why.startswith(_REFUSALS) and not any(each in why for each in _LATER)]
    if refused:
        return _refused(refused[0])
    reasons = "; ".join(f"{url}: {why}" for url, why in failed.items())
    return Unavailable(f"no relay took it: {ascii(reasons)[1:-1]:.400}")


def _refused(why: str) -> Refused:
    """The refusal that a relay words as NIP-01 has it: "blocked: NULLIFIER_SPENT: leg 0 …"."""
    text = why
    while text.startswith(_REFUSALS):
        text = text.partition(":")[2].strip()
    name, _, detail = text.partition(":")
    if name in Rejection.__members__:
        return Refused.of(Rejected(Rejection[name], ascii(detail.strip())[1:-1][:1000]))
    return Refused(f"the relay refused it: {ascii(text)[1:-1]:.400}")
