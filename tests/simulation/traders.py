"""Honest traders, whose drafts a simulation may falsify: real keys, accounts, commitments and signatures.

A draft becomes two legs: one as the ledger sees it, and one in the clear for the reference.
"""

from dataclasses import dataclass, replace

from circuits import generators, merkle, records
from circuits.statements import leg as leg_statement
from circuits.statements import margin as margin_statement
from settlement import digests
from settlement.bundle import CIPHERTEXT_BYTES, Bundle, Flow, Leg, Margin
from settlement.grids import PublishedGrids
from settlement.ids import LedgerId
from settlement.ledger import Ledger
from tests.reference.ledger import PlainLeg, PlainMargin
from tests.settlement import samples
from tests.settlement.samples import UNSIGNED
from tests.simulation.notary import Notary
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon

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
        return records.owner(poseidon.hash, self.ak, self.nk)


@dataclass(frozen=True)
class Holding:
    """An account that its owner can spend; an account without a position is empty and in no tree."""

    keys: Keys
    account: records.Account
    position: int | None


@dataclass(frozen=True)
class Draft:
    """A leg before it is proved: from a holding to new balances under an owner.  Its value commits to `claimed`."""

    source: Holding
    target: Keys
    balances: tuple[int, ...]
    claimed: tuple[int, ...]
    flows: tuple[Flow, ...]
    expiry_ms: int
    cash: bool
    grid: PublishedGrids | None


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
    source: Holding, change: tuple[int, ...], flows: tuple[Flow, ...], expiry_ms: int, grid, target=None
) -> Draft:
    """An honest leg: a cash leg when it owes nothing, else one with margin against `grid`, when there is one."""
    balances = tuple(was + more for was, more in zip(source.account.balances, change, strict=True))
    cash = min(balances) >= 0 or grid is None
    return Draft(source, target or source.keys, balances, change, flows, expiry_ms, cash, None if cash else grid)


def make(ledger: Ledger, notary: Notary, drafted: Draft) -> Made:
    """The leg of a draft, proved whether it is true or false, and signed by its owner."""
    source, alpha, blinding = drafted.source, entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    epoch = 0 if drafted.grid is None else drafted.grid.publication.epoch
    new = records.Account(drafted.target.owner, drafted.balances, epoch, entropy.scalar(R))
    old, place = source.account.commitment(poseidon.hash), source.position or 0
    genesis = source.position is None
    path = merkle.lone(old, 0) if genesis else ledger.reader.path(place)
    spending = (source.keys.ask + alpha) % babyjubjub.ORDER
    public = leg_statement.Public(
        ledger.reader.tree().root, records.nullifier(poseidon.hash, source.keys.nk, old, place),
        new.commitment(poseidon.hash),
        *generators.commit(drafted.claimed, blinding), *signature.public(spending), int(drafted.cash),
    )
    private = leg_statement.Private(
        source.keys.ak, source.keys.nk, source.account, int(genesis), place, path, new, blinding, alpha
    )
    proof = notary.prove("leg", public, private)
    margin = None if drafted.grid is None else _margin(ledger, notary, drafted.grid, new, public.commitment)
    leg = Leg(
        ledger.pool.leg.digest, public, proof, margin, drafted.flows, drafted.expiry_ms,
        (bytes(CIPHERTEXT_BYTES),), UNSIGNED,
    )
    made = Made(leg, blinding, spending, Holding(drafted.target, new, None), _plain(drafted, public, new))
    return sign(ledger.ledger_id, made)


def sign(ledger_id: LedgerId, made: Made) -> Made:
    """The leg with its owner's signature on its present content."""
    signed = signature.sign(made.spending, digests.leg_message(ledger_id, made.leg))
    return replace(made, leg=replace(made.leg, signature=signed))


def bind(ledger_id: LedgerId, made: list[Made]) -> Bundle:
    """The legs as one bundle, signed with every blinding and by the custodian."""
    unsigned = samples.attest(Bundle(ledger_id, tuple(one.leg for one in made), UNSIGNED, ()))
    secret = sum(one.blinding for one in made) % babyjubjub.ORDER
    signed = signature.sign(secret, digests.bundle_message(unsigned), generators.blinding())
    return replace(unsigned, binding=signed)


def _margin(ledger: Ledger, notary: Notary, grid: PublishedGrids, new: records.Account, commitment: int) -> Margin:
    initial = grid.publication.initial
    public = margin_statement.Public(commitment, grid.initial_root, initial.epoch, 0)
    proof = notary.prove("margin", public, margin_statement.Private(new, initial.values))
    return Margin(ledger.pool.margin.digest, grid.initial_root, initial.epoch, 0, proof)


def _plain(drafted: Draft, public: leg_statement.Public, new: records.Account) -> PlainLeg:
    position, grid = drafted.source.position, drafted.grid
    return PlainLeg(
        spends=f"nothing {public.nullifier}" if position is None else position,
        root=public.root,
        commitment=public.commitment,
        balances=drafted.balances,
        epoch=new.epoch,
        changes=drafted.claimed,
        cash=drafted.cash,
        margin=None if grid is None else PlainMargin(grid.initial_root, grid.publication.epoch, True),
        flows=tuple((flow.asset, flow.amount, flow.reference) for flow in drafted.flows),
        expiry_ms=drafted.expiry_ms,
        known_key=True,
        signed=True,
        faithful=True,
    )
