"""What became of a leg whose account has moved: whether it was the leg that moved it."""

from dataclasses import dataclass

from circuits.records import Nullifier
from prover.dealer.limits.exposure import Open
from prover.trader import keys, refreshing
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from zk.fields import prime


@dataclass(frozen=True)
class Fate:
    """When the account of a leg moved, and whether the leg settled thereby."""

    moved_ms: int
    is_settled: bool


def of(ledger: Ledger, view: keys.View, leg: Open) -> Fate | None:
    """The fate of a leg; None while its account has not moved.

    What the desk settles itself may take crumbs along (prover/trader/merging.py), so that its balances are not the ones
    that were agreed to: it counts as settled when its account moved.
    """
    spent = Nullifier(prime.from_bytes(leg.nullifier, prime.R, "a nullifier"))
    spend = ledger.reader.spend(spent)
    if spend is None:
        return None
    event, stored = ledger.reader.event(spend.height), ledger.reader.bundle(spend.height)
    assert event is not None, "what spends an account is an event"
    moved = [] if stored is None else [
        each for each in encoding.decode_bundle(stored[1]).legs if each.nullifier == spent
    ]  # fmt: skip
    for each in moved:
        if leg.leg_id is not None:
            return Fate(event.created_ms, digests.leg_id(ledger.ledger_id, each) == leg.leg_id)
        account = refreshing.own_account(view, each)
        is_as_agreed = account is not None and account.balances == leg.after
        return Fate(event.created_ms, leg.is_take or is_as_agreed)
    return Fate(event.created_ms, is_settled=False)
