"""A guardian's answers: partial decryptions of what settled, and its part of signatures that its rules allow.

It decrypts only escrows of bundles on the ledger that it reads, so nobody learns from it what is in an order that never
settled.  It signs only messages that it derived itself from a draft (rules.py), each with nonces of its own.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from prover.guardian import drafts, recovery, rules, wire
from prover.guardian.guardianfile import Guardian
from settlement.bundles import encoding
from settlement.bundles.bundle import Bundle
from settlement.ledger import Ledger
from zk import entropy
from zk.errors import FormatError
from zk.threshold import decryption, frost, keys
from zk.threshold.decryption import Partial
from zk.threshold.frost import Nonces

MAX_SESSIONS = 32
_BUNDLES_KEPT = 256

OpenLedger = Callable[[], AbstractContextManager[Ledger]]


class Member:
    """One guardian, answering the others and itself.  `open_ledger` opens the ledger that it reads and trusts."""

    def __init__(self, guardian: Guardian, open_ledger: OpenLedger, now_ms: Callable[[], int],
                 figures: recovery.Figures | None = None):  # fmt: skip
        self.guardian = guardian
        self._open_ledger, self._now_ms, self._figures = open_ledger, now_ms, figures
        self._sessions: dict[int, OrderedDict[bytes, tuple[Nonces, ...]]] = {}
        self._lock = threading.Lock()
        self._bundle = lru_cache(_BUNDLES_KEPT)(encoding.decode_bundle)

    def __repr__(self) -> str:
        return type(self).__name__

    def answer(self, asking: int, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to the request of the guardian `asking`.

        Raises FormatError, InvalidProof, Unsatisfied or Rejected with the reason why there is none.
        """
        asked = request.get("ask")
        if asked == "ping":
            with self._open_ledger() as ledger:
                return {"height": ledger.reader.last_event().height}
        if asked == "decrypt":
            return self._decrypt(wire.field(request, "places", wire.places))
        if asked == "commit":
            return self._commit(asking, wire.field(request, "count", wire.count))
        if asked == "sign":
            return self._sign(asking, request)
        raise FormatError("the request asks for something that guardians do not do")

    def _decrypt(self, places: tuple[tuple[int, int], ...]) -> dict[str, Any]:
        with self._open_ledger() as ledger:
            return {"partials": wire.partials.write(tuple(self._partial(ledger, *place) for place in places))}

    def _partial(self, ledger: Ledger, height: int, number: int) -> Partial | None:
        bundle = self._settled(ledger, height)
        if bundle is None or number >= len(bundle.legs):
            return None
        leg = bundle.legs[number]
        if leg.escrow is None or leg.public.guard != self.guardian.number:
            return None
        return decryption.partial(self.guardian.decryption, leg.escrow.ephemeral)

    def _settled(self, ledger: Ledger, height: int) -> Bundle | None:
        found = ledger.reader.bundle(height)
        return None if found is None else self._bundle(found[1])

    def _commit(self, asking: int, count: int) -> dict[str, Any]:
        made = [frost.commit(self.guardian.signing) for _ in range(count)]
        session = entropy.token(wire.SESSION_BYTES)
        with self._lock:
            own = self._sessions.setdefault(asking, OrderedDict())  # who begins many displaces none of another's
            own[session] = tuple(nonces for nonces, _ in made)
            while len(own) > MAX_SESSIONS:
                own.popitem(last=False)
        commitments = wire.commitments.write(tuple(commitment for _, commitment in made))
        return {"session": session.hex(), "commitments": commitments}

    def _sign(self, asking: int, request: dict[str, Any]) -> dict[str, Any]:
        session = wire.field(request, "session", wire.session)
        with self._lock:
            begun = self._sessions.get(asking, OrderedDict())
            nonces = begun.pop(session, None)  # one draft for each: what is refused is begun again
        if nonces is None:
            raise FormatError("the session of this signature is unknown or used")
        lists = wire.field(request, "lists", wire.lists)
        messages = self._messages(request)
        if not len(nonces) == len(lists) == len(messages):
            raise FormatError(f"{len(messages)} messages are to be signed, and {len(lists)} lists were sent")
        answers = tuple(
            frost.sign(keys.rerandomised(self.guardian.signing, message.alpha), *rest)
            for message, *rest in zip(messages, nonces, [one.value for one in messages], lists, strict=True)
        )
        return {"answers": wire.answers.write(answers)}

    def _messages(self, request: dict[str, Any]) -> list[drafts.Message]:
        """The messages of the request's draft that this guardian's number signs, if its rules allow them."""
        now_ms = self._now_ms()
        with self._open_ledger() as ledger:
            if "expiry" in request:
                return [recovery.checked(ledger, wire.field(request, "expiry", recovery.codec), self._figures, now_ms)]
            draft = wire.read_draft(request.get("draft"))
            derived = drafts.derive(ledger, draft, now_ms)
            rules.check(ledger, draft, derived, now_ms)
        return [message for message in derived.messages if message.number == self.guardian.number]
