"""A ledger with guardians, and traders whose proofs a notary makes: everything but the proofs is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from circuits import escrow, generators, merkle, records
from circuits.records import ASSETS, Account
from circuits.statements import escrow as escrow_statement
from circuits.statements import leg as leg_statement
from circuits.statements import margin as margin_statement
from prover.guardian import dealing, guardianfile
from prover.guardian.acting import Means
from prover.guardian.staff import Staff
from prover.guardian.watch import Watch
from prover.trader import assembly, readers
from prover.trader.terms import Terms
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import NO_DIGEST, Bundle, Escrow, Flow, Leg, Margin
from settlement.bundles.bundle import Account as Place
from settlement.checks import recording, topups
from settlement.checks.state import VerifyProofs
from settlement.ledger import Ledger
from settlement.orders import board, funds
from settlement.risk.grids import Coverage, Publication
from settlement.risk.market import ONE, Market
from tests.settlement.bundles import samples
from tests.simulation.notary import Notary
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import quick
from zk.threshold.sharing import Quorum

NOTHING = (0,) * ASSETS
USDC, LOAN, PERP = 0, 8, 9


@cache
def dealt(threshold: int, members: int, number: int = 1) -> Path:
    """A folder with the files of guardians, dealt once for all tests."""
    folder = Path(mkdtemp(prefix="guardians-"))
    dealing.deal_here(folder, Quorum(threshold, members), number)
    return folder


@dataclass(frozen=True)
class Keys:
    """An owner's secrets."""

    ask: int
    nk: int

    @property
    def owner(self) -> int:
        return records.owner(quick.hash, signature.public(self.ask), self.nk)


@dataclass(frozen=True)
class Holding:
    """An account and where it is; without a position it is nowhere, and empty."""

    keys: Keys
    account: Account[int]
    position: int | None

    @property
    def nullifier(self) -> int:
        kappa = records.kappa(self.account, self.keys.nk)
        return records.nullifier(quick.hash, kappa, self.account.commitment(quick.hash), self.position or 0)


def nobody() -> Holding:
    """An empty account of fresh keys."""
    keys = Keys(entropy.scalar(babyjubjub.ORDER), entropy.scalar(R))
    return Holding(keys, Account(keys.owner, NOTHING, 0, entropy.scalar(R)), None)


def change(**units: int) -> tuple[int, ...]:
    """Changes of USDC, the loan and the perpetual."""
    slots = {"usdc": USDC, "loan": LOAN, "perp": PERP}
    amounts = {slots[name]: amount for name, amount in units.items()}
    return tuple(amounts.get(slot, 0) for slot in range(ASSETS))


