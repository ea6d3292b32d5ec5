"""The guardians of one key as one of them sees them: it asks all, needs t, and goes on without those that fail.

A guardian that does not answer, or answers falsely, is noted with its reason, and the next time asked after others.
One that has not answered for PATIENCE_S is waited for only while too few others answer.  When fewer than the threshold
are left, `TooFew` names them all.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from circuits import escrow
from circuits.records import Account
from prover.guardian import wire
from prover.guardian.asking import Askers, Result, Round
from prover.guardian.channel import NoAnswer, Unreachable
from prover.guardian.drafts import Message
from prover.guardian.guardianfile import Guardian
from prover.guardian.view import Place
from settlement.bundles.bundle import Leg
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.signature import Signature
from zk.threshold import decryption, frost, keys, sharing
from zk.threshold.frost import Commitment

MAX_AT_ONCE = 256
"""How many escrows a guardian is asked to decrypt in one request: its answer takes a fraction of GIVE_UP_S."""

PATIENCE_S = 1.0
"""After so long others are asked in place of guardians that have not answered."""

GIVE_UP_S = 10.0
"""After so long a guardian that nobody can replace counts as silent."""

PING_S = 3.0

_FAILURES = (NoAnswer, FormatError, InvalidProof, Unsatisfied, Rejected)


class TooFew(NoAnswer):
    """Fewer guardians than the threshold answered.  The message says who did not, and why."""


class Declined(TooFew):
    """Enough guardians answer, but too few sign this.  The message says why each does not."""


class Colleague(Protocol):
    """A guardian to ask: one in this process, or one at the other end of a channel."""

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer.  Raises Unreachable or Refused, or what a refusal in this process raises."""


