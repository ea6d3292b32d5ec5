"""Watching: opens what settles, values every margined account at every epoch, and ends those in breach.

    step = take in what settled · found the insurance, or move it to new keys · seize, the worst first, MAX_SEIZURES to
           a bundle · draw what the public accounts hold · beat · seize, one by one, whose owners were quicker before
           and what guardians refused · open what is sealed to old keys and could not be opened before

An owner who cures the breach first wins: the seizure of the spent account is refused, and the account that follows is
valued anew.  A top-up of nothing is as quick, and costs as little; so an owner whose account moved while it was being
seized holds up neither the seizures of others nor the heartbeat: from then on its accounts come last, and alone.

A seizure that guardians or the ledger refuse is divided until the account stands alone that they refuse.  It is told
with their reasons, and tried again, alone and last, in the next step.  Escrows under old keys wait while too few of
their guardians answer: those of the present keys are opened and seized all the same.

What the insurance cannot take over without breaching maintenance itself is left, and told.  If only the numeraire is
lacking, which the owner of a healthy part is paid in, it sells in the same bundle what it takes over; and when nothing
is left to the owner, it needs none.  When an account that it cannot take over lacks something, the insurance falls
silent: it no longer stands behind all that is owed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from circuits import seizure
from circuits.records import Nullifier
from prover.guardian import acting, drafts, insurance, opening, selling, view
from prover.guardian.acting import Means
from prover.guardian.group import Declined, TooFew
from prover.guardian.insurance import Now
from prover.guardian.opening import Waiting
from prover.guardian.selling import Offer
from prover.guardian.step import Refused, Step
from prover.guardian.view import Opened, Place, View, Watched
from settlement.bundles.bundle import MAX_SEIZURES, Leg
from settlement.checks import margins
from settlement.ledger import Ledger
from settlement.pool.assets import NUMERAIRE
from settlement.rejection import Rejected
from zk.curves.babyjubjub import Point
from zk.errors import Unsatisfied

MAX_TRIES = 8
MAX_TRADES = 4

MANY_REFUSED = 4
"""After so many refusals in a step the insurance shows itself first: each takes some attempts to find."""


class Watch:
    """Watches one ledger with the guardians of one or more key numbers."""

    def __init__(self, ledger: Ledger, means: Means, signing_keys: Mapping[int, Point], now_ms: Callable[[], int]):
        self.ledger, self.means, self._now_ms = ledger, means, now_ms
        self._signing_keys = dict(signing_keys)
        self._trying: list[Watched] = []
        self._quick: set[int] = set()  # owners whose accounts moved while they were being seized
        self._refused: set[Nullifier] = set()  # by the last step
        self.view = View(self._open_present)

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
        self.ledger.update()
        done = Step()
        for _ in range(MAX_TRIES):
            done.opened += self.view.advance(self.ledger)
            self._quick |= {one.account.owner for one in self._trying if one.nullifier not in self.view.accounts}
            self._trying = []
            try:
                while self._next(done) or self._open_waiting(done):
                    done.opened += self.view.advance(self.ledger)
                break
            except (TooFew, Unsatisfied, Rejected):
                if self.ledger.reader.last_event().height == self.view.height:
                    raise
        self._refused = set(done.refused)
        done.left = [one for one in done.left if one.nullifier not in done.refused]
        return done

    def look(self) -> dict[int, Waiting]:
        """Takes in what settled, and what could not be opened before.  Returns what still waits, by number of the key.

        Raises TooFew when too few guardians of the present keys answer.
        """
        self.view.advance(self.ledger)
        looked = Step()
        self._open_waiting(looked)
        return looked.waiting

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
        done.is_hidden = now.insurance is None and self.ledger.reader.insurance() is not None
        if now.insurance is None:
            if done.is_hidden:
                return False
            acting.settle(self.ledger, insurance.draw(now, ()), self.means, self._now_ms)
            done.founded = True
            return True
        account = now.insurance.account
        is_moving = account.guard != drafts.guardians_of(now.parameters).number
        if is_moving and insurance.survives(account.balances, now.published):
            acting.settle(self.ledger, insurance.draw(now, ()), self.means, self._now_ms)
            return True
        done.left = [one for one in self.seizable(now) if one.nullifier not in done.refused]
        alone = [one for one in done.left if one.account.owner in self._quick or one.nullifier in self._refused]
        others = [one for one in done.left if one not in alone]
        if len(done.refused) < MANY_REFUSED and self._end(now, others, done):
            return True
        return (
            self._draw(now, done) or self._beat(now, now.insurance, done)
            or self._end(now, others, done) or any(self._end(now, [one], done) for one in alone)
        )

    def _end(self, now: Now, targets: list[Watched], done: Step) -> bool:
        """Seizes some of these accounts, or finds one whose seizure is refused.  Returns whether it did either."""
        taken = insurance.affordable(now, targets, MAX_SEIZURES)
        if not taken:
            return self._sell_and_end(now, targets, done)
        while taken:
            try:
                done.seized += self.seize(now, taken)
                return True
            except (Declined, Unsatisfied, Rejected) as error:
                if self._is_outdated(now, taken):
                    raise
                self._trying = []
                if len(taken) == 1:
                    done.refused[taken[0].nullifier] = Refused(taken[0], str(error))
                    return True
            taken = taken[: len(taken) // 2]
        return False

    def _sell_and_end(self, now: Now, targets: list[Watched], done: Step) -> bool:
        """Ends an account whose owner is owed more of the numeraire than the insurance has, by selling beside it."""
        for watched in targets[:MAX_TRADES]:
            after = insurance.balances_after(now, watched)
            if after[NUMERAIRE] >= 0:
                continue
            if self._take_one(now, selling.offers(now, after)[:MAX_TRADES], [watched]):
                done.seized.append(watched)
                return True
        return False

    def sell(self, now: Now, assets: Collection[int]) -> Offer | None:
        """Takes the best order that makes what the insurance has of these assets smaller, and returns it, or None."""
        assert now.insurance is not None, "the insurance is founded first"
        found = selling.offers(now, now.insurance.account.balances)
        return self._take_one(now, [one for one in found if any(one.changes[asset] for asset in assets)], [])

    def _take_one(self, now: Now, offers: Sequence[Offer], seized: list[Watched]) -> Offer | None:
        """Takes the first of these orders that can be taken, beside what is seized.

        Raises TooFew, and what the guardians or the ledger say against the last, if all are refused.
        """
        failed: Exception | None = None
        for offer in offers:
            try:
                acting.settle(
                    self.ledger, insurance.take_over(now, seized, offer.trade), self.means, self._now_ms,
                    beside=(offer.order.leg, offer.blinding),
                )  # fmt: skip
                return offer
            except (Declined, Unsatisfied, Rejected) as error:
                failed = error  # somebody else has taken it, perhaps
                if self._is_outdated(now, seized):
                    raise
        if failed is not None and not seized:
            raise failed
        return None

    def _is_outdated(self, now: Now, taken: Sequence[Watched]) -> bool:
        """Whether something settled meanwhile that a draft of then cannot stand beside."""
        later = self.now()
        return (
            later is None or later.parameters != now.parameters or later.published.epoch != now.published.epoch
            or now.insurance is None or self.ledger.reader.insurance() != now.insurance.commitment
            or any(self.ledger.reader.is_spent(one.nullifier) for one in taken)
        )

    def _draw(self, now: Now, done: Step) -> bool:
        """Draws what the public accounts hold when the insurance needs it, or else once in an epoch."""
        is_due = self.ledger.reader.heartbeat() < now.published.epoch
        flows = insurance.drawable(now) if is_due or done.left else ()
        if flows and insurance.survives(insurance.drawn(now, flows), now.published):
            acting.settle(self.ledger, insurance.draw(now, flows), self.means, self._now_ms)
            done.drawn += len(flows)
            return True
        return False

    def _beat(self, now: Now, account: Watched, done: Step) -> bool:
        done.is_insolvent = view.worst(account.account, now.published) < 0 or any(
            seizure.worth(one.account.balances, now.published.prices) < 0 and not insurance.affordable(now, [one], 1)
            for one in done.left
        )
        if not done.is_insolvent and self.ledger.reader.heartbeat() < now.published.epoch:
            acting.beat(self.ledger, now, account, self.means)
            done.has_beaten = True
        return False

    def _open_present(self, _: Ledger, legs: Sequence[tuple[Place, Leg]]) -> Opened:
        guardians = self.ledger.parameters(self._now_ms()).guardians
        return opening.present(self.means.groups, None if guardians is None else guardians.number, legs)

    def _open_waiting(self, done: Step) -> bool:
        count, done.waiting = opening.waiting(self.means.groups, self.view, self.ledger)
        done.opened += count
        return count > 0
