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

What the insurance cannot take over without breaching maintenance itself is left, and told: then the insurance is about
to fall silent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from circuits.records import Account, Nullifier
from prover.guardian import acting, drafts, insurance, view
from prover.guardian.acting import Means
from prover.guardian.group import Declined, TooFew
from prover.guardian.insurance import Now
from prover.guardian.view import Opened, Place, View, Watched
from settlement import margins
from settlement.bundle import MAX_SEIZURES, Leg
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.curves.babyjubjub import Point
from zk.errors import Unsatisfied

MAX_TRIES = 8

MANY_REFUSED = 4
"""After so many refusals in a step the insurance shows itself first: each takes some attempts to find."""

OLD_KEYS_S = 2.0
"""How long guardians of old keys are waited for: meanwhile nobody is seized."""


@dataclass(frozen=True)
class Refused:
    """An account whose seizure is refused, and why."""

    watched: Watched
    reason: str


@dataclass(frozen=True)
class Waiting:
    """How many escrows of a key wait, and why."""

    count: int
    reason: str


@dataclass
class Step:
    """What one step did.

    `left` are accounts that should end and did not, `refused` those of which guardians or the ledger say why not.
    `waiting` has the escrows of old keys that too few guardians answer to open, and who does not, by number of the key.
    """

    opened: int = 0
    founded: bool = False
    drawn: int = 0
    seized: list[Watched] = field(default_factory=list)
    left: list[Watched] = field(default_factory=list)
    refused: dict[Nullifier, Refused] = field(default_factory=dict)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    has_beaten: bool = False
    is_insolvent: bool = False


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
        if now.insurance is None:
            if self.ledger.reader.insurance() is not None:
                return False  # it is there, and nobody here can open it, or not yet
            acting.settle(self.ledger, insurance.draw(now, ()), self.means, self._now_ms)
            done.founded = True
            return True
        if now.insurance.account.guard != drafts.guardians_of(now.parameters).number:
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

    def _open_present(self, _: Ledger, legs: Sequence[tuple[Place, Leg]]) -> Opened:
        """The accounts under the present keys, and None for those under keys whose guardians are not here."""
        guardians = self.ledger.parameters(self._now_ms()).guardians
        present = None if guardians is None else guardians.number
        own = [(place, leg) for place, leg in legs if leg.public.guard == present]
        opened: dict[Place, Account[int] | None] = {
            place: None for place, leg in legs if leg.public.guard not in self.means.groups
        }
        if own and present is not None and present in self.means.groups:
            opened |= zip((place for place, _ in own), self.means.groups[present].open(own), strict=True)
        return opened

    def _open_waiting(self, done: Step) -> bool:
        """Opens what is sealed to old keys, if enough of their guardians answer.  Returns whether it opened any."""
        count, done.waiting = 0, {}
        for number in sorted({one.leg.public.guard for one in self.view.waiting.values()}):
            legs = [(place, one.leg) for place, one in self.view.waiting.items() if one.leg.public.guard == number]
            try:
                opened = self.means.groups[number].open(legs, OLD_KEYS_S)
            except TooFew as error:
                done.waiting[number] = Waiting(len(legs), str(error))
            else:
                count += self.view.take_later(self.ledger, dict(zip((place for place, _ in legs), opened, strict=True)))
        done.opened += count
        return count > 0