class Group:
    """The guardians whose keys are those of `guardian`, by member."""

    def __init__(self, guardian: Guardian, colleagues: Mapping[int, Colleague]):
        self.number, self.quorum = guardian.number, guardian.quorum
        self._decryption, self._signing = guardian.decryption.group, guardian.signing.group
        self._colleagues = dict(colleagues)
        self._askers = Askers(self._colleagues, lambda index, request: self._colleagues[index].ask(request))
        self.failures: dict[int, str] = {}
        self._refusing: set[int] = set()  # of those that failed, who answered

    def close(self) -> None:
        """Ends the threads that ask."""
        self._askers.close()

    def reachable(self, patience_s: float = PING_S) -> dict[int, str | None]:
        """For every member None when it answers in time, or the reason why it does not."""
        self._ask(dict.fromkeys(self._colleagues, {"ask": "ping"}), lambda index, answer: None, patience_s)
        return {index: self.failures.get(index) for index in self.quorum.indices}

    def require(self, reached: Mapping[int, str | None]) -> None:
        """Raises TooFew unless at least the threshold of these members answered."""
        if sum(reason is None for reason in reached.values()) < self.quorum.threshold:
            raise TooFew(self._who_failed())

    def open(self, legs: Sequence[tuple[Place, Leg]], give_up_s: float = GIVE_UP_S) -> list[Account[int] | None]:
        """The accounts in the escrows of settled legs; None for one that holds no account under this key.

        Raises TooFew.
        """
        parts = (legs[i : i + MAX_AT_ONCE] for i in range(0, len(legs), MAX_AT_ONCE))
        return [one for part in parts for one in self._open(part, give_up_s)]

    def _open(self, legs: Sequence[tuple[Place, Leg]], give_up_s: float) -> list[Account[int] | None]:
        places = wire.places.write(tuple(place for place, _ in legs))
        ephemerals = [leg.escrow.ephemeral for _, leg in legs if leg.escrow is not None]
        chosen: dict[int, list[decryption.Partial]] = {}

        def take(index: int, answer: dict[str, Any]) -> None:
            given = wire.field(answer, "partials", wire.partials)
            if len(given) != len(legs) or any(one is None or one.index != index for one in given):
                raise FormatError(f"guardian {index} did not decrypt what settled")
            for ephemeral, one in zip(ephemerals, given, strict=True):
                decryption.check(self._decryption, ephemeral, one)
            chosen[index] = given

        patience_s = PATIENCE_S * (1 + len(legs) / 50)
        self._ask_enough({"ask": "decrypt", "places": places}, take, patience_s=patience_s, give_up_s=give_up_s)
        return [
            _opened(sharing.recover_point({index: given[i].point for index, given in chosen.items()}), leg)
            for i, (_, leg) in enumerate(legs)
        ]

    def sign(self, messages: Sequence[Message], evidence: Mapping[str, Any]) -> list[Signature]:
        """Signatures of messages that all of these guardians derive from the evidence.

        A signer that is slow is replaced; when there is nobody in its place, all are asked again and waited for.

        Raises TooFew, and Declined when enough answer and too few of them sign.
        """
        excluded, slow, declined = set[int](), set[int](), False
        give_up_s = PATIENCE_S * (1 + len(messages) / 8)  # who signs derives and checks every message
        while True:
            try:
                signers = self._begin(len(messages), excluded | slow)
            except TooFew as error:
                if slow and give_up_s < GIVE_UP_S:
                    slow, give_up_s = set(), GIVE_UP_S
                    continue
                raise Declined(self._who_failed("sign")) if declined else error from None
            answers: dict[int, tuple[int, ...]] = {}
            lists = [[signers[index][1][i] for index in sorted(signers)] for i in range(len(messages))]
            written = wire.lists.write(tuple(map(tuple, lists)))
            requests = {
                index: {"ask": "sign", "session": session.hex(), "lists": written, **evidence}
                for index, (session, _) in signers.items()
            }

            def take(index: int, answer: dict[str, Any], into: dict[int, tuple[int, ...]] = answers) -> None:
                given = wire.field(answer, "answers", wire.answers)
                if len(given) != len(messages):
                    raise FormatError(f"guardian {index} signed {len(given)} of {len(messages)} messages")
                into[index] = given

            failed, late = self._ask(requests, take, give_up_s)
            if not failed | late:
                pairs = zip(messages, lists, strict=True)
                try:
                    return [self._signature(*pair, answers, place) for place, pair in enumerate(pairs)]
                except frost.FalseAnswers as error:
                    failed = set(error.members)
                    self.failures |= dict.fromkeys(failed, "its part of a signature was false")
            declined = declined or any(index in self._refusing for index in failed)
            excluded |= failed
            slow |= late

    def _begin(self, count: int, excluded: set[int]) -> dict[int, tuple[bytes, tuple[Commitment, ...]]]:
        """A session and the commitments of t members.  Raises TooFew."""
        begun: dict[int, tuple[bytes, tuple[Commitment, ...]]] = {}

        def take(index: int, answer: dict[str, Any]) -> None:
            given = wire.field(answer, "commitments", wire.commitments)
            if len(given) != count or any(one.index != index for one in given):
                raise FormatError(f"guardian {index} did not commit to {count} nonces of its own")
            begun[index] = wire.field(answer, "session", wire.session), given

        self._ask_enough({"ask": "commit", "count": count}, take, excluded)
        return {index: begun[index] for index in sorted(begun)[: self.quorum.threshold]}

    def _signature(
        self, message: Message, commitments: Sequence[Commitment], answers: Mapping[int, tuple[int, ...]], place: int
    ) -> Signature:
        group = keys.rerandomised_group(self._signing, message.alpha) if message.alpha else self._signing
        return frost.combine(group, message.value, commitments, {i: given[place] for i, given in answers.items()})

    def _ask_enough(
        self, request: Mapping[str, Any], take: Callable[[int, dict[str, Any]], None],
        excluded: Collection[int] = (), patience_s: float = PATIENCE_S, give_up_s: float = GIVE_UP_S,
    ) -> None:  # fmt: skip
        """Asks as many members as it takes, then others for those that fail or are slow.  Raises TooFew.

        Who failed before is asked last: one that hangs would cost its time again with every request.
        """
        left = [index for index in self._colleagues if index not in excluded]
        left.sort(key=lambda index: index in self.failures)
        missing, round_, began_s = self.quorum.threshold, Round(self._askers), time.monotonic()
        while missing:
            while left and len(round_.waiting) < missing:
                round_.ask(left.pop(0), request)
            if len(round_.waiting) < missing:
                break
            answered = round_.next(began_s + (min(patience_s, give_up_s) if left else give_up_s))
            if answered is not None:
                missing -= self._take(*answered, take)
            elif left:
                for index in left:
                    round_.ask(index, request)
                left = []
            else:
                break
        if (waited_s := time.monotonic() - began_s) >= min(patience_s, give_up_s):
            self._note_late(round_, waited_s)
        round_.end()
        if missing:
            raise TooFew(self._who_failed())

    def _ask(
        self, requests: Mapping[int, Mapping[str, Any]], take: Callable[[int, dict[str, Any]], None], give_up_s: float
    ) -> tuple[set[int], set[int]]:
        """Asks members at once and takes their answers.  Returns those that failed, and those that came too late."""
        round_, failed, until_s = Round(self._askers), set[int](), time.monotonic() + give_up_s
        for index, request in requests.items():
            round_.ask(index, request)
        while round_.waiting and (answered := round_.next(until_s)) is not None:
            if not self._take(*answered, take):
                failed.add(answered[0])
        late = round_.waiting
        self._note_late(round_, give_up_s)
        round_.end()
        return failed, late

    def _take(self, index: int, result: Result, take: Callable[[int, dict[str, Any]], None]) -> bool:
        """Takes a member's answer.  Returns whether it is one; the reason why not is noted."""
        try:
            if isinstance(result, Exception):
                raise result
            take(index, result)
        except _FAILURES as error:
            self.failures[index] = str(error).removeprefix(f"guardian {index} ")
            (self._refusing.discard if isinstance(error, Unreachable) else self._refusing.add)(index)
            return False
        self.failures.pop(index, None)
        self._refusing.discard(index)
        return True

    def _note_late(self, round_: Round, waited_s: float) -> None:
        self.failures |= dict.fromkeys(round_.waiting, f"does not answer: nothing came for {waited_s:.0f} s")

    def _who_failed(self, verb: str = "answer") -> str:
        reasons = sorted(self.failures.items())
        told = "; ".join(f"guardian {index}: {reason}" for index, reason in reasons)
        return f"it takes {self.quorum.threshold} of {self.quorum.members} guardians, and too few {verb} ({told})"


def _opened(shared: tuple[int, int], leg: Leg) -> Account[int] | None:
    assert leg.escrow is not None, "only escrows are opened"
    try:
        return escrow.decrypt(shared, leg.escrow.ciphertext, leg.public.guard)
    except FormatError:
        return None
