"""The number of the rules by which a ledger computes: those from which a publication follows, and an early expiry.

The audit computes every publication again.  So a formula that has once made a publication is never changed, not in its
rounding either: an honest ledger would fail its audit.  A pool's parameters say which rules are in force, and like all
parameters they are changed by its governors (settlement.pool.governance).

    rules 1     market.advance · risk.grids, with risk.optionrisk and risk.black76 · coverage.find, with risk.cone ·
                expiry.rate

Whoever improves a formula adds rules 2.  The new formula stands beside the old one, oracle.check or expiry.check
chooses by `parameters.rules`, KNOWN gains a 2, and new pools begin with it (prover.operator.defaults).  A pool of rules
1 changes to them through its governors; its audit computes what was published before by rules 1, and the first coverage
under rules 2 compares the old initial grid with the new maintenance grid, as after any change of the parameters.
tests/settlement/pool/test_rules.py has what the rules of each number make of a few markets.
"""

from settlement.wellformed import require
from zk.errors import FormatError

KNOWN = (1,)
"""The numbers of the rules that this program can compute by."""

NEWEST = KNOWN[-1]


class UnknownRules(FormatError):
    """Parameters of a newer version of this program."""


def check(number: object) -> None:
    """Raises UnknownRules unless this program knows the rules of this number, and FormatError unless it is a number."""
    require(type(number) is int and number >= 1, "rules is not a number from 1")
    if number not in KNOWN:
        known = f"rules {' and '.join(map(str, KNOWN))}"
        remedy = "use a newer version of zksettle"
        raise UnknownRules(f"the pool computes by rules {number}, and this program knows {known}: {remedy}")