class Scene:
    """A ledger at prices of 1,000 for everything, with three guardians of whom two act."""

    def __init__(self, path: Path, threshold: int = 2, members: int = 3, **parameters):
        self.path, self.folder = path, dealt(threshold, members)
        self.record = dealing.record(guardianfile.here(self.folder)[0])
        pool = samples.pool(guardians=self.record, **parameters)
        self.now_ms, self.notary = samples.NOW_MS, Notary(pool)
        self.ledger = Ledger.create(path, pool, self.now_ms)
        self.staff = self.hire(self.folder)
        self.means = Means(self.notary.prove, self.staff.groups, self.notary.verify)
        self.watch = Watch(self.ledger, self.means, self.staff.signing_keys, lambda: self.now_ms)

    def hire(self, *folders: Path) -> Staff:
        """The staff of all guardians whose files are in these folders."""
        guardians = tuple(one for folder in folders for one in guardianfile.here(folder))
        return Staff(
            folders[0], guardians, lambda: Ledger.open(self.path, read_only=True), lambda: self.now_ms,
            lambda: [watched.account for watched in self.watch.view.accounts.values()],
        )  # fmt: skip

    def publish(self, coverage: Coverage = Coverage.RANGE, **prices: int) -> Publication:
        """The next epoch.  The maintenance grid moves the perpetual by 10 %, the initial one by 20 %."""
        newest = self.ledger.reader.grids(1)
        self.now_ms += 1_000
        slots = [max(1, 1_000 + one) for one in change(**{name: price - 1_000 for name, price in prices.items()})]
        grids = [
            records.RiskGrid(tuple(
                tuple(price * (100 + (move if i % 2 else -move)) // 100 if slot == PERP else price
                      for slot, price in enumerate(slots)) for i in range(records.SCENARIOS)
            )) for move in (20, 10)
        ]  # fmt: skip
        market = Market(tuple(slots), (0,) * ASSETS, (ONE,) * ASSETS, (None,) * ASSETS, self.now_ms)
        epoch = newest[0].publication.epoch + 1 if newest else 1
        publication = Publication(epoch, market, *grids, coverage, b"")
        self.ledger.record(lambda ledger, now_ms: recording.grids(ledger, publication, now_ms), self.now_ms)
        return publication

    def leg(self, source: Holding, balances: tuple[int, ...], flows: tuple[Flow, ...] = (), *, adds: int = 0,
            sealed: Account[int] | None = None, terms=lambda commitment, blinding: NO_DIGEST,
            **other: int) -> tuple[Leg, int, Holding]:  # fmt: skip
        """A signed leg, its blinding, and what it leaves; margined when something is owed, or was.

        `terms` makes the digest of what is sealed beside it, and `other` are changes of the new account.
        """
        ledger, pool, keys = self.ledger, self.ledger.pool, source.keys
        guard = self.guardians.number if min(balances) < 0 or adds else 0
        new = replace(Account(keys.owner, balances, guard, entropy.scalar(R)), **other)
        blinding, alpha = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
        commitment = source.account.commitment(quick.hash)
        nowhere = source.position is None
        path = merkle.lone(commitment, 0, quick.hash) if nowhere else ledger.reader.path(source.position)
        value = generators.commit(
            [after - before for before, after in zip(source.account.balances, balances, strict=True)], blinding
        )
        spending = (keys.ask + alpha) % babyjubjub.ORDER
        public = leg_statement.Public(
            int(ledger.reader.tree().root), source.nullifier, new.commitment(quick.hash), *value,
            *signature.public(spending), guard, adds, *(self._top_up(keys) if adds else (0, 0)),
        )  # fmt: skip
        private = leg_statement.Private(
            signature.public(keys.ask), keys.nk, source.account, int(source.position is None), source.position or 0,
            path, new, blinding, alpha,
        )  # fmt: skip
        sealed_account, margin = (self._escrow(public.commitment, sealed or new) if guard else None), None
        if guard and not adds:
            published = ledger.reader.grids(1)[0].publication
            claim = margin_statement.Public(public.commitment, published.initial.values)
            proof = self.notary.prove("margin", claim, margin_statement.Private(new))
            margin = Margin(pool.margin.digest, published.epoch, proof)
        leg = Leg(
            pool.leg.digest, public, self.notary.prove("leg", public, private), sealed_account, margin, flows,
            self.now_ms + 60_000, NO_DIGEST, terms(public.commitment, blinding), (), False, samples.UNSIGNED,
        )  # fmt: skip
        self.spending = spending
        return samples.sign(ledger.ledger_id, leg, spending), blinding, Holding(keys, new, None)

    def _top_up(self, keys: Keys) -> tuple[int, int]:
        """Period and tag of the owner's next top-up; of one before when it has none left."""
        reader = self.ledger.reader
        counted = [(period, records.top_up_tag(quick.hash, keys.nk, period)) for period in topups.periods(reader)]
        return next((one for one in counted if not reader.is_topped_up(*one)), counted[0])

    @property
    def guardians(self):
        """The guardians in force."""
        return self.ledger.parameters(self.now_ms).guardians

    def _escrow(self, commitment: int, account: Account[int]) -> Escrow:
        key, e = self.guardians.encryption_key, entropy.scalar(babyjubjub.ORDER)
        escrowed = escrow.encrypt(account, e, key)
        public = escrow_statement.Public(commitment, escrow.digest(key, escrowed.ephemeral, escrowed.ciphertext))
        proof = self.notary.prove("escrow", public, escrow_statement.Private(account, e, key))
        return Escrow(self.ledger.pool.escrow.digest, escrowed.ephemeral, escrowed.ciphertext, proof)

    def submit(self, *made: tuple[Leg, int, Holding], verify: VerifyProofs | None = None) -> list[Holding]:
        """Settles legs, attested by the custodian; what they leave, with positions."""
        legs = tuple(leg for leg, _, _ in made)
        unsigned = samples.attest(Bundle(self.ledger.ledger_id, legs, (), (), samples.UNSIGNED, ()))
        message = digests.bundle_message(unsigned)
        secret = sum(blinding for _, blinding, _ in made) % babyjubjub.ORDER
        bundle = replace(unsigned, binding=signature.sign(secret, message, generators.blinding()))
        data = encoding.encode_bundle(bundle)
        receipt = engine.submit(self.ledger, data, self.now_ms, verify or self.notary.verify)
        return [replace(one, position=place) for (_, _, one), place in zip(made, receipt.positions, strict=True)]

    def post(self, source: Holding, changes: tuple[int, ...], reader: str = readers.EVERYBODY) -> board.Order:
        """An order on the board, which changes what this holding has."""
        sealed: list[bytes] = []

        def seal(commitment, blinding):
            whom = readers.addresses_of([reader])
            sealed[:] = readers.seal_terms(Terms(changes, blinding, self.now_ms + 60_000), whom, commitment)
            return digests.terms(tuple(sealed))

        balances = tuple(map(sum, zip(source.account.balances, changes, strict=True)))
        leg, _, _ = self.leg(source, balances, terms=seal)
        order_id = digests.leg_id(self.ledger.ledger_id, leg)
        posting = assembly.posting(leg, order_id, tuple(sealed), funds.NO_FUNDS, self.now_ms, self.spending)
        return board.place(self.ledger, posting, self.now_ms, self.notary.verify)

    def trade(self, margin: int, perps: int = 1_000) -> tuple[Holding, Holding]:
        """(short, long) of so many perpetuals, paid at 1,000 each, with so much USDC as margin of the short."""
        paid = perps
        short, long = change(usdc=margin + paid, perp=-perps), change(usdc=0, perp=perps)
        flows = (samples.flow(USDC, margin),), (samples.flow(USDC, paid),)
        made = [self.leg(nobody(), short, flows[0]), self.leg(nobody(), long, flows[1])]
        short_after, long_after = self.submit(*made)
        return short_after, long_after

    def swarm(self, count: int, margin: int, perps: int) -> list[Holding]:
        """So many shorts, up to 31 to a bundle beside one who is long; their proofs are taken as they are."""
        shorts: list[Holding] = []
        while len(shorts) < count:
            some = min(31, count - len(shorts))
            short = change(usdc=margin + perps, perp=-perps)
            made = [self.leg(nobody(), short, (samples.flow(USDC, margin),)) for _ in range(some)]
            long = self.leg(nobody(), change(perp=some * perps), (samples.flow(USDC, some * perps),))
            shorts += self.submit(*made, long, verify=samples.any_proof)[:-1]
        return shorts

    def endow(self, amount: int, asset: int = USDC) -> None:
        """Pays into the public account of the insurance, through an account that pays it on."""
        flows = samples.flow(asset, amount), Flow(asset, records.Amount(-amount), Place.INSURANCE, b"", b"")
        leg, blinding, after = self.leg(nobody(), NOTHING, flows)
        unsigned = Bundle(self.ledger.ledger_id, (leg,), (), (), samples.UNSIGNED, (
            signature.sign(samples.CUSTODIAN_SECRET, digests.attestation_message(self.ledger.ledger_id, leg, 0)), None,
        ))  # fmt: skip
        message = digests.bundle_message(unsigned)
        bundle = replace(unsigned, binding=signature.sign(blinding, message, generators.blinding()))
        engine.submit(self.ledger, encoding.encode_bundle(bundle), self.now_ms, self.notary.verify)


@contextmanager
def at_work(path: Path, insurance: int = 0) -> Iterator[Scene]:
    """A scene with the grids of one epoch, and with an insurance that has so much unless it is 0."""
    made = Scene(path)
    made.publish()
    if insurance:
        made.endow(insurance)
        made.watch.step()
    yield made
    made.staff.close()
    made.ledger.close()
