"""Watching: opens what settles, values every margined account at every epoch, and ends those in breach.

    step = take in what settled · found the insurance, or move it to new keys · seize, the worst first, MAX_SEIZURES to
           a bundle · draw what the public accounts hold · beat · seize, one by one, whose owners were quicker before

An owner who cures the breach first wins: the seizure of the spent account is refused, and the account that follows is
valued anew.  A top-up of nothing is as quick, and costs as little; so an owner whose account moved while it was being
seized holds up neither the seizures of others nor the heartbeat: from then on its accounts come last, and alone.

What the insurance cannot take over without breaching maintenance itself is left, and told: then the insurance is about
to fall silent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from circuits.records import Account
from prover.guardian import acting, drafts, insurance, view
from prover.guardian.acting import Means
from prover.guardian.group import Group, TooFew
from prover.guardian.insurance import Now
from prover.guardian.view import Place, View, Watched
from settlement import margins
from settlement.bundle import MAX_SEIZURES, Leg
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.curves.babyjubjub import Point
from zk.errors import Unsatisfied

MAX_TRIES = 8


@dataclass
class Step:
    """What one step did.  `left` are accounts that should end and did not."""

    opened: int = 0
    founded: bool = False
    drawn: int = 0
    seized: list[Watched] = field(default_factory=list)
    left: list[Watched] = field(default_factory=list)
    has_beaten: bool = False
    is_insolvent: bool = False


class Watch:
    """Watches one ledger with the guardians of one or more key numbers."""

    def __init__(self, ledger: Ledger, means: Means, signing_keys: Mapping[int, Point], now_ms: Callable[[], int]):
        self.ledger, self.means, self._now_ms = ledger, means, now_ms
        self._signing_keys = dict(signing_keys)
        self._trying: list[Watched] = []
        self._quick: set[int] = set()  # owners whose accounts moved while they were being seized
        self.view = View(lambda _, legs: open_by_number(means.groups, legs))

    def now(self) -> Now | None:
        """What drafts are made from, or None while there are no fresh prices or no guardians."""
        now_ms = self._now_ms()
        parameters, newest = self.ledger.parameters(now_ms), margins.maintenance(self.ledger, now_ms)
        if newest is None or parameters.guardians is None:
            return None
        account = self.view.insurance(self.ledger)
        return Now(self.ledger, parameters, newest.publication, account, self._signing_keys, now_ms)

    def step(self) -> Step:
        """One step.

        Raises TooFew when too few guardians answer, Unsatisfied when a statement is false, and Rejected; but not when
        something else settled meanwhile: then it looks again.
        """
        done = Step()
        for _ in range(MAX_TRIES):
            done.opened += self.view.advance(self.ledger)
            self._quick |= {one.account.owner for one in self._trying if one.nullifier not in self.view.accounts}
            self._trying = []
            try:
                while self._next(done):
                    done.opened += self.view.advance(self.ledger)
                return done
            except (TooFew, Unsatisfied, Rejected):
                if self.ledger.reader.last_event().height == self.view.height:
                    raise
        return done

    @property
    def others(self) -> int:
        """How many margined accounts are watched, without the insurance's."""
        return len(self.view.accounts) - (self.view.insurance(self.ledger) is not None)

    def seizable(self, now: Now) -> list[Watched]:
        """The accounts that should end now, the worst first."""
        return view.seizable(self.view, self.ledger, now.published, drafts.guardians_of(now.parameters))

    def seize(self, now: Now, targets: list[Watched]) -> list[Watched]:
        """Seizes as many of these accounts, in one bundle, as the insurance can take over, and returns them."""
        taken = insurance.affordable(now, targets, MAX_SEIZURES)
        if taken:
            self._trying = taken
            acting.settle(self.ledger, insurance.take_over(now, taken), self.means, self._now_ms)
            self._trying = []
        return taken

    def _next(self, done: Step) -> bool:
        """Does the next thing to do.  Returns whether there may be more."""
        now = self.now()
        if now is None:
            return False
        if now.insurance is None:
            if self.ledger.reader.insurance() is not None:
                return False  # it is there, and nobody here can open it
            acting.settle(self.ledger, insurance.draw(now, ()), self.means, self._now_ms)
            done.founded = True
            return True
        if now.insurance.account.guard != drafts.guardians_of(now.parameters).number:
            acting.settle(self.ledger, insurance.draw(now, ()), self.means, self._now_ms)
            return True
        done.left = self.seizable(now)
        quick = [one for one in done.left if one.account.owner in self._quick]
        others = [one for one in done.left if one.account.owner not in self._quick]
        return (
            self._end(now, others, done) or self._draw(now, done) or self._beat(now, now.insurance, done)
            or any(self._end(now, [one], done) for one in quick)
        )

    def _end(self, now: Now, targets: list[Watched], done: Step) -> bool:
        taken = self.seize(now, targets) if targets else []
        done.seized += taken
        return bool(taken)

    def _draw(self, now: Now, done: Step) -> bool:
        """Draws what the public accounts hold when the insurance needs it, or else once in an epoch."""
        is_due = self.ledger.reader.heartbeat() < now.published.epoch
        flows = insurance.drawable(now) if is_due or done.left else ()
        if flows:
            acting.settle(self.ledger, insurance.draw(now, flows), self.means, self._now_ms)
            done.drawn += len(flows)
        return bool(flows)

    def _beat(self, now: Now, account: Watched, done: Step) -> bool:
        done.is_insolvent = view.worst(account.account, now.published) < 0
        if not done.is_insolvent and self.ledger.reader.heartbeat() < now.published.epoch:
            acting.beat(self.ledger, now, account, self.means)
            done.has_beaten = True
        return False


def open_by_number(
    groups: Mapping[int, Group], legs: Sequence[tuple[Place, Leg]]
) -> list[Account[int] | None]:
    """The accounts in the escrows of legs; None for one under a key whose guardians are not here."""
    opened: dict[Place, Account[int] | None] = {}
    for number in {leg.public.guard for _, leg in legs} & groups.keys():
        own = [(place, leg) for place, leg in legs if leg.public.guard == number]
        opened |= zip((place for place, _ in own), groups[number].open(own), strict=True)
    return [opened.get(place) for place, _ in legs]
