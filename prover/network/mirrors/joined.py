"""The ledger of a pool that somebody else operates, as this home sees it.

What is read comes from the home's own copy (prover/network/mirrors/mirror.py), which has checked every event itself;
what changes the ledger is checked here first, then sent to the service, and is true when it is in the copy.  So it is a
Ledger like any other to whoever trades, watches or publishes, and it believes nothing that it has not checked.  """

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from prover.network.mirrors import cutting, finals
from prover.network.mirrors.cutting import PATHS, Resent
from prover.network.mirrors.joinedorders import JoinedOrders
from prover.network.mirrors.light import LightMirror
from prover.network.mirrors.mirror import Mirror
from prover.network.wire.protocol import Service
from prover.network.wire.relay import Relay
from settlement import databases, events
from settlement.checks import checks
from settlement.checks.state import Checked, VerifyProofs
from settlement.checks.verified import Verified
from settlement.errors import Discrepancy, OutcomeUnknown, Unavailable
from settlement.events import Appended, Event
from settlement.following import finality
from settlement.ledger import Applied, E, Ledger
from settlement.log.succession import Superseded
from settlement.rejection import Rejected
from settlement.risk.grids import PublishedGrids
from settlement.storage.repository import Repository
from settlement.storage.rows import GridsEntry

T = TypeVar("T")

PATIENCE_S = 10
"""How long an answer that did not come is looked for in the ledger."""
CLOCKS_MS = 2_000
"""How far this machine's clock may be behind the service's; it waits for as long."""
UNANSWERED = "the service did not answer, and its log does not have what was sent, yet: it may still take it"
NOT_FINAL = "the service took what was sent, but it is not final yet: this light copy waits for the validators"
_PAUSE_S = 0.25


