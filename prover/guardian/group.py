"""The guardians of one key as one of them sees them: it asks all, needs t, and goes on without those that fail.

A guardian that does not answer, or answers falsely, is noted with its reason, and the next time asked after others.
When fewer than the threshold are left, `TooFew` names them all.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from circuits import escrow
from circuits.records import Account
from prover.guardian import wire
from prover.guardian.channel import NoAnswer
from prover.guardian.drafts import Message
from prover.guardian.guardianfile import Guardian
from prover.guardian.view import Place
from settlement.bundle import Leg
from settlement.rejection import Rejected
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.signature import Signature
from zk.threshold import decryption, frost, keys, sharing
from zk.threshold.frost import Commitment

MAX_AT_ONCE = 256
"""How many escrows a guardian is asked to decrypt in one request: its answer takes a fraction of channel.TIMEOUT_S."""

_FAILURES = (NoAnswer, FormatError, InvalidProof, Unsatisfied, Rejected)


class TooFew(NoAnswer):
    """Fewer guardians than the threshold answered.  The message says who did not, and why."""


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
        self._threads = ThreadPoolExecutor(max(1, len(self._colleagues)))
        self.failures: dict[int, str] = {}

    def close(self) -> None:
        """Ends the threads that ask."""
        self._threads.shutdown(wait=False)

    def reachable(self) -> dict[int, str | None]:
        """For every member None when it answers, or the reason why it does not."""
        self._ask(dict.fromkeys(self._colleagues, {"ask": "ping"}), lambda index, answer: None)
        return {index: self.failures.get(index) for index in self.quorum.indices}

    def open(self, legs: Sequence[tuple[Place, Leg]]) -> list[Account[int] | None]:
        """The accounts in the escrows of settled legs; None for one that holds no account under this key.

        Raises TooFew.
        """
        return [one for i in range(0, len(legs), MAX_AT_ONCE) for one in self._open(legs[i : i + MAX_AT_ONCE])]

    def _open(self, legs: Sequence[tuple[Place, Leg]]) -> list[Account[int] | None]:
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

        self._ask_enough({"ask": "decrypt", "places": places}, take)
        return [
            _opened(sharing.recover_point({index: given[i].point for index, given in chosen.items()}), leg)
            for i, (_, leg) in enumerate(legs)
        ]

    def sign(self, messages: Sequence[Message], evidence: Mapping[str, Any]) -> list[Signature]:
        """Signatures of messages that all of these guardians derive from the evidence.

        Raises TooFew.
        """
        excluded: set[int] = set()
        while True:
            signers = self._begin(len(messages), excluded)
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

            failed = self._ask(requests, take)
            if not failed:
                pairs = zip(messages, lists, strict=True)
                try:
                    return [self._signature(*pair, answers, place) for place, pair in enumerate(pairs)]
                except frost.FalseAnswers as error:
                    failed = set(error.members)
                    self.failures |= dict.fromkeys(failed, "its part of a signature was false")
            excluded |= failed

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
        self, request: Mapping[str, Any], take: Callable[[int, dict[str, Any]], None], excluded: set[int] | None = None
    ) -> None:
        """Asks as many members as it takes, then others for those that failed.  Raises TooFew.

        Who failed before is asked last: one that hangs would cost its time again with every request.
        """
        left = [index for index in self._colleagues if index not in (excluded or ())]
        left.sort(key=lambda index: index in self.failures)
        missing = self.quorum.threshold
        while missing:
            if len(left) < missing:
                raise TooFew(self._who_failed())
            chosen, left = left[:missing], left[missing:]
            missing = len(self._ask(dict.fromkeys(chosen, request), take))

    def _ask(
        self, requests: Mapping[int, Mapping[str, Any]], take: Callable[[int, dict[str, Any]], None]
    ) -> set[int]:
        """Asks members at once and takes their answers.  Returns those that failed, whose reasons are noted."""
        asked = {index: self._threads.submit(self._colleagues[index].ask, one) for index, one in requests.items()}
        failed = set()
        for index, future in asked.items():
            try:
                take(index, future.result())
                self.failures.pop(index, None)
            except _FAILURES as error:
                self.failures[index] = str(error).removeprefix(f"guardian {index} ")
                failed.add(index)
        return failed

    def _who_failed(self) -> str:
        reasons = sorted(self.failures.items())
        told = "; ".join(f"guardian {index}: {reason}" for index, reason in reasons)
        return f"it takes {self.quorum.threshold} of {self.quorum.members} guardians, and too few answer ({told})"


def _opened(shared: tuple[int, int], leg: Leg) -> Account[int] | None:
    assert leg.escrow is not None, "only escrows are opened"
    try:
        return escrow.decrypt(shared, leg.escrow.ciphertext, leg.public.guard)
    except FormatError:
        return None
