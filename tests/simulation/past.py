"""A ledger's past as those know it who were told: what was acknowledged, what was refused, and an audit of both."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from circuits import records
from settlement import engine
from settlement.audit import audit
from settlement.audit.audit import Discrepancy, Expected
from settlement.bundles import digests
from settlement.events import Event
from settlement.ledger import Ledger
from settlement.storage.checkpoints import EventsLost
from tests.simulation import children, market
from tests.simulation.children import Answer
from tests.simulation.traders import Holding
from tests.simulation.world import Prepared, World
from zk.errors import FormatError

MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Acknowledged:
    """A bundle or publication that somebody was told of, and the digest of its event."""

    height: int
    digest: bytes
    data: bytes | None


class Past:
    """A world with two connections to its ledger, and what anybody was told about it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="history-", dir=MEMORY if MEMORY.is_dir() else None))
        self.place = self.folder / "pool"
        self.place.mkdir()
        self.world = World(self.place / "ledger.sqlite")
        self.other = Ledger.open(self.world.path)
        self.acknowledged: list[Acknowledged] = []
        self.refused: list[bytes] = []

    def begin(self) -> None:
        """Grids of one epoch and three accounts of a thousand."""
        market.begin(self.world, (0, 2, 0))
        reader = self.world.ledger.reader
        self.acknowledged = [
            Acknowledged(found.height, found.digest, (reader.bundle(found.height) or (None, None))[1])
            for found in reader.events(1)
        ]

    def end(self) -> None:
        """Audits the ledger, and removes it."""
        try:
            self.close()
            self.check_audit(self.world.path)
        finally:
            shutil.rmtree(self.folder)

    def check(self) -> None:
        """Both connections see everything that was acknowledged, and nothing that was refused."""
        for reader in (self.world.ledger.reader, self.other.reader):
            found = reader.events()
            assert [one.height for one in found] == list(range(len(found)))
            assert all(left.created_ms <= right.created_ms for left, right in zip(found, found[1:], strict=False))
            assert len(found) == 1 + len(self.acknowledged), "an event that nobody knows, or none that somebody does"
            for one in self.acknowledged:
                assert found[one.height].digest == one.digest
                bundle = reader.bundle(one.height)
                assert (bundle and bundle[1]) == one.data
            assert all(reader.bundle_height(bundle_id) is None for bundle_id in self.refused)
        self.world.compare()

    def holding(self, who: int) -> Holding:
        """One of the accounts, live ones first."""
        spent = self.world.reference.spent
        return sorted(self.world.holdings, key=lambda one: (one.position in spent, -one.position))[
            who % len(self.world.holdings)
        ]

    def open(self) -> None:
        """Opens both connections."""
        self.world.ledger, self.other = Ledger.open(self.world.path), Ledger.open(self.world.path)

    def close(self) -> None:
        """Closes both connections."""
        self.world.ledger.close()
        self.other.close()

    def bundle_id(self, prepared: Prepared) -> bytes:
        """The id of a bundle."""
        return digests.bundle_id(prepared.bundle)

    def is_settled(self, prepared: Prepared) -> bool:
        """Whether exactly these bytes were acknowledged."""
        return any(one.data == prepared.data for one in self.acknowledged)

    def submitting(self, prepared: Prepared) -> children.Act:
        """Submits the bundle and acknowledges its height and its event's digest."""
        now_ms, verify = self.world.now_ms, self.world.notary.verify

        def act(ledger: Ledger) -> bytes:
            receipt = engine.submit(ledger, prepared.data, now_ms, verify)
            settled = ledger.reader.event(receipt.height)
            assert settled is not None
            return receipt.height.to_bytes(8, "big") + settled.digest

        return act

    def told(self, prepared: Prepared, settled: Event | None) -> None:
        """Notes what was acknowledged or refused."""
        if settled is not None:
            self.acknowledged.append(Acknowledged(settled.height, settled.digest, prepared.data))
            self.refused = [one for one in self.refused if one != self.bundle_id(prepared)]
        elif not self.is_settled(prepared) and prepared.plain.damage is None:
            self.refused.append(self.bundle_id(prepared))

    def outcome(self, prepared: Prepared, answer: Answer) -> str:
        """Compares what a child answered with what is there, and with the reference."""
        before, reader = self.is_settled(prepared), self.world.ledger.reader
        height = reader.bundle_height(self.bundle_id(prepared))
        is_new = height is not None and height > len(self.acknowledged) and not before
        if answer.acknowledged is not None:
            assert height == int.from_bytes(answer.acknowledged[:8], "big")
            assert reader.event(height).digest == answer.acknowledged[8:]
        if before and answer.acknowledged is not None:
            return "acknowledged again"  # whoever sends a bundle again gets its place again
        expected = self.world.reference.refusal(prepared.plain, self.world.now_ms)
        if answer.refused is not None:
            assert answer.refused == expected and not is_new, f"{answer.refused}, and the reference says {expected}"
            self.told(prepared, None)
        elif is_new or answer.acknowledged is not None:
            assert expected is None, f"settled, and the reference says {expected}"
            self.world.reference.submit(prepared.plain, self.world.now_ms)
            self.told(prepared, reader.event(height))
            self.world.note(prepared, [reader.position_of(move.commitment) for move in prepared.bundle.moves])
        return "acknowledged" if answer.acknowledged else answer.refused or answer.failed or f"there: {is_new}"

    def check_audit(self, path: Path) -> None:
        """The audit passes, reports what is so, and knows the newest event that was acknowledged."""
        newest = self.acknowledged[-1]
        expected = [Expected("somebody saw", one.digest, one.height) for one in self.acknowledged[-3:]]
        report = audit.audit(path, self.world.notary.verify, expected=expected)
        assert (report.digest, report.events) == (newest.digest, 1 + len(self.acknowledged))
        assert (report.bundles, report.publications) == (self.world.settled, len(self.world.reference.grids))
        assert report.root == self.world.reference.roots[-1]
        held = [report.reserves.get((report.pool.leg.digest, asset), 0) for asset in range(records.ASSETS)]
        assert held == self.world.reference.reserves

    def check_opens(self, path: Path, *, is_complete: bool) -> None:
        """A ledger beside its checkpoints opens when it has every event that was acknowledged, and only then."""
        try:
            Ledger.open(path).close()
        except EventsLost:
            assert not is_complete
        else:
            assert is_complete, "a ledger that lost an event opens without a word"

    def check_sound(self, path: Path, *, is_sound: bool, knows: Acknowledged | None) -> None:
        """Opens and audits a ledger, which is refused unless it is sound; `knows` is what the auditor knows."""
        expected = [] if knows is None else [Expected("somebody saw", knows.digest, knows.height)]
        try:
            if knows is None:
                Ledger.open(path).close()
            audit.audit(path, self.world.notary.verify, expected=expected)
        except (Discrepancy, EventsLost, FormatError) as error:
            assert not is_sound and str(error).isprintable(), str(error)
        else:
            assert is_sound, "what was tampered with or lost events passes"
