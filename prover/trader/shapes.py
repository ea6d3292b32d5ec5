"""The shape of a bundle: what everybody sees of it is made the same, whatever it does.

A payment, a cancelled order, a trade, accounts that are merged, a top-up out of own cash: each is 2, 4, 8, 16 or 32
legs, filled up with dummy legs.  A dummy leg is a genesis leg whose account stays empty, under keys that are thrown
away; it costs one proof of a leg, and the pool's fee for one.  Of each leg the public has also

    root          as old for one leg as for another (prover/trader/roots.py)
    expiry        drawn as a quote's, or that of the counterparty's leg; the latest of all for who names companions
    companions    named by exactly one leg, because a maker's cannot name whoever takes it
    terms         random bytes, where a leg is no order's
    flows         the pool's fee once, whoever pays for how many legs

Bundles are left as they are whose conversions, or flows besides the fee, say what they are anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.trader import addresses, plan, roots
from prover.trader.plan import LegPlan
from settlement.bundles import digests
from settlement.bundles.bundle import MAX_LEGS, Account, Flow, Leg
from settlement.ledger import Ledger
from zk import entropy

LEAST_LEGS = 2

SOON_STEP_MS = 10_000
"""What is settled at once, and a quote, expires at a multiple of this."""
SOON_MS = 60_000
"""It has at least this long, and up to SPREAD_MS longer."""
SPREAD_MS = 120_000
ANSWER_MS = 20_000
"""As long as somebody may take to answer a quote."""


@dataclass(frozen=True)
class Padding:
    """How many dummy legs fill a bundle up, and how many microseconds it took to prove and sign them."""

    legs: int
    us: int


def size(legs: int) -> int:
    """The number of legs in all of a bundle that needs this many, at most MAX_LEGS: the next power of two."""
    assert 0 < legs <= MAX_LEGS, "a bundle has at most 32 legs"
    return max(LEAST_LEGS, 1 << (legs - 1).bit_length())


def fees(own: int, others: int = 0) -> int:
    """For how many legs the maker of a bundle of own legs and others' pays: all but those of the others."""
    return size(own + others) - others


def soon(now_ms: int) -> int:
    """When a quote expires that is made now: in one to three minutes, at random, at a multiple of SOON_STEP_MS.

    At random, so that the time that a leg has left tells little about when it was made.
    """
    steps = entropy.scalar(SPREAD_MS // SOON_STEP_MS + 1)
    return ((now_ms + SOON_MS) // SOON_STEP_MS + steps) * SOON_STEP_MS


def even(ledger: Ledger, plans: Sequence[LegPlan], counterparty: Sequence[Leg], *, converts: bool) -> list[LegPlan]:
    """The plans, with dummy legs and with companions and expiries as the head of this file says.

    One of the plans must pay for `fees` legs, and the others for none.
    """
    legs, giver = len(plans) + len(counterparty), _giver(plans)
    made = list(plans)
    if not converts and all(_is_fee(flow) for each in plans for flow in each.flows):
        made += [_dummy(ledger, plans[giver]) for _ in range(size(legs) - legs)]
        made = _expiring(made, giver, [leg.expiry_ms for leg in counterparty])
    paid = sum(each.num_fees for each in made)
    assert paid == len(made), f"{paid} fees are paid for {len(made)} legs: see shapes.fees"
    own = [each.public.commitment for number, each in enumerate(made) if number != giver]
    if beside := [*own, *(leg.commitment for leg in counterparty)]:
        made[giver] = replace(made[giver], companions=digests.companions(beside))
    return made


def _expiring(plans: list[LegPlan], giver: int, others: Sequence[int]) -> list[LegPlan]:
    """The plans with their expiries: of the giver the latest of all others, and of these each as a counterparty's.

    So it is that of a standing order where one of the `others` is, and drawn as that of a quote where none is, as if
    somebody had taken some seconds to answer.
    """
    now_ms = plans[giver].setting.now_ms
    standing = [expiry_ms for expiry_ms in others if expiry_ms > now_ms + SOON_MS + SPREAD_MS]

    def drawn() -> int:
        return entropy.shuffled(standing)[0] if standing else soon(now_ms - entropy.scalar(ANSWER_MS))

    expiries = [drawn() for _ in plans]
    expiries[giver] = max([*others, *(one for number, one in enumerate(expiries) if number != giver)])
    return [replace(each, expiry_ms=expiry_ms) for each, expiry_ms in zip(plans, expiries, strict=True)]


def _is_fee(flow: Flow) -> bool:
    return flow.account is Account.FEE and not flow.reference


def _dummy(ledger: Ledger, beside: LegPlan) -> LegPlan:
    """A dummy leg beside this one, whose root is as that of an account of the same age."""
    source = plan.genesis_source(roots.draw(ledger, beside.private.position).tree.root)
    target = plan.Target(addresses.throwaway())
    return plan.move(beside.setting, source, target, plan.NOTHING, beside.expiry_ms, num_fees=0)


def _giver(plans: Sequence[LegPlan]) -> int:
    """Which of the plans names its companions: the last that gives something, and the last if none does.

    So nobody who learns its blinding can settle it otherwise: a payment to another receiver.
    """
    giving = [number for number, each in enumerate(plans) if min(each.changes) < 0]
    return giving[-1] if giving else len(plans) - 1
