"""Honest traders, whose drafts a simulation may falsify: real keys, accounts, commitments and signatures.

A draft becomes two legs: one as the ledger sees it, and one in the clear for the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from circuits import escrow, generators, merkle, records
from circuits.statements import escrow as escrow_statement
from circuits.statements import leg as leg_statement
from circuits.statements import margin as margin_statement
from settlement.bundles import digests
from settlement.bundles.bundle import CIPHERTEXT_BYTES, NO_DIGEST, Escrow, Flow, Leg, Margin
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from settlement.risk.grids import PublishedGrids
from tests.reference.plain import PlainFlow, PlainLeg, PlainMargin
from tests.settlement.bundles.samples import UNSIGNED
from tests.simulation import secrets
from tests.simulation.notary import Notary
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import quick

NOTHING = (0,) * records.ASSETS


@dataclass(frozen=True)
class Keys:
    """The secrets of an account."""

    ask: int
    nk: int

    @property
    def ak(self) -> babyjubjub.Point:
        return signature.public(self.ask)

    @property
    def owner(self) -> int:
        return records.owner(quick.hash, self.ak, self.nk)

    def tag(self, period: int) -> int:
        return records.top_up_tag(quick.hash, self.nk, period)


@dataclass(frozen=True)
class Holding:
    """An account that its owner can spend; an account without a position is empty and in no tree."""

    keys: Keys
    account: records.Account
    position: int | None


@dataclass(frozen=True)
class Draft:
    """A leg before it is proved: from a holding to new balances under an owner.  Its value commits to `claimed`.

    A margined leg has a `guard`, and a `grid` to prove its margin against unless it only adds, counted in a `period`.
    `is_accompanied` legs are signed for exactly the company in which they are made.  `is_sealed` legs have an escrow.
    """

    source: Holding
    target: Keys
    balances: tuple[int, ...]
    claimed: tuple[int, ...]
    flows: tuple[Flow, ...]
    expiry_ms: int
    guard: int
    grid: PublishedGrids | None
    period: int | None = None
    is_accompanied: bool = False
    is_sealed: bool = True
    is_insurance: bool = False


@dataclass(frozen=True)
class Made:
    """A leg, the blinding of its value, the secret of its rk, the new holding, and the same leg in the clear."""

    leg: Leg
    blinding: int
    spending: int
    holding: Holding
    plain: PlainLeg


def new_keys() -> Keys:
    """Fresh keys."""
    return Keys(entropy.scalar(babyjubjub.ORDER), entropy.scalar(R))


def nothing() -> Holding:
    """An empty account of fresh keys that is in no tree, where a payment to somebody starts."""
    keys = new_keys()
    return Holding(keys, records.Account(keys.owner, NOTHING, 0, entropy.scalar(R)), None)


def draft(
    source: Holding, change: Sequence[int], flows: Sequence[Flow], expiry_ms: int, grid, target=None, guard: int = 1
) -> Draft:
    """An honest leg: a cash leg when it owes nothing, else one with margin against `grid`, when there is one."""
    balances = tuple(was + more for was, more in zip(source.account.balances, change, strict=True))
    is_cash = min(balances) >= 0 or grid is None
    return Draft(
        source, target or source.keys, balances, tuple(change), tuple(flows), expiry_ms, 0 if is_cash else guard,
        None if is_cash else grid,
    )  # fmt: skip


def top_up(source: Holding, change: Sequence[int], flows: Sequence[Flow], expiry_ms: int, period: int) -> Draft:
    """A leg that only adds, to an account that keeps its guard and proves no margin."""
    drafted = draft(source, change, flows, expiry_ms, None)
    return replace(drafted, guard=source.account.guard, period=period)


def make(ledger: Ledger, notary: Notary, drafted: Draft) -> Made:
    """The leg of a draft that settles alone, proved whether it is true or false, and signed by its owner."""
    return make_all(ledger, notary, [drafted])[0]


def make_all(ledger: Ledger, notary: Notary, drafts: Sequence[Draft], beside: Sequence[int] = ()) -> list[Made]:
    """The legs of drafts that settle together, with these commitments of seizures beside them."""
    made = [_unsigned(ledger, notary, drafted) for drafted in drafts]
    commitments = [*(one.leg.commitment for one in made), *beside]
    for place, drafted in enumerate(drafts):
        one = made[place]
        if drafted.is_accompanied:
            others = tuple(commitments[:place] + commitments[place + 1 :])
            leg = replace(one.leg, companions=digests.companions(others))
            one = replace(one, leg=leg, plain=replace(one.plain, companions=others))
        made[place] = sign(ledger.ledger_id, one)
    return made


def sign(ledger_id: LedgerId, made: Made) -> Made:
    """The leg with its owner's signature on its present content."""
    signed = signature.sign(made.spending, digests.leg_message(ledger_id, made.leg))
    return replace(made, leg=replace(made.leg, signature=signed))


