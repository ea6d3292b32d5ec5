"""The work that a request must show before it may wait: none, but where many come first, or its sender is a suspect.

    bits      FIRST_BITS where BUSY requests come first, and one more with each doubling of that
              for suspects, FIRST_BITS when their time is spent, and one more with each DEBT_MS of it that are too many

So work is asked of those first who have cost the service most, and junk comes only as fast as somebody works for it.
"""

from prover.network.service.problems import Problem
from prover.network.service.together import Member
from prover.network.service.trust import SUSPECT, Allowance
from prover.network.service.waiting import Waiting
from prover.network.wire import work

BUSY = 64
FIRST_BITS = 16
DEBT_MS = 100


def bits(waiting: Waiting, member: Member, allowance: Allowance, level: int, count: int = 1) -> int:
    """How much work a request of this level must show, as zero bits; 0 for none.  For many things it is for each."""
    here, ahead = len(waiting), waiting.ahead(level)
    elsewhere = max(member.waiting() - here, 0)
    # Of what waits in other processes as large a share comes first as here; all of it, when nothing waits here.
    excess = (ahead + (elsewhere * ahead // here if here else elsewhere)) // BUSY
    wanted = FIRST_BITS + excess.bit_length() - 1 if excess else 0
    if level >= SUSPECT and (debt_ms := allowance.debt_ms()):
        wanted = max(wanted, FIRST_BITS + debt_ms // DEBT_MS)
    return min(wanted + (count - 1).bit_length(), work.MAX_BITS) if wanted else 0


def check(wanted: int, data: bytes, shown: str) -> None:
    """Raises Problem unless the header `shown` shows so much work for the data."""
    if wanted and not work.is_done(data, shown, wanted):
        raise Problem(
            503, "WORK", "The service is busy, and serves those first who do some work.",
            f"send it again with a nonce of {wanted} bits (prover.network.wire.work)",
            headers={work.HEADER: str(wanted), "Retry-After": "1"},
        )  # fmt: skip
