"""In which periods an owner may still top up: the ledger takes one top-up of each owner in each
(settlement.checks.topups).

Which of them is left to chance: the first would tell how many came before it.  The tags are looked for in the ledger
that this machine reads.  A service must never be asked for one of them: whoever is asked whether a tag is known learns
whose top-ups they all are.
"""

from collections.abc import Sequence

from circuits import records
from prover.trader import keys
from settlement.checks import topups
from settlement.ledger import Ledger
from zk import entropy
from zk.errors import Unsatisfied
from zk.hashes import poseidon


def tag(account_keys: keys.AccountKeys, period: int) -> int:
    """The tag of this owner's top-up in a period."""
    return records.top_up_tag(poseidon.hash, account_keys.nk, period)


def free(ledger: Ledger, account_keys: keys.AccountKeys) -> list[int]:
    """The periods of the newest epoch in which this owner has not topped up."""
    periods = topups.periods(ledger.reader)
    return [period for period in periods if not ledger.reader.is_topped_up(period, tag(account_keys, period))]


def choose(periods: Sequence[int]) -> int:
    """One of these periods.  Raises Unsatisfied when there is none."""
    if not periods:
        raise Unsatisfied(
            f"this address was topped up {topups.PER_EPOCH} times since prices were last published, and the ledger "
            "takes no more before the next: wait for them, or deposit at its --position without --top-up, which needs "
            "margin"
        )
    return entropy.shuffled(periods)[0]
