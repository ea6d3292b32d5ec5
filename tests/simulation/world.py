"""The real ledger and the reference side by side: every bundle goes to both, and they must agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from circuits import records
from settlement import engine, ledger
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.bundles.bundle import Account, Bundle, Flow
from settlement.checks import topups
from settlement.checks.state import VerifyProofs
from settlement.pool.pool import StatementKey
from settlement.rejection import Rejected
from settlement.risk import market as settlement_market
from settlement.risk import quotes
from settlement.risk.grids import PublishedGrids
from settlement.risk.quotes import Quote
from tests.reference.ledger import ReferenceLedger
from tests.reference.plain import PlainBundle, PlainConversion, PlainGrid
from tests.settlement.bundles import samples
from tests.simulation import binding, guardians, traders
from tests.simulation.binding import Converted
from tests.simulation.guardians import Seized
from tests.simulation.lies import TRUTH, Lie
from tests.simulation.notary import Notary
from tests.simulation.traders import Draft, Holding, Made
from zk.hashes import poseidon

HELD, LOAN = records.HELD, 8
MOST_TOGETHER = 16
VOLATILITIES = {"option": 6_000, "spot": 350, "commodity": 350}


@dataclass(frozen=True)
class Prepared:
    """A bundle ready to be sent, and the holdings that exist once it settles."""

    data: bytes
    plain: PlainBundle
    bundle: Bundle
    after: list[Holding]


class World:
    """One ledger in a file, its reference, and every account that was ever settled."""

    def __init__(self, path: Path, keys: Mapping[str, StatementKey] | None = None, **changes):
        self.path, self.now_ms = path, samples.NOW_MS
        terms = {"oracle_keys": samples.PARAMETERS.oracle_keys[:1], "quorum": 1, "grace_epochs": 10**6} | changes
        pool = replace(samples.pool(**terms), **(keys or {}))
        self.notary = Notary(pool)
        self.verify: VerifyProofs = self.notary.verify
        self.ledger = ledger.Ledger.create(path, pool, self.now_ms)
        terms = pool.parameters
        self.reference = ReferenceLedger(
            lambda children: records.node(poseidon.hash, children), terms.limits.grid_age_ms, terms.guardians.number,
            terms.penalty_bps, terms.fees.leg, last_ms=self.now_ms, grace_epochs=terms.grace_epochs,
        )  # fmt: skip
        self.holdings: list[Holding] = []
        self.insurance = traders.nothing()
        self.quoted: dict[int, int] = {}
        self.settled = 0
        self.announced, self.announced_ms = terms, 0
        self.due: list[tuple[int, dict]] = []

    def publish(self, prices: Mapping[int, int]) -> PublishedGrids:
        """The next epoch's grids, from signed prices by slot; what has none keeps its last one."""
        published = engine.publish(self.ledger, self.quotes(prices), self.now_ms)
        self.take(published, prices)
        return published

    def enter(self) -> None:
        """Tells the reference of the changes of parameters that are in force by now."""
        while self.due and self.due[0][0] <= self.now_ms:
            vars(self.reference).update(self.due.pop(0)[1])

    def take(self, published: PublishedGrids, prices: Mapping[int, int]) -> None:
        """Tells the reference of an epoch that the ledger has published with these prices."""
        self.quoted |= prices
        publication, reference = published.publication, self.reference
        assert all(publication.rates[claim] == rate for claim, rate in reference.rates.items()), "a rate is constant"
        reference.rates.update(publication.rates)
        reference.publish(PlainGrid(
            publication.epoch, publication.prices, publication.initial.values, publication.maintenance.values,
            publication.coverage, published.published_ms,
        ))  # fmt: skip

    def quotes(self, prices: Mapping[int, int], epoch: int | None = None) -> list[Quote]:
        """Signed prices for the next epoch, or a later one; factors and options have a volatility."""
        pool, parameters = self.ledger.pool, self.ledger.parameters(self.now_ms)
        known = self.quoted | prices
        return [
            quotes.sign(
                pool, parameters, samples.ORACLE_SECRETS[0], asset=slot, price=known.get(slot, 0),
                volatility_bps=VOLATILITIES.get(pool.assets[slot].kind, 0) if self._has_volatility(slot) else 0,
                time_ms=self.now_ms, epoch=epoch or len(self.reference.grids) + 1,
            )
            for slot in settlement_market.quoted(pool, self.ledger.reader.rates())
        ]  # fmt: skip

    def _has_volatility(self, slot: int) -> bool:
        return self.ledger.pool.assets[slot].kind == "option" or self.ledger.pool.parameters.risk[slot].factor == slot

    def grid(self) -> PublishedGrids | None:
        """The newest grids, or None."""
        newest = self.ledger.reader.grids(1)
        return newest[0] if newest else None

    def draft(self, source: Holding, change: Sequence[int], flows: Sequence[Flow] = (), target=None) -> Draft:
        """A draft of an honest leg, valid for the next five minutes."""
        return traders.draft(source, change, flows, self.now_ms + 300_000, self.grid(), target, self.reference.guard)

    def top_up(
        self, source: Holding, change: Sequence[int], flows: Sequence[Flow] = (), period: int | None = None
    ) -> Draft:  # fmt: skip
        """A draft of a leg that only adds, valid for the next five minutes, in its owner's next period or in this."""
        periods = topups.periods(self.ledger.reader)
        unused = [one for one in periods if (source.keys.nk, one) not in self.reference.topped_up]
        chosen = (unused or periods)[0] if period is None else period
        return traders.top_up(source, change, flows, self.now_ms + 300_000, chosen)

    def seizure(self, holding: Holding, **changes) -> Seized:
        """The seizure of an account by its worst scenario, unsigned, or a false one."""
        terms = {"penalty_bps": self.reference.penalty_bps, "stale_before": self.reference.stale_before, **changes}
        return guardians.seize_account(
            self.ledger, self.notary, holding, self.grid(), self.now_ms + 300_000, **terms
        )

    def prepare(
        self, drafts: Sequence[Draft], lie: Lie = TRUTH, seized: Sequence[Seized] = (),
        converted: Sequence[Converted] = (),
    ) -> Prepared:  # fmt: skip
        """The drafts as a bundle, falsified by the lie, beside seizures and conversions."""
        drafts = lie.drafts(self.ledger, list(drafts))
        beside = [one.seizure.commitment for one in seized]
        made = lie.legs(self.ledger, traders.make_all(self.ledger, self.notary, drafts, beside))
        number = self.reference.guard
        signed = guardians.sign(self.ledger, seized, [one.leg.commitment for one in made], number)
        bundle = binding.bind(self.ledger, made, signed, converted, number)
        conversions = (
            PlainConversion(one.claim, one.quantity, self.reference.rates.get(one.claim) == one.rate)
            for one in converted
        )
        plain = PlainBundle(
            tuple(one.plain for one in made), tuple(one.plain for one in signed), tuple(conversions)
        )
        bundle, plain = lie.bundle(bundle, plain)
        data = encoding.encode_bundle(bundle)
        if lie.data(data) != data:
            data, plain = lie.data(data), replace(plain, damage=lie.reason)
        return Prepared(data, plain, bundle, [one.holding for one in (*made, *signed)])

    def settle(self, *drafts: Draft, **beside) -> list[Holding]:
        """Settles honest drafts as one bundle, and returns the holdings after them."""
        reason = self.submit(self.prepare(drafts, **beside))
        assert reason is None, reason
        return self.holdings[-len(drafts) - len(beside.get("seized", ())) :]

    def submit(self, prepared: Prepared) -> str | None:
        """Sends the bundle to both ledgers, which must agree, and returns the reason for its refusal, or None."""
        self.enter()
        before = self.ledger.reader.last_event()
        expected = self.reference.submit(prepared.plain, self.now_ms)
        try:
            receipt = engine.submit(self.ledger, prepared.data, self.now_ms, self.verify)
        except Rejected as error:
            assert error.rejection.name == expected, f"{error}, and the reference says {expected}"
            assert self.ledger.reader.last_event() == before
            return expected
        if receipt.height <= before.height:  # it has settled before: its receipt again, and nothing else
            assert expected is not None and self.ledger.reader.last_event() == before
            return expected
        assert expected is None, f"settled, and the reference says {expected}"
        self.note(prepared, receipt.positions)
        self.compare()
        return None

    def refusal(self, made: Sequence[Made], seized: Sequence[Seized] = (), conversions=None) -> str | None:
        """The reason for which finished legs and seizures do not settle together, which the reference is not told."""
        bundle = binding.bind(self.ledger, made, seized)
        if conversions is not None:
            bundle = replace(bundle, conversions=conversions)
        try:
            engine.check(self.ledger, encoding.encode_bundle(bundle), self.now_ms, self.verify)
        except Rejected as error:
            return error.rejection.name
        return None

    def note(self, prepared: Prepared, positions: Sequence[int]) -> None:
        """Remembers the accounts of a bundle that both ledgers have settled; the guardians open the margined ones."""
        pairs = zip(prepared.after, positions, strict=True)
        self.holdings += [replace(holding, position=position) for holding, position in pairs]
        self.settled += 1
        for leg, holding in zip(prepared.bundle.legs, prepared.after, strict=False):
            assert not holding.account.guard or guardians.opened(leg) == holding.account

    def live(self) -> list[Holding]:
        """The accounts that nobody has moved, oldest first."""
        return [holding for holding in self.holdings if holding.position not in self.reference.spent]

    def compare(self) -> None:
        """Checks that the two ledgers are equal, and that what is held inside is there outside: all of it."""
        reader, reference = self.ledger.reader, self.reference
        assert reader.tree().size == len(reference.leaves)
        assert reader.tree().root == reference.roots[-1]
        key = self.ledger.pool.leg.digest
        assert [reader.reserve(key, asset) for asset in range(records.ASSETS)] == reference.reserves
        for (account, asset), amount in reference.accounts.items():
            assert reader.account_balance(Account(account), asset) == amount
        live = reference.live()
        sums = [sum(leaf.balances[asset] for leaf in live) for asset in range(records.ASSETS)]
        assert sums == reference.expected_sums()
        assert all(min(leaf.balances[:HELD]) >= 0 for leaf in live), "what is held is never owed"
        assert all(amount >= 0 for (_, asset), amount in reference.accounts.items() if asset < HELD)

    def withdraw_everything(self) -> None:
        """Every holder who owes nothing takes out all that it holds, and then only others' margin is left outside."""
        holders = [one for one in self.live() if any(one.account.balances[:HELD]) and min(one.account.balances) >= 0]
        self.enter()
        for start in range(0, len(holders), MOST_TOGETHER):
            some = holders[start : start + MOST_TOGETHER]
            self.settle(*map(self._withdrawal, some), *self._fees_of(some))
        owing = [one.account.balances for one in self.live() if min(one.account.balances) < 0]
        kept = [sum(balances[asset] for balances in owing) for asset in range(HELD)]
        accounts = self.reference.accounts.items()
        public = [sum(amount for (_, slot), amount in accounts if slot == asset) for asset in range(HELD)]
        assert self.reference.reserves[:HELD] == [a + b for a, b in zip(kept, public, strict=True)]

    def _withdrawal(self, holding: Holding) -> Draft:
        """All that is held leaves, and the fee is paid from it."""
        held = list(holding.account.balances[:HELD])
        fee = min(self.reference.leg_fee, held[0])
        flows = [samples.flow(asset, -amount) for asset, amount in enumerate([held[0] - fee, *held[1:]]) if amount]
        if fee:
            flows.append(Flow(0, -fee, Account.FEE, b"", b""))
        change = [-amount for amount in held] + [0] * (records.ASSETS - HELD)
        return self.draft(holding, change, flows)

    def _fees_of(self, holders: Sequence[Holding]) -> list[Draft]:
        """A leg of somebody who pays the fees that holders without numeraire cannot, and its own; none if they can."""
        fee, held = self.reference.leg_fee, [one.account.balances[0] for one in holders]
        missing = sum(max(0, fee - amount) for amount in held)
        flows = samples.flow(0, missing + fee), Flow(0, -missing - fee, Account.FEE, b"", b"")
        return [self.draft(traders.nothing(), traders.NOTHING, flows)] if missing else []

    def close(self) -> None:
        """Closes the ledger and audits its whole history."""
        self.ledger.close()
        report = audit.audit(self.path, self.verify)
        assert (report.bundles, report.publications) == (self.settled, len(self.reference.grids))
        assert report.root == self.reference.roots[-1]