class JoinedLedger(Ledger):
    """A ledger whose changes go to a service.  Belongs to one thread, as every ledger.

    `resent` says what became of events that were void and were sent again, or is None.
    """

    resent: Resent | None = None

    def __init__(
        self, repository: Repository, folder: Path, service: Service, clock: Callable[[], int],
        verify_proofs: VerifyProofs = checks.verify_proofs, *, is_light: bool = False,
        still_light: Callable[[], bool] = lambda: True,
    ):  # fmt: skip
        super().__init__(repository)
        self._service, self._clock, self._verify, self._is_light = service, clock, Verified(verify_proofs), is_light
        own = Ledger(repository)
        copy = own, folder, service.get
        self._mirror = LightMirror(*copy, is_light=still_light) if is_light else Mirror(*copy)
        self.orders = JoinedOrders(repository.orders, service, self, verify_proofs)

    @classmethod
    def join(
        cls, place: Path, service: Service, clock: Callable[[], int], *, is_light: bool = False,
        still_light: Callable[[], bool] = lambda: True,
    ) -> "JoinedLedger":  # fmt: skip
        """The copy at `place` of the ledger behind a service.  Raises FormatError as Ledger.open does.

        `still_light` says whether a copy that was light when it was opened is so still.
        """
        repository = databases.open(place)
        try:
            return cls(repository, place.parent, service, clock, is_light=is_light, still_light=still_light)
        except BaseException:
            repository.close()
            raise

    def close(self) -> None:
        """Closes the database and the connections."""
        super().close()
        self._service.close()

    def run_on(self) -> None:
        """For a process that looks at the board again and again: it reads the board only when there is another."""
        from prover.network.wire.client import Client  # takes a tenth of a second to import

        if isinstance(self._service, Relay):
            self._service.reconnect(lambda url: Client(url, keeps=True))

    def verifying(self, verify: VerifyProofs) -> VerifyProofs:
        """The verifier of this copy's own updates, if that is the same, for what it has verified it need not again."""
        return self._verify if verify is self._verify.plain else verify

    def update(self) -> None:
        """Brings the copy up to date, with what is final of it.  Raises as Mirror.update does.

        When the validators have named another operator, what the one before settled since is cut from the copy and sent
        to the new one, and from now on this home asks there, if the succession says where that is.
        """
        try:
            self._mirror.update(self._verify)
        except (Superseded, Unavailable):
            if not self._turned():
                raise
            self._mirror.update(self._verify)
        else:
            if self._turned():
                self._mirror.update(self._verify)
        while self._mirror.void:
            self.resent = cutting.resend(self._mirror.void[-1], self._service.post)
            self._mirror.void.pop()
            self._mirror.update(self._verify)
        if not self._is_light:
            finals.update(self, self._service.get)
        ahead_ms = self.reader.last_event().created_ms - self._clock()
        if 0 < ahead_ms <= CLOCKS_MS:
            time.sleep(ahead_ms / 1_000)

    def _turned(self) -> bool:
        """Whether the operator in force is elsewhere than was asked; from now on it is asked."""
        successions = finality.operators(self).successions
        there = successions[-1].url if successions else None
        if there is None or not isinstance(self._service, Relay) or self._service.url == there:
            return False
        self._service.turn_to(there)
        return True

    def apply_all(
        self, checked: Sequence[Checked], now_ms: int, passed_ns: events.PassedNs = lambda: 0
    ) -> list[Applied | Rejected]:  # fmt: skip
        """Sends the bundles to the service, and returns their places in the copy, or why the service refused them.

        Raises errors.Unavailable when the service cannot be reached, errors.OutcomeUnknown when its answer did not come
        and the ledger does not have the bundle by and by, and what Mirror.update raises.
        """
        return [self._applied(one) for one in checked]

    def record(
        self, make: Callable[[Ledger, int], E], now_ms: int, passed_ns: events.PassedNs = lambda: 0
    ) -> E:  # fmt: skip
        """Sends what `make` computes here to the service, and returns it as it is in the copy.

        Raises what `make` raises, and as `apply_all` does.
        """
        before = self.reader.last_event().height
        entry = make(self, events.moved_up(self.reader.last_event(), now_ms, passed_ns()))
        expected = entry.appended.event
        data = entry.published.publication.evidence if isinstance(entry, GridsEntry) else entry.data

        def found() -> Event | None:
            same = (event for event in self.reader.events(before + 1) if event.kind == expected.kind)
            return next((event for event in same if event.body == expected.body), None)

        event = self._sent(PATHS[expected.kind], data, found)
        changed: dict[str, Any] = {"appended": Appended(event, {})}
        if isinstance(entry, GridsEntry):
            changed["published"] = PublishedGrids(entry.published.publication, event.created_ms)
        return replace(entry, **changed)

    def _applied(self, checked: Checked) -> Applied | Rejected:
        try:
            settled = self._sent("/bundles", checked.data, lambda: self.reader.settled(checked.bundle_id))
        except Rejected as refused:
            return refused
        return Applied.of(settled, is_checkpointed=True, is_new=True)

    def _sent(self, path: str, data: bytes, found: Callable[[], T | None]) -> T:
        """What `found` finds in the copy once the service has taken the data."""
        try:
            self._service.post(path, data)
        except OutcomeUnknown:
            return self._looked_for(found, UNANSWERED)
        if self._is_light:
            return self._looked_for(found, NOT_FINAL)
        try:
            return self._looked_for(found, UNANSWERED)  # a validator's service may be a moment behind the operator's
        except OutcomeUnknown:
            raise Discrepancy(
                "the service says that it took what was sent, and its log does not have it: keep the bundle and send it"
                " again; if it is refused, the service lies"
            ) from None

    def _looked_for(self, found: Callable[[], T | None], otherwise: str) -> T:
        """What `found` finds within some seconds.  Raises OutcomeUnknown when it is nothing, and says `otherwise`."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.update()
            except Unavailable:
                pass
            there = found()
            if there is not None:
                return there
            if time.monotonic() > until_s:
                raise OutcomeUnknown(f"{otherwise}. The same command again finds out, and does nothing twice")
            time.sleep(_PAUSE_S)
