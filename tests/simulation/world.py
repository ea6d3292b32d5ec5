"""The real ledger and the reference side by side: every bundle goes to both, and they must agree."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from circuits import records
from settlement import audit, checks, encoding, engine, ledger, oracle
from settlement.bundle import Bundle, Flow
from settlement.rejection import Rejected
from tests.reference.ledger import PlainBundle, PlainGrid, ReferenceLedger
from tests.settlement import samples
from tests.simulation import traders
from tests.simulation.lies import Lie
from tests.simulation.notary import Notary
from tests.simulation.traders import Draft, Holding
from zk.hashes import poseidon

PRICES = (1_000_000,) * records.ASSETS


class World:
    """One ledger in a file, its reference, and every account that was ever settled."""

    def __init__(self, path: Path):
        self.path, self.notary, self.now_ms = path, Notary(), samples.NOW_MS
        pool = samples.pool()
        pool = replace(pool, oracle_keys=pool.oracle_keys[:1], quorum=1)
        self.ledger = ledger.Ledger.create(path, pool, self.now_ms)
        self.reference = ReferenceLedger(
            lambda children: records.node(poseidon.hash, children),
            checks.GRID_WINDOW, samples.LIMITS.grid_age_ms, last_ms=self.now_ms,
        )
        self.holdings: list[Holding] = []
        self.settled = 0

    def publish(self, prices: tuple[int, ...]) -> None:
        """The next epoch's grids, from signed prices."""
        epoch = len(self.reference.grids) + 1
        published = engine.publish(self.ledger, self.quotes(prices), self.now_ms)
        values = published.publication.initial.values
        self.reference.publish(PlainGrid(published.initial_root, epoch, values, self.now_ms))

    def quotes(self, prices: tuple[int, ...]) -> list[oracle.Quote]:
        """Signed prices for the next epoch."""
        epoch = len(self.reference.grids) + 1
        return [
            oracle.sign(self.ledger.pool, secret, asset, price, self.now_ms, epoch)
            for secret in samples.ORACLE_SECRETS[:1]
            for asset, price in enumerate(prices)
        ]

    def grid(self):
        """The newest grids, or None."""
        newest = self.ledger.reader.grids(1)
        return newest[0] if newest else None

    def draft(self, source: Holding, change: tuple[int, ...], flows: tuple[Flow, ...] = (), target=None) -> Draft:
        """A draft of an honest leg, valid for the next five minutes."""
        return traders.draft(source, change, flows, self.now_ms + 300_000, self.grid(), target)

    def prepare(self, drafts: list[Draft], lie: Lie) -> "Prepared":
        """The drafts as a bundle, falsified by the lie."""
        drafts = lie.drafts(self.ledger, drafts)
        made = lie.legs(self.ledger, [traders.make(self.ledger, self.notary, one) for one in drafts])
        plain = PlainBundle(None, True, tuple(one.plain for one in made), True, True)
        bundle, plain = lie.bundle(traders.bind(self.ledger.ledger_id, made), plain)
        data = encoding.encode_bundle(bundle)
        if lie.data(data) != data:
            data, plain = lie.data(data), replace(plain, damage=lie.reason)
        return Prepared(data, plain, bundle, [one.holding for one in made])

    def submit(self, prepared: "Prepared") -> str | None:
        """Sends the bundle to both ledgers, which must agree, and returns the reason for its refusal, or None."""
        before = self.ledger.reader.last_event()
        expected = self.reference.submit(prepared.plain, self.now_ms)
        try:
            receipt = engine.submit(self.ledger, prepared.data, self.now_ms, self.notary.verify)
        except Rejected as error:
            assert error.rejection.name == expected, str(error)
            assert self.ledger.reader.last_event() == before
            return expected
        assert expected is None, f"settled, and the reference says {expected}"
        self.note(prepared, receipt.positions)
        self.compare()
        return None

    def note(self, prepared: "Prepared", positions: Sequence[int]) -> None:
        """Remembers the accounts of a bundle that both ledgers have settled."""
        pairs = zip(prepared.after, positions, strict=True)
        self.holdings += [replace(holding, position=position) for holding, position in pairs]
        self.settled += 1

    def compare(self) -> None:
        """Checks that the two ledgers are equal, and that the balances inside add up to the reserves."""
        assert self.ledger.reader.tree().size == len(self.reference.leaves)
        assert self.ledger.reader.tree().root == self.reference.roots[-1]
        key = self.ledger.pool.leg.digest
        assert [self.ledger.reader.reserve(key, asset) for asset in range(records.ASSETS)] == self.reference.reserves
        balances = zip(*(leaf.balances for leaf in self.reference.live()), strict=True)
        assert [sum(asset) for asset in balances] == self.reference.reserves

    def close(self) -> None:
        """Closes the ledger and audits its whole history."""
        self.ledger.close()
        report = audit.audit(self.path, self.notary.verify)
        assert (report.bundles, report.publications) == (self.settled, len(self.reference.grids))
        assert report.root == self.reference.roots[-1]


class Prepared:
    """A bundle ready to be sent, and the holdings that exist once it settles."""

    def __init__(self, data: bytes, plain: PlainBundle, bundle: Bundle, after: list[Holding]):
        self.data, self.plain, self.bundle, self.after = data, plain, bundle, after
