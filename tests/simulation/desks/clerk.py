"""From what settles to entries of the book of plain numbers, each of which must be what really happened.

Who owns an account, and what is in it, the clerk knows from the openings of the proofs; what a bundle should do the
book knows from what was promised, asked for and paid.  The two must agree, desk by desk, at every bundle.
"""

from collections.abc import Iterable
from typing import Any

from circuits import records
from circuits.records import Account
from prover.guardian import drafts
from prover.trader import keys
from settlement.bundles import digests
from settlement.bundles.bundle import Account as Place
from settlement.bundles.bundle import Bundle, Leg
from settlement.ledger import Ledger
from settlement.pool.parameters import Guardians
from settlement.rejection import Rejection
from settlement.risk.grids import Coverage
from tests.reference import tradebook
from tests.reference.tradebook import ASSETS, Book, Flow, Seized, Settled, Wrong
from tests.simulation.desks.witness import Witness
from zk.hashes import poseidon

ADDRESSES = 48
INSURER = "insurance"
PLACES = {Place.OUTSIDE: tradebook.OUTSIDE, Place.FEE: tradebook.FEE, Place.INSURANCE: tradebook.INSURANCE}


class Clerk:
    """Keeps the book of one ledger.  `live` has every account that is not spent: whose it is, and what is in it."""

    def __init__(self, ledger: Ledger, witness: Witness, guardians: Guardians, fee: int):
        self.ledger, self.witness, self.book = ledger, witness, Book(fee)
        self.live: dict[int, tuple[str, Account]] = {}
        self.owners: dict[int, str] = {int(drafts.owner(guardians.signing_key)): INSURER}
        self.payment: tuple[str, int, int] | None = None
        self.seizures: list[Seized] = []
        self.height = ledger.reader.last_event().height
        self.book.join(INSURER)

    def join(self, name: str, view: keys.View, *, is_holder: bool = False) -> None:
        """A desk, whose accounts are those of this view."""
        self.book.join(name, is_holder=is_holder)
        for index in range(ADDRESSES):
            watched = keys.watched(view, index)
            assert watched is not None
            self.owners[int(watched.owner)] = name

    def settled(self, submitter: str, bundle: Bundle, height: int, now_ms: int) -> Settled:
        """Enters a bundle that has just settled.  Raises Wrong for whatever the book or the openings forbid."""
        if height <= self.height:
            raise Wrong(f"the bundle at height {height} has settled before")
        self.height = height
        one = self._plain(submitter, bundle, now_ms)
        expected = self.book.settle(one)
        happened = self._happened(bundle)
        for name in {*expected, *happened}:
            should, did = expected.get(name, tradebook.NOTHING), happened.get(name, tradebook.NOTHING)
            if tuple(should) != tuple(did):
                raise Wrong(f"at height {height}, {name}'s balances changed by {did}, and should by {should}")
        self.book.check_conservation()
        self.check_openings()
        return one

    def check_openings(self) -> None:
        """All accounts of each desk together are what the book says, and the ledger's own figures are the book's."""
        sums: dict[str, list[int]] = {name: [0] * ASSETS for name in self.book.has}
        for name, account in self.live.values():
            sums[name] = [a + b for a, b in zip(sums[name], account.balances, strict=True)]
        if sums != self.book.has:
            raise Wrong("the accounts are not what the book says")
        reader, reserves = self.ledger.reader, [0] * ASSETS
        for (_, asset), amount in reader.reserves().items():
            reserves[asset] += amount
        for asset in range(records.HELD):
            if reserves[asset] != self.book.outside[asset]:
                raise Wrong(f"the ledger's reserve of asset {asset} is not what came from outside")
            for place in (Place.FEE, Place.INSURANCE):
                if reader.account_balance(place, asset) != self.book.public[PLACES[place]][asset]:
                    raise Wrong(f"the public account {PLACES[place]} is not what the book says")

    def _plain(self, submitter: str, bundle: Bundle, now_ms: int) -> Settled:
        ids = [digests.leg_id(self.ledger.ledger_id, leg).hex() for leg in bundle.legs]
        own = {self._owner(leg.commitment) for leg in bundle.legs} - {None}
        used = tuple(
            name for name, leg in zip(ids, bundle.legs, strict=True)
            if name in self.book.promises and self.book.promises[name].maker != submitter
        )  # fmt: skip
        payment = self.payment if not used and self.payment is not None and self.payment[0] in own else None
        strangers = own - {submitter, INSURER, *(self.book.promises[name].maker for name in used)}
        if strangers - ({payment[0]} if payment else set()):
            raise Wrong(f"{submitter} settles legs of {strangers}, which promised nothing")
        flows = tuple(
            Flow(flow.asset, flow.amount, PLACES[flow.account], flow.reference.decode())
            for leg in bundle.legs for flow in leg.flows
        )  # fmt: skip
        legs = sum(not leg.is_insurance for leg in bundle.legs)
        seized = tuple(self._seized(each) for each in bundle.seizures)
        return Settled(now_ms, submitter, used, flows, legs, payment, seized)

    def _seized(self, seizure: Any) -> Seized:
        opened, published = self.witness.opened[seizure.commitment], self.ledger.reader.epoch(seizure.epoch)
        assert opened.old is not None and published is not None
        penalty = self.ledger.parameters(published.published_ms).penalty_bps
        found = Seized(
            self.owners[opened.old.owner], opened.old.balances, opened.amount, published.publication.prices,
            published.publication.maintenance.values, penalty,
        )  # fmt: skip
        self.seizures.append(found)
        return found

    def _owner(self, commitment: int) -> str | None:
        new = self.witness.opened[commitment].new
        assert new is not None
        return self.owners.get(new.owner)

    def _happened(self, bundle: Bundle) -> dict[str, tuple[int, ...]]:
        """By how much the accounts of each desk changed, by their openings."""
        changes: dict[str, list[int]] = {}

        def add(name: str, sign: int, balances: Iterable[int]) -> None:
            had = changes.get(name, [0] * ASSETS)
            changes[name] = [a + sign * b for a, b in zip(had, balances, strict=True)]

        for move in (*bundle.legs, *bundle.seizures):
            opened = self.witness.opened[move.commitment]
            if opened.old is not None:
                name, account = self.live.pop(opened.old.commitment(poseidon.hash))
                add(name, -1, account.balances)
            new = opened.new
            if new is None:
                assert opened.old is not None
                left = (opened.amount, *[0] * (ASSETS - 1))
                new = Account(opened.old.owner, left, 0, 0)
            if new.owner not in self.owners:
                if any(new.balances):
                    raise Wrong("an account that nobody owns has something")
                continue
            name = self.owners[new.owner]
            self.live[move.commitment] = name, new
            add(name, 1, new.balances)
            if isinstance(move, Leg):
                self._check_margin(name, move, new)
        return {name: tuple(change) for name, change in changes.items()}

    def _check_margin(self, name: str, leg: Leg, new: Account) -> None:
        if min(new.balances) >= 0 or leg.public.adds:
            return
        newest, *before = self.ledger.reader.grids(2)
        if leg.is_insurance:
            tradebook.check_margin(name, new.balances, [newest.publication.maintenance.values])
            return
        if newest.publication.coverage is Coverage.FROZEN:
            raise Wrong(f"{name} trades on margin while the pool is frozen ({Rejection.FROZEN.name})")
        older = before if newest.publication.coverage is Coverage.MIXTURE else []
        grids = [each.publication.initial.values for each in (newest, *older)]
        tradebook.check_margin(name, new.balances, grids)