def _unsigned(ledger: Ledger, notary: Notary, drafted: Draft) -> Made:
    source, period = drafted.source, drafted.period
    alpha, blinding = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    new = records.Account(drafted.target.owner, drafted.balances, drafted.guard, entropy.scalar(R))
    old, place = source.account.commitment(quick.hash), source.position or 0
    genesis = source.position is None
    path = merkle.lone(old, 0, quick.hash) if genesis else ledger.reader.path(place)
    spending = (source.keys.ask + alpha) % babyjubjub.ORDER
    public = leg_statement.Public(
        ledger.reader.tree().root,
        records.nullifier(quick.hash, records.kappa(source.account, source.keys.nk), old, place),
        new.commitment(quick.hash), *generators.commit(drafted.claimed, blinding), *signature.public(spending),
        drafted.guard, *((0, 0, 0) if period is None else (1, period, source.keys.tag(period))),
    )  # fmt: skip
    private = leg_statement.Private(
        source.keys.ak, source.keys.nk, source.account, int(genesis), place, path, new, blinding, alpha
    )
    is_sealed = drafted.guard != 0 and drafted.is_sealed
    leg = Leg(
        key=ledger.pool.leg.digest,
        public=public,
        proof=notary.prove("leg", public, private),
        escrow=seal(ledger, notary, new, public.commitment) if is_sealed else None,
        margin=None if drafted.grid is None else margin(ledger, notary, drafted, new, public.commitment),
        flows=drafted.flows,
        expiry_ms=drafted.expiry_ms,
        companions=NO_DIGEST,
        terms=NO_DIGEST,
        ciphertexts=(bytes(CIPHERTEXT_BYTES),),
        is_insurance=drafted.is_insurance,
        signature=UNSIGNED,
    )
    return Made(leg, blinding, spending, Holding(drafted.target, new, None), _plain(drafted, public))


def seal(ledger: Ledger, notary: Notary, account: records.Account, commitment: int, gk=None) -> Escrow:
    """The opening of an account for the guardians, or for somebody else's key."""
    key = gk or signature.public(secrets.encryption(account.guard))
    secret = entropy.scalar(babyjubjub.ORDER)
    sealed = escrow.encrypt(account, secret, key)
    public = escrow_statement.Public(commitment, escrow.digest(key, sealed.ephemeral, sealed.ciphertext))
    proof = notary.prove("escrow", public, escrow_statement.Private(account, secret, key))
    return Escrow(ledger.pool.escrow.digest, sealed.ephemeral, sealed.ciphertext, proof)


def margin(ledger: Ledger, notary: Notary, drafted: Draft, account: records.Account, commitment: int) -> Margin:
    """A proof of the account's margin against the draft's grid."""
    publication = drafted.grid.publication
    grid = publication.maintenance if drafted.is_insurance else publication.initial
    proof = notary.prove(
        "margin", margin_statement.Public(commitment, grid.values), margin_statement.Private(account)
    )
    return Margin(ledger.pool.margin.digest, publication.epoch, proof)


def _plain(drafted: Draft, public: leg_statement.Public) -> PlainLeg:
    position, grid = drafted.source.position, drafted.grid
    return PlainLeg(
        spends=f"nothing {public.nullifier}" if position is None else position,
        root=public.root,
        commitment=public.commitment,
        same_owner=drafted.target.owner == drafted.source.keys.owner,
        balances=drafted.balances,
        guard=drafted.guard,
        period=drafted.period,
        topper=drafted.source.keys.nk,
        changes=drafted.claimed,
        margin=None if grid is None else PlainMargin(grid.publication.epoch),
        escrow=True if drafted.guard and drafted.is_sealed else None,
        flows=tuple(PlainFlow(flow.asset, flow.amount, int(flow.account), flow.reference) for flow in drafted.flows),
        expiry_ms=drafted.expiry_ms,
        companions=None,
        insurance=drafted.is_insurance,
    )
