"""The guardians of a simulation: they open escrows, and seize."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from circuits import escrow, generators, records, seizure
from circuits.statements import seize
from settlement.bundles import digests
from settlement.bundles.bundle import Leg, Seizure, SeizurePublic
from settlement.ledger import Ledger
from settlement.risk.grids import PublishedGrids
from tests.reference.plain import PlainSeizure
from tests.settlement.bundles.samples import UNSIGNED
from tests.simulation import secrets
from tests.simulation.notary import Notary
from tests.simulation.traders import Holding
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.hashes import quick


@dataclass(frozen=True)
class Seized:
    """A seizure, the blinding of its value, what is left to the owner, and the same seizure in the clear."""

    seizure: Seizure
    blinding: int
    holding: Holding
    plain: PlainSeizure


def opened(leg: Leg) -> records.Account:
    """The new account of a margined leg, as the guardians see it.  Raises FormatError when they see none."""
    shared = babyjubjub.multiply(secrets.encryption(leg.public.guard), leg.escrow.ephemeral)
    return escrow.decrypt(shared, leg.escrow.ciphertext, leg.public.guard)


def seize_account(
    ledger: Ledger, notary: Notary, holding: Holding, grids: PublishedGrids, expiry_ms: int, *,
    penalty_bps: int, stale_before: int = 0, scenario: int | None = None, amount: int | None = None,
) -> Seized:  # fmt: skip
    """The seizure of an account by its worst scenario, or by another, true or false, not signed yet."""
    old, position, blinding = holding.account, holding.position, entropy.scalar(babyjubjub.ORDER)
    rows, prices = grids.publication.maintenance.values, grids.publication.prices
    scenario = seizure.worst_scenario(old.balances, rows) if scenario is None else scenario
    if amount is None:
        amount = seizure.residual_amount(old.balances, prices, rows[scenario], penalty_bps)
    left, changes = seizure.residual(old, amount), seizure.changes(old, amount)
    public = seize.Public(
        ledger.reader.tree().root,
        records.nullifier(quick.hash, old.rho, old.commitment(quick.hash), position),
        left.commitment(quick.hash), *generators.commit(changes, blinding),
        stale_before, penalty_bps, prices, rows,
    )  # fmt: skip
    private = seize.Private(old, position, ledger.reader.path(position), scenario, amount, blinding)
    made = Seizure(
        key=ledger.pool.seize.digest,
        public=SeizurePublic(*(getattr(public, name) for name in SeizurePublic.__dataclass_fields__)),
        epoch=grids.publication.epoch,
        proof=notary.prove("seize", public, private),
        expiry_ms=expiry_ms,
        companions=bytes(32),
        signature=UNSIGNED,
    )
    plain = PlainSeizure(
        spends=position, root=public.root, commitment=public.commitment, amount=amount, scenario=scenario,
        changes=tuple(changes), epoch=grids.publication.epoch, stale_before=stale_before, expiry_ms=expiry_ms,
        companions=(),
    )  # fmt: skip
    return Seized(made, blinding, Holding(holding.keys, left, None), plain)


def sign(ledger: Ledger, seized: Sequence[Seized], beside: Sequence[int], number: int = 1) -> list[Seized]:
    """The seizures of one bundle, signed by the guardians with this number to stand beside each other and these."""
    signed = []
    for one in seized:
        others = (*beside, *(other.seizure.commitment for other in seized if other is not one))
        made = replace(one.seizure, companions=digests.companions(others))
        message = digests.seizure_message(ledger.ledger_id, made)
        made = replace(made, signature=signature.sign(secrets.signing(number), message))
        signed.append(replace(one, seizure=made, plain=replace(one.plain, companions=others)))
    return signed
