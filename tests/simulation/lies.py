"""Every way to falsify a bundle, with the reason for its refusal when nothing else is wrong.

A lie changes drafts before they are proved, legs after they are signed, or the bundle after it is bound, and with it
the copy in the clear, where that changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from settlement.bundles import encoding
from settlement.bundles.bundle import Account, Bundle
from settlement.ledger import Ledger
from tests.reference.plain import PlainBundle
from tests.simulation import traders, ways
from tests.simulation.traders import Draft, Made
from tests.simulation.ways import Sealed

Drafts = list[Draft]


@dataclass(frozen=True, repr=False)
class Lie:
    """One change at one stage.  `reason` is None for the truth."""

    name: str
    reason: str | None
    drafts: Callable[[Ledger, Drafts], Drafts] = lambda ledger, drafts: drafts
    legs: Callable[[Ledger, list[Made]], list[Made]] = lambda ledger, made: made
    bundle: Callable[[Bundle, PlainBundle], Sealed] = lambda bundle, plain: (bundle, plain)
    data: Callable[[bytes], bytes] = lambda data: data

    def __repr__(self) -> str:
        return f"<{self.name}>"


TRUTH = Lie("the truth", None)


IN_AND_OUT = ways.of_first(ways.in_and_out)
FROM_FEES = ways.of_first(ways.drawn(Account.FEE))

LIES = (
    TRUTH,
    Lie("too many bytes", "TOO_LARGE", data=lambda data: data + bytes(encoding.MAX_BUNDLE_BYTES)),
    Lie("too few bytes", "MALFORMED", data=lambda data: data[:-1]),
    Lie("another ledger", "WRONG_LEDGER", bundle=lambda bundle, plain: (
        replace(bundle, ledger_id=bytes(32)), replace(plain, own_ledger=False)
    )),
    Lie("another leg key", "UNKNOWN_KEY", legs=ways.of_first(ways.unknown_key)),
    Lie("another margin key", "UNKNOWN_KEY", legs=ways.of_first(ways.unknown_margin_key)),
    Lie("another escrow key", "UNKNOWN_KEY", legs=ways.of_first(ways.unknown_escrow_key)),
    Lie("no time left", "EXPIRED", drafts=ways.of_first(lambda _, drafted: replace(drafted, expiry_ms=0))),
    Lie("a root of its own", "UNKNOWN_ROOT", legs=ways.of_first(ways.unknown_root)),
    Lie("other guardians", "GUARD_UNKNOWN", drafts=ways.of_first(lambda ledger, drafted: replace(
        ways.newest_grid(ledger, drafted), guard=7
    ))),
    Lie("nothing for the guardians", "ESCROW_MISSING", drafts=ways.of_first(lambda ledger, drafted: replace(
        ways.newest_grid(ledger, drafted), guard=1, is_sealed=False
    ))),
    Lie("no margin", "MARGIN_MISSING", drafts=ways.of_first(lambda _, drafted: replace(drafted, guard=1, grid=None))),
    Lie("a grid to come", "STALE_GRID", drafts=ways.of_first(ways.later_grid)),
    Lie("a top-up of an epoch to come", "TOP_UP_STALE", drafts=ways.of_first(lambda ledger, drafted: replace(
        drafted, guard=1, grid=None, period=ways.newest_period(ledger) + 4
    ))),
    Lie("topped up twice in a period", "TOP_UP_REPEATED", drafts=ways.topped_up_twice),
    Lie("a top-up of cash", "MALFORMED", drafts=ways.of_first(lambda ledger, drafted: replace(
        drafted, guard=0, grid=None, period=ways.newest_period(ledger)
    ))),
    Lie("one account twice", "NULLIFIER_REPEATED", drafts=lambda _, drafts: [
        *drafts, replace(drafts[-1], balances=drafts[-1].source.account.balances, claimed=traders.NOTHING, flows=())
    ]),
    Lie("other company", "COMPANIONS", legs=ways.wrong_company),
    Lie("changed after signing", "LEG_SIGNATURE", legs=ways.of_first(ways.changed_after_signing)),
    Lie("a forged signature", "LEG_SIGNATURE", legs=ways.of_first(ways.forged)),
    Lie("one unit more", "UNBALANCED", drafts=ways.of_first(lambda _, drafted: replace(
        drafted, balances=ways.more(drafted.balances), claimed=ways.more(drafted.claimed)
    ))),
    Lie("a wrong binding", "UNBALANCED", bundle=ways.wrong_binding),
    Lie("another order of legs", "UNBALANCED", bundle=ways.reordered),
    Lie("a leg left out", "UNBALANCED", bundle=ways.left_out),
    Lie("a hidden unit", "INVALID_PROOF", drafts=ways.of_first(lambda _, drafted: replace(
        drafted, balances=ways.more(drafted.balances)
    ))),
    Lie("a mild grid", "INVALID_PROOF", drafts=ways.of_first(ways.mild_grid), legs=ways.of_first(ways.unfaithful)),
    Lie("a debt as cash", "INVALID_PROOF", drafts=ways.of_first(lambda _, drafted: replace(
        drafted, guard=0, grid=None
    ))),
    Lie("a mark taken off", "INVALID_PROOF", legs=ways.of_first(ways.unmarked)),
    Lie("a loss as a top-up", "INVALID_PROOF", drafts=ways.of_first(lambda ledger, drafted: replace(
        drafted, guard=1, grid=None, period=ways.newest_period(ledger)
    ))),
    Lie("sealed to a stranger", "INVALID_PROOF", legs=ways.of_first(ways.sealed_to_a_stranger)),
    Lie("another opening sealed", "INVALID_PROOF", legs=ways.of_first(ways.sealed_with_another_opening)),
    Lie("a made-up nullifier", "INVALID_PROOF", legs=ways.of_first(ways.made_up_nullifier)),
    Lie("another commitment", "INVALID_PROOF", legs=ways.of_first(ways.other_commitment)),
    Lie("a thief's key", "INVALID_PROOF", legs=ways.of_first(ways.thiefs_key)),
    Lie("another leg's proof", "INVALID_PROOF", legs=ways.swapped_proof),
    Lie("no custodian's signature", "ATTESTATION", drafts=IN_AND_OUT, bundle=ways.unattested),
    Lie("a stranger's signature", "ATTESTATION", drafts=IN_AND_OUT, bundle=ways.attested_by_a_stranger),
    Lie("another flow's signature", "ATTESTATION", drafts=IN_AND_OUT, bundle=ways.attestations_exchanged),
    Lie("drawn without guardians", "ATTESTATION", drafts=FROM_FEES, bundle=ways.drawn_by_a_stranger),
    Lie("one reference twice", "REFERENCE_USED", drafts=ways.of_first(ways.one_reference_twice)),
    Lie("a reference of before", "REFERENCE_USED", drafts=ways.of_first(ways.reference_of_before)),
    Lie("more than there is", "PUBLIC_ACCOUNT", drafts=ways.of_first(ways.drawn(Account.INSURANCE))),
    Lie("the pot's for nothing", "POT", drafts=ways.of_first(ways.drawn(Account.POT))),
)
